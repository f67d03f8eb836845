"""Boxes of ISO base media files, and the table that says where their items lie.

References
----------
ISO/IEC 14496-12: 4.2 (boxes), 8.11.3 (item location).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from indelible.imaging._container import damaged, truncated

__all__ = ["Box", "Extent", "Item", "boxes", "item_locations"]

_MAX_BOXES: Final = 100_000


class Box(NamedTuple):
    """One box: its type, where it starts, where its content starts, and where it ends."""

    kind: bytes
    start: int
    content: int
    end: int


@dataclass(frozen=True, slots=True)
class Extent:
    """A piece of an item: where it lies, and how long it is."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item: how its places count (0: in the file, 1: in ``idat``), from which base, and where.

    `reference` is 0 where the data lie in this very file.
    """

    id: int
    method: int
    reference: int
    base: int
    extents: tuple[Extent, ...]


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets.

    Raises
    ------
    UnreadableImageError
        One reaches further, or there are more of them than any picture has.
    """
    at, count = start, 0
    while at < end:
        if at + 8 > end:
            if not any(data[at:end]):
                return  # padding
            raise truncated("HEIF")
        size, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = end - at
        if size < content - at or at + size > end:
            raise truncated("HEIF")
        count += 1
        if count > _MAX_BOXES:
            raise damaged("HEIF", "it has too many boxes")
        yield Box(kind, at, content, at + size)
        at += size


class _Fields:
    """Numbers of any width, read one after the other."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def read(self, size: int) -> int:
        if self.at + size > self.end:
            raise damaged("HEIF", "its list of items is cut short")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def item_locations(data: bytes, box: Box) -> list[Item]:
    """Read an ``iloc`` box.

    Raises
    ------
    UnreadableImageError
        It is cut short, or announces more than it holds.
    """
    fields = _Fields(data, box.content, box.end)
    version = fields.read(4) >> 24
    sizes = fields.read(2)
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    items = []
    for _ in range(fields.read(wide)):
        number = fields.read(wide)
        method = fields.read(2) & 15 if version else 0
        reference = fields.read(2)
        base = fields.read(base_size)
        count = fields.read(2)
        if count > 1 and not offset_size + length_size + index_size:
            raise damaged("HEIF", "an item has many pieces of no length")
        extents = []
        for _ in range(count):
            fields.read(index_size)
            extents.append(Extent(fields.read(offset_size), fields.read(length_size)))
        items.append(Item(number, method, reference, base, tuple(extents)))
    return items
