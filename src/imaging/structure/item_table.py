"""The table of an ISO base media file that says where its items lie.

References
----------
ISO/IEC 14496-12, 8.11.3 (item location box).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from indelible.imaging._container import damaged
from indelible.imaging.structure.parts import Segment

__all__ = ["MAX_ITEMS", "Extent", "Item", "item_locations"]

#: Pictures, tiles, and their metadata; libheif takes 1,000, libavif fewer still.
MAX_ITEMS: Final = 5_000
#: A picture's tiles are an item each, in one piece; libheif takes 32 pieces of an item.
_MAX_EXTENTS: Final = 100_000


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


class _Fields:
    """Numbers of any width, read one after the other."""

    def __init__(self, data: bytes, at: int, end: int, title: str) -> None:
        self.data, self.at, self.end, self.title = data, at, end, title

    def read(self, size: int) -> int:
        if self.at + size > self.end:
            raise damaged(self.title, "its list of items is cut short")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def item_locations(data: bytes, box: Segment, title: str = "HEIF") -> list[Item]:
    """Read an ``iloc`` box.

    Parameters
    ----------
    data : bytes
        The file.
    box : Segment
        The box.
    title : str
        What to call the file in messages.

    Raises
    ------
    UnreadableImageError
        It is cut short, announces more than it holds, or has more items or pieces than any picture.
    """
    fields = _Fields(data, box.content, box.end, title)
    version = fields.read(4) >> 24
    sizes = fields.read(2)
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    number_of_items = fields.read(wide)
    if number_of_items > MAX_ITEMS:
        raise damaged(title, f"it has more than {MAX_ITEMS} items")
    items = []
    left = _MAX_EXTENTS
    for _ in range(number_of_items):
        number = fields.read(wide)
        method = fields.read(2) & 15 if version else 0
        reference = fields.read(2)
        base = fields.read(base_size)
        count = fields.read(2)
        left -= count
        if left < 0 or (count > 1 and not offset_size + length_size + index_size):
            raise damaged(title, "its items are in too many pieces")
        extents = []
        for _ in range(count):
            fields.read(index_size)
            extents.append(Extent(fields.read(offset_size), fields.read(length_size)))
        items.append(Item(number, method, reference, base, tuple(extents)))
    return items
