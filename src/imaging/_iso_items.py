"""The items of a HEIF or AVIF file: its main picture, that picture's metadata, and what is beside.

Telephones put much into one file: a depth map, a gain map, mattes, the second eye of a stereo
picture, a thumbnail, a burst. The decoder gives the main picture; the rest is named here, so that
nobody loses it without hearing of it.

The metadata of HEIC files are read here, too, and hidden from the codec, whose Python side crashes
on texts that are no UTF-8.

References
----------
ISO/IEC 23008-12 (HEIF): 6.4 (auxiliary pictures, thumbnails), 6.8.6 (stereo pairs), 9.3 (item
properties), 10.2 (bursts); ISO 21496-1 (gain maps).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import damaged
from indelible.imaging.structure.iso import Boxes
from indelible.imaging.structure.item_table import MAX_ITEMS, Item, item_locations
from indelible.imaging.structure.parts import Segment
from indelible.limits import Limits

__all__ = ["ALPHA", "Items", "Property", "read_items"]

#: What an auxiliary picture says it is, where it is an alpha channel.
ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_CODED: Final = frozenset(
    {b"hvc1", b"av01", b"avc1", b"vvc1", b"jpeg", b"j2k1", b"unci", b"grid", b"iovl", b"iden"}
)
# Part of what another auxiliary picture says it is -> words.
_AUXILIARY: Final = (
    (b"depth", "a depth map"),
    (b"disparity", "a depth map"),
    (b"urn:mpeg:hevc:2015:auxid:2", "a depth map"),
    (b"gainmap", "a gain map (HDR)"),
    (b"matte", "a matte"),
)
_XMP: Final = b"application/rdf+xml"
# Colour profiles may be long, every property that is looked at here is short.
_PROPERTY_BYTES: Final = 256

#: The type of a property of an item, and the beginning of its content.
Property = tuple[bytes, bytes]


@dataclass(slots=True)
class Items:
    """What the description of a file's items says."""

    primary: int | None = None
    properties: list[Property] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)  # item -> properties, from 1
    kinds: dict[int, bytes] = field(default_factory=dict)
    content_types: dict[int, bytes] = field(default_factory=dict)
    locations: list[Item] = field(default_factory=list)
    store: Segment | None = None  # ``idat``
    descriptions: list[int] = field(default_factory=list)  # where "describes" is written
    hidden: set[int] = field(default_factory=set)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    groups: set[bytes] = field(default_factory=set)
    listed: int = 0  # entries of all tables together

    def of_primary(self) -> list[Property]:
        """Return the properties of the main picture."""
        return [
            self.properties[index - 1]
            for index in self.associations.get(self.primary or 0, [])
            if 1 <= index <= len(self.properties)
        ]

    def places(self) -> Iterator[int]:
        """Yield where the data of each item begin, as offsets in the file."""
        for item in self.locations:
            if item.extents and item.method == 0:
                yield item.base + item.extents[0].offset
            elif item.extents and item.method == 1 and self.store is not None:
                yield self.store.content + item.base + item.extents[0].offset

    def has_alpha(self) -> bool:
        """Whether one of the pictures is the alpha channel of another."""
        return any(urn.startswith(ALPHA) for urn in self.auxiliary())

    def auxiliary(self) -> Iterator[bytes]:
        """Yield what the auxiliary pictures say that they are."""
        return (body[4:200] for kind, body in self.properties if kind == b"auxC")

    def unkept(self, *, has_tracks: bool) -> tuple[str, ...]:
        """Return one sentence about what is beside the main picture; empty for nothing.

        Parameters
        ----------
        has_tracks : bool
            Whether there is a sequence of pictures, too.
        """
        things = list(dict.fromkeys(_things(self)))
        if has_tracks:
            things.append("a sequence of pictures")
        if not things:
            return ()
        return (f"Beside the main picture the file holds {_list(things)}: not kept.",)

    def metadata(self, data: bytes, limits: Limits) -> tuple[bytes | None, bytes | None]:
        """Return the EXIF block and the XMP packet of the main picture, as stored."""
        exif = xmp = None
        places = {item.id: item for item in self.locations}
        described = [r for r in self.references if r[0] == b"cdsc" and self.primary in r[2]]
        for _, item, _ in described:
            kind = self.kinds.get(item)
            if kind == b"Exif" and exif is None:
                # Before the block: how far its TIFF header is away (23008-12, A.2.1).
                content = self._content(data, places.get(item), limits)
                exif = content[4 + int.from_bytes(content[:4], "big") :] or None
            elif self.content_types.get(item) == _XMP and xmp is None:
                xmp = self._content(data, places.get(item), limits) or None
        return exif, xmp

    def hidden_metadata(self, data: bytes) -> bytes:
        """Return the file with none of its items said to describe a picture."""
        patched = bytearray(data)
        for at in self.descriptions:
            patched[at : at + 4] = b"free"
        return bytes(patched)

    def _content(self, data: bytes, item: Item | None, limits: Limits) -> bytes:
        if item is None or item.method > 1 or item.reference:
            return b""
        inside = item.method == 1
        if inside and self.store is None:
            return b""
        begin, end = (
            (self.store.content, self.store.end) if self.store and inside else (0, len(data))
        )
        parts, size = [], 0
        for extent in item.extents:
            start = begin + item.base + extent.offset
            part = data[start : min(start + extent.length, end) if extent.length else end]
            size += len(part)
            limits.check_metadata(size)
            parts.append(part)
        return b"".join(parts)


