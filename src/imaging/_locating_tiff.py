"""The manifest store of a TIFF or BigTIFF: the value of one tag, in either byte order."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from indelible.imaging.structure.parts import MAX_PARTS, MAX_STORE, TWO_STORES, Located, Span

__all__ = ["locate_tiff"]

_TAG: Final = 0xCD41
_UNDEFINED: Final = 7
_MAX_PAGES: Final = 10_000


class _Layout(NamedTuple):
    """How a TIFF writes its numbers."""

    order: str
    entries: struct.Struct  # how many a directory has
    entry: struct.Struct  # tag, type, count, value or offset
    offset: struct.Struct


def _layout(data: bytes) -> tuple[_Layout, int] | None:
    """Return how the file writes its numbers and where its first directory is, None if no TIFF."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 16:
        return None
    magic, first = struct.unpack_from(f"{order}HI", data, 2)
    small = "I"
    if magic == 43:
        size, zero, first = struct.unpack_from(f"{order}HHQ", data, 4)
        if (size, zero) != (8, 0):
            return None
        small = "Q"
    elif magic != 42:
        return None
    formats = ("H" if magic == 42 else "Q", f"HH{small}{small}", small)
    return _Layout(order, *(struct.Struct(order + text) for text in formats)), first


def locate_tiff(data: bytes) -> Located | None:
    """Return the manifest store of a TIFF, None if it has none or is none.

    Raises
    ------
    ValueError
        If there are two, or it does not lie inside the file.
    """
    known = _layout(data)
    if known is None:
        return None
    layout, at = known
    found: list[tuple[int, Located | None]] = []
    directories: list[Span] = []
    seen: set[int] = set()
    entries = 0
    while at not in seen and len(seen) < _MAX_PAGES and 0 < at <= len(data) - layout.entries.size:
        seen.add(at)
        (count,) = layout.entries.unpack_from(data, at)
        start = at + layout.entries.size
        end = start + count * layout.entry.size
        entries += count
        if end > len(data) or entries > MAX_PARTS:
            break
        directories.append(Span(at, min(end + layout.offset.size, len(data))))
        places = _tags(data, layout, start, end)
        if len(found) + len(places) > 1:
            raise ValueError(TWO_STORES)
        found.extend((len(directories), _value(data, layout, place)) for place in places)
        if end + layout.offset.size > len(data):
            break
        (at,) = layout.offset.unpack_from(data, end)
    if not found:
        return None
    page, located = found[0]
    if page not in (1, len(directories)):
        raise ValueError(TWO_STORES)
    if located is None or any(_overlap(located.container[0], item) for item in directories):
        raise ValueError("the part of the file that holds it is damaged")
    return located


def _tags(data: bytes, layout: _Layout, start: int, end: int) -> list[int]:
    """Return where in a directory the manifest's tag stands."""
    tag = struct.pack(f"{layout.order}H", _TAG)
    if tag not in data[start:end]:
        return []
    size = layout.entry.size
    return [at for at in range(start, end, size) if data[at : at + 2] == tag]


def _value(data: bytes, layout: _Layout, entry: int) -> Located | None:
    """Return the value of an entry, None if it is of another type or not inside the file."""
    _, kind, count, offset = layout.entry.unpack_from(data, entry)
    size = layout.offset.size
    if kind != _UNDEFINED or not size < count <= MAX_STORE or offset + count > len(data):
        return None
    length = Span(entry + 4, entry + 4 + size)  # a writer may fill it in after hashing
    return Located(data[offset : offset + count], (Span(offset, offset + count),), (length,))


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
