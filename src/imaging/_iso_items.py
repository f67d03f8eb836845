"""What a HEIF or AVIF file holds beside its main picture, and no other file will hold.

Telephones put much into one file: a depth map, a gain map, mattes, the second eye of a stereo
picture, a thumbnail, a burst. The decoder gives the main picture; the rest is named here, so that
nobody loses it without hearing of it.

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
from indelible.imaging._boxes import Box, boxes

__all__ = ["unkept"]

_CODED: Final = frozenset(
    {b"hvc1", b"av01", b"avc1", b"vvc1", b"jpeg", b"j2k1", b"unci", b"grid", b"iovl", b"iden"}
)
_ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
# The beginning of what an auxiliary picture says it is -> words.
_AUXILIARY: Final = (
    (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", "a depth map"),
    (b"urn:mpeg:hevc:2015:auxid:2", "a depth map"),
    (b"urn:com:apple:photo:2020:aux:hdrgainmap", "a gain map (HDR)"),
    (b"urn:com:apple:photo:", "a matte"),
)
_MAX_ITEMS: Final = 100_000


@dataclass(slots=True)
class _Found:
    """What the description of the items says."""

    primary: int | None = None
    kinds: dict[int, bytes] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    auxiliary: list[bytes] = field(default_factory=list)
    groups: set[bytes] = field(default_factory=set)


def unkept(data: bytes, *, has_tracks: bool) -> tuple[str, ...]:
    """Return one sentence about what is in the file beside the main picture; empty for nothing.

    Parameters
    ----------
    data : bytes
        A HEIF or AVIF file whose boxes were found sound.
    has_tracks : bool
        Whether there is a sequence of pictures, too.
    """
    found = _Found()
    try:
        for box in boxes(data, 0, len(data)):
            if box.kind == b"meta":
                _describe(found, data, box)
    except (UnreadableImageError, struct.error, IndexError):
        pass  # what was found until then is told
    things = list(dict.fromkeys(_things(found)))
    if has_tracks:
        things.append("a sequence of pictures")
    return (f"Beside the main picture the file holds {_list(things)}: not kept.",) if things else ()


def _things(found: _Found) -> Iterator[str]:
    for urn in found.auxiliary:
        if not urn.startswith(_ALPHA):
            words = (words for begin, words in _AUXILIARY if urn.startswith(begin))
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


def _describe(found: _Found, data: bytes, meta: Box) -> None:
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


def _item(found: _Found, data: bytes, entry: Box) -> None:
    (full,) = struct.unpack_from(">I", data, entry.content)
    version, flags = full >> 24, full & 0xFFFFFF
    if entry.kind != b"infe" or version < 2 or len(found.kinds) >= _MAX_ITEMS:
        return
    code = ">I" if version > 2 else ">H"
    (item,) = struct.unpack_from(code, data, entry.content + 4)
    at = entry.content + 4 + struct.calcsize(code) + 2
    found.kinds[item] = data[at : at + 4]
    if flags & 1:
        found.hidden.add(item)


def _reference(found: _Found, data: bytes, box: Box, code: str) -> None:
    size = struct.calcsize(code)
    (source,) = struct.unpack_from(code, data, box.content)
    (count,) = struct.unpack_from(">H", data, box.content + size)
    at = box.content + size + 2
    count = min(count, (box.end - at) // size)
    targets = struct.unpack_from(f">{count}{code[1]}", data, at)
    found.references.append((box.kind, source, targets))
