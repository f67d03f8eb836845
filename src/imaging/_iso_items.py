"""What a HEIF or AVIF file holds beside its main picture: its metadata, and other pictures.

Telephones put much into one file: a depth map, a gain map, mattes, the second eye of a stereo
picture, a thumbnail, a burst. The decoder gives the main picture; the rest is named here, so that
nobody loses it without hearing of it.

The metadata of HEIC files are read here, too, and hidden from the codec, whose Python side crashes
on texts that are no UTF-8.

References
----------
ISO/IEC 23008-12 (HEIF): 6.4 (auxiliary pictures, thumbnails), 6.8.6 (stereo pairs), 10.2 (bursts);
ISO 21496-1 (gain maps).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._boxes import Box, Item, boxes, item_locations
from indelible.limits import Limits

__all__ = ["Items", "read_items"]

_CODED: Final = frozenset(
    {b"hvc1", b"av01", b"avc1", b"vvc1", b"jpeg", b"j2k1", b"unci", b"grid", b"iovl", b"iden"}
)
_ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
# Part of what an auxiliary picture says it is -> words.
_AUXILIARY: Final = (
    (b"depth", "a depth map"),
    (b"disparity", "a depth map"),
    (b"urn:mpeg:hevc:2015:auxid:2", "a depth map"),
    (b"gainmap", "a gain map (HDR)"),
    (b"matte", "a matte"),
)
_XMP: Final = b"application/rdf+xml"
_MAX_ITEMS: Final = 100_000


@dataclass(slots=True)
class Items:
    """What the description of a file's items says."""

    primary: int | None = None
    kinds: dict[int, bytes] = field(default_factory=dict)
    content_types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, Item] = field(default_factory=dict)
    store: Box | None = None  # ``idat``
    descriptions: list[int] = field(default_factory=list)  # where "describes" is written
    hidden: set[int] = field(default_factory=set)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    auxiliary: list[bytes] = field(default_factory=list)
    groups: set[bytes] = field(default_factory=set)

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
        described = [r for r in self.references if r[0] == b"cdsc" and self.primary in r[2]]
        for _, item, _ in described:
            kind = self.kinds.get(item)
            if kind == b"Exif" and exif is None:
                # Before the block: how far its TIFF header is away (23008-12, A.2.1).
                content = self._content(data, item, limits)
                exif = content[4 + int.from_bytes(content[:4], "big") :] or None
            elif self.content_types.get(item) == _XMP and xmp is None:
                xmp = self._content(data, item, limits) or None
        return exif, xmp

    def hidden_metadata(self, data: bytes) -> bytes:
        """Return the file with none of its items said to describe a picture."""
        patched = bytearray(data)
        for at in self.descriptions:
            patched[at : at + 4] = b"free"
        return bytes(patched)

    def _content(self, data: bytes, number: int, limits: Limits) -> bytes:
        item = self.places.get(number)
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


def read_items(data: bytes) -> Items:
    """Read the description of the items of a HEIF or AVIF file.

    What is damaged in it is left out; whether the picture can be shown is for others to say.
    """
    found = Items()
    try:
        for box in boxes(data, 0, len(data)):
            if box.kind == b"meta":
                _describe(found, data, box)
    except (UnreadableImageError, struct.error, IndexError):
        pass  # what was found until then counts
    return found


def _things(found: Items) -> Iterator[str]:
    for urn in found.auxiliary:
        if not urn.startswith(_ALPHA):
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


def _describe(found: Items, data: bytes, meta: Box) -> None:
    for box in boxes(data, meta.content + 4, meta.end):
        version = data[box.content] if box.content < box.end else 0
        if box.kind == b"pitm":
            code = ">I" if version else ">H"
            (found.primary,) = struct.unpack_from(code, data, box.content + 4)
        elif box.kind == b"iinf":
            for entry in boxes(data, box.content + (8 if version else 6), box.end):
                _item(found, data, entry)
        elif box.kind == b"iref":
            for reference in boxes(data, box.content + 4, box.end):
                _reference(found, data, reference, ">I" if version else ">H")
        elif box.kind == b"iloc":
            found.places.update((item.id, item) for item in item_locations(data, box))
        elif box.kind == b"idat":
            found.store = box
        elif box.kind == b"grpl":
            found.groups.update(group.kind for group in boxes(data, box.content, box.end))
        elif box.kind == b"iprp":
            for container in boxes(data, box.content, box.end):
                if container.kind == b"ipco":
                    found.auxiliary += [
                        data[item.content + 4 : min(item.end, item.content + 200)]
                        for item in boxes(data, container.content, container.end)
                        if item.kind == b"auxC"
                    ]


def _item(found: Items, data: bytes, entry: Box) -> None:
    (full,) = struct.unpack_from(">I", data, entry.content)
    version, flags = full >> 24, full & 0xFFFFFF
    if entry.kind != b"infe" or version < 2 or len(found.kinds) >= _MAX_ITEMS:
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


def _reference(found: Items, data: bytes, box: Box, code: str) -> None:
    size = struct.calcsize(code)
    (source,) = struct.unpack_from(code, data, box.content)
    (count,) = struct.unpack_from(">H", data, box.content + size)
    at = box.content + size + 2
    count = min(count, (box.end - at) // size)
    targets = struct.unpack_from(f">{count}{code[1]}", data, at)
    found.references.append((box.kind, source, targets))
    if box.kind == b"cdsc":
        found.descriptions.append(box.content - 4)
