"""The manifest store of a TIFF or BigTIFF: the value of one tag, in either byte order."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import Final

from indelible.imaging._ifd import Extent, Layout, read_layout, walk
from indelible.imaging.structure.parts import MAX_PARTS, MAX_STORE, TWO_STORES, Located, Span

__all__ = ["locate_tiff"]

_TAG: Final = 0xCD41
_UNDEFINED: Final = 7
_MAX_PAGES: Final = 10_000


def locate_tiff(data: bytes) -> Located | None:
    """Return the manifest store of a TIFF, None if it has none or is none.

    Raises
    ------
    ValueError
        If there are two, or it does not lie inside the file.
    """
    layout = read_layout(data)
    if layout is None:
        return None
    found: list[tuple[int, Located | None]] = []
    directories: list[Span] = []
    for extent in _directories(data, layout):
        directories.append(Span(extent.at, min(extent.end + layout.word_size, len(data))))
        places = _tags(data, layout, extent)
        if len(found) + len(places) > 1:
            raise ValueError(TWO_STORES)
        found.extend((len(directories), _value(data, layout, place)) for place in places)
    if not found:
        return None
    page, located = found[0]
    if page not in (1, len(directories)):
        raise ValueError(TWO_STORES)
    if located is None or any(_overlap(located.container[0], item) for item in directories):
        raise ValueError("the part of the file that holds it is damaged")
    return located


def _directories(data: bytes, layout: Layout) -> Iterator[Extent]:
    """Yield the directories up to where the chain breaks, or is longer than any real one."""
    entries = 0
    try:
        for extent in itertools.islice(walk(data, layout), _MAX_PAGES):
            entries += extent.entries
            if entries > MAX_PARTS:
                return
            yield extent
    except ValueError:
        return


def _tags(data: bytes, layout: Layout, extent: Extent) -> list[int]:
    """Return where in a directory the manifest's tag stands."""
    tag = struct.pack(f"{layout.order}H", _TAG)
    if tag not in data[extent.start : extent.end]:
        return []
    entries = range(extent.start, extent.end, layout.entry_size)
    return [at for at in entries if data[at : at + 2] == tag]


def _value(data: bytes, layout: Layout, entry: int) -> Located | None:
    """Return the value of an entry, None if it is of another type or not inside the file."""
    word = layout.word[1]
    kind, count, offset = struct.unpack_from(f"{layout.order}H{word}{word}", data, entry + 2)
    if kind != _UNDEFINED or not layout.word_size < count <= MAX_STORE:
        return None
    if offset + count > len(data):
        return None
    length = Span(entry + 4, entry + 4 + layout.word_size)  # a writer may set it after hashing
    return Located(data[offset : offset + count], (Span(offset, offset + count),), (length,))


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