def read_items(data: bytes, metas: list[Segment], boxes: Boxes, limits: Limits) -> Items:
    """Read the description of the items of a HEIF or AVIF file.

    Damage to what names the things beside the main picture leaves them out.

    Parameters
    ----------
    data : bytes
        The file.
    metas : list of Segment
        Its boxes ``meta``: one in all sound files.
    boxes : Boxes
        Reads the boxes inside them.
    limits : Limits
        No part of the description may be larger than the metadata of a file.

    Raises
    ------
    ImageError
        What a decoder needs is damaged, or over a limit.
    """
    found = Items()
    for meta in metas:
        for box in boxes.between(meta.content + 4, meta.end):
            if box.kind == b"idat":
                found.store = box
                continue
            limits.check_metadata(box.end - box.content)
            _describe(found, data, box, boxes)
    return found


def _describe(found: Items, data: bytes, box: Segment, boxes: Boxes) -> None:
    """Take in one box of the description."""
    try:
        if box.kind == b"pitm":
            body = data[box.content : box.end]
            (found.primary,) = struct.unpack_from(">I" if body[0] else ">H", body, 4)
        elif box.kind == b"iloc":
            locations = item_locations(data, box, boxes.title)
            _count(found, len(locations), boxes.title)
            found.locations += locations
        elif box.kind == b"iprp":
            _properties(found, data, box, boxes)
    except (struct.error, IndexError) as error:
        raise damaged(boxes.title, "its description is cut short") from error
    with suppress(UnreadableImageError, struct.error, IndexError):
        _relate(found, data, box, boxes)


def _relate(found: Items, data: bytes, box: Segment, boxes: Boxes) -> None:
    """Take in what the items are, and what they have to do with each other."""
    version = data[box.content] if box.content < box.end else 0
    if box.kind == b"iinf":
        for entry in boxes.between(box.content + (8 if version else 6), box.end):
            _item(found, data, entry)
    elif box.kind == b"iref":
        for reference in boxes.between(box.content + 4, box.end):
            _reference(found, data, reference, ">I" if version else ">H")
    elif box.kind == b"grpl":
        found.groups.update(group.kind for group in boxes.between(box.content, box.end))


def _properties(found: Items, data: bytes, parent: Segment, boxes: Boxes) -> None:
    for box in boxes.between(parent.content, parent.end):
        if box.kind == b"ipma":
            _associations(found, data[box.content : box.end], boxes.title)
        elif box.kind == b"ipco":
            for each in boxes.between(box.content, box.end):
                short = data[each.content : min(each.end, each.content + _PROPERTY_BYTES)]
                found.properties.append((each.kind, short))


def _associations(found: Items, body: bytes, title: str) -> None:
    """Read which properties belong to which item (ISO/IEC 23008-12, 9.3.1)."""
    id_format, wide = ">I" if body[0] else ">H", body[3] & 1
    (items,) = struct.unpack_from(">I", body, 4)
    _count(found, items, title)
    at = 8
    for _ in range(items):
        (item,) = struct.unpack_from(id_format, body, at)
        at += struct.calcsize(id_format)
        count = body[at]
        indices = struct.unpack_from(f">{count}{'H' if wide else 'B'}", body, at + 1)
        at += 1 + count * (2 if wide else 1)
        # The highest bit says whether the property is essential.
        mask = 0x7FFF if wide else 0x7F
        found.associations.setdefault(item, [index & mask for index in indices])


def _count(found: Items, items: int, title: str) -> None:
    """Refuse more items than any real file has, in all its tables of them together."""
    found.listed += items
    if found.listed > 2 * MAX_ITEMS:
        raise damaged(title, f"it has more than {MAX_ITEMS} items")


def _things(found: Items) -> Iterator[str]:
    for urn in found.auxiliary():
        if not urn.startswith(ALPHA):
            words = (words for part, words in _AUXILIARY if part in urn.lower())
            yield next(words, "an auxiliary picture")
    if b"tmap" in found.kinds.values():
        yield "a gain map (HDR)"
    by_reference: dict[bytes, set[int]] = {}
    parts: set[int] = set()
    for kind, source, targets in found.references:
        by_reference.setdefault(kind, set()).add(source)
        if kind == b"dimg":
            parts.update(targets)
    thumbnails = by_reference.get(b"thmb", set())
    if thumbnails:
        yield "a thumbnail"
    known = thumbnails | by_reference.get(b"auxl", set()) | parts | found.hidden
    others = {item for item, kind in found.kinds.items() if kind in _CODED} - known
    others -= {found.primary}
    if others and b"ster" in found.groups:
        yield "the picture for the other eye"
    elif others:
        yield "another picture" if len(others) == 1 else f"{len(others)} other pictures"


def _list(things: list[str]) -> str:
    if len(things) == 1:
        return things[0]
    return f"{', '.join(things[:-1])} and {things[-1]}"


def _item(found: Items, data: bytes, entry: Segment) -> None:
    (full,) = struct.unpack_from(">I", data, entry.content)
    version, flags = full >> 24, full & 0xFFFFFF
    if entry.kind != b"infe" or version < 2 or len(found.kinds) >= MAX_ITEMS:
        return
    code = ">I" if version > 2 else ">H"
    (item,) = struct.unpack_from(code, data, entry.content + 4)
    at = entry.content + 4 + struct.calcsize(code) + 2
    found.kinds[item] = data[at : at + 4]
    if found.kinds[item] == b"mime":
        texts = data[at + 4 : min(entry.end, at + 1024)].split(b"\0")  # name, type, encoding
        # What is compressed is no text; nobody writes it.
        plain = len(texts) > 1 and not any(texts[2:3])
        found.content_types[item] = texts[1] if plain else b""
    if flags & 1:
        found.hidden.add(item)


def _reference(found: Items, data: bytes, box: Segment, code: str) -> None:
    size = struct.calcsize(code)
    (source,) = struct.unpack_from(code, data, box.content)
    (count,) = struct.unpack_from(">H", data, box.content + size)
    at = box.content + size + 2
    count = min(count, (box.end - at) // size)
    targets = struct.unpack_from(f">{count}{code[1]}", data, at)
    found.references.append((box.kind, source, targets))
    if box.kind == b"cdsc":
        found.descriptions.append(box.content - 4)
