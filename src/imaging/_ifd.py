"""Image file directories, the structure that TIFF files and EXIF blocks share: the only reader.

Header, manifest, comparison, EXIF and the cameras' raw files all read directories here. The bytes
come from anywhere, so everything is checked against their bounds, and what is read in all is
limited: many entries may point to one large value, and many directories to each other. Values stay
raw bytes in the file's own byte order, so that a directory can be written elsewhere without being
understood (`_ifd_writing`).

References
----------
TIFF revision 6.0 (Adobe, 1992), section 2; the BigTIFF extension; EXIF 2.32, 4.6.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

__all__ = [
    "EXIF_POINTER",
    "GPS_POINTER",
    "TYPES",
    "ByteOrder",
    "Directory",
    "Entry",
    "Extent",
    "Layout",
    "extent_of",
    "read_directory",
    "read_layout",
    "walk",
]

ByteOrder = Literal["<", ">"]

EXIF_POINTER: Final = 34665
GPS_POINTER: Final = 34853
"""Tags that point to EXIF's own directories."""

TYPES: Final = {
    1: ("B", 1),  # BYTE
    2: ("s", 1),  # ASCII
    3: ("H", 1),  # SHORT
    4: ("I", 1),  # LONG
    5: ("I", 2),  # RATIONAL
    6: ("b", 1),  # SBYTE
    7: ("s", 1),  # UNDEFINED
    8: ("h", 1),  # SSHORT
    9: ("i", 1),  # SLONG
    10: ("i", 2),  # SRATIONAL
    11: ("f", 1),  # FLOAT
    12: ("d", 1),  # DOUBLE
    13: ("I", 1),  # IFD
    16: ("Q", 1),  # LONG8
    17: ("q", 1),  # SLONG8
    18: ("Q", 1),  # IFD8
}
"""The code of each TIFF type's numbers in `struct`, and how many numbers a value is made of."""

_SIZES: Final = {
    type_: numbers * struct.calcsize(f"<{code}") for type_, (code, numbers) in TYPES.items()
}
_RATIONAL: Final = 5
_INTEGERS: Final = frozenset({1, 3, 4, 6, 8, 9, 13, 16, 17, 18})

# Real directories have a few hundred entries at most.
_MAX_ENTRIES: Final = 4096
# Numbers of one value: a picture of the largest size has 390,000 tiles of 16 x 16 px.
_MAX_NUMBERS: Final = 500_000


class Layout(NamedTuple):
    """Byte order, BigTIFF or not, and where the first directory lies."""

    order: ByteOrder
    big: bool
    first: int

    @property
    def number(self) -> str:
        """Format of a directory's number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def word(self) -> str:
        """Format of a place in the file."""
        return self.order + ("Q" if self.big else "I")

    @property
    def word_size(self) -> int:
        """Bytes of a place in the file, and of a value that stands in the entry itself."""
        return 8 if self.big else 4

    @property
    def entry_size(self) -> int:
        """Bytes of an entry: tag, type, how many values, and the value or its place."""
        return 4 + 2 * self.word_size


class Entry(NamedTuple):
    """One tag of a directory, its value as raw bytes in the directory's byte order."""

    tag: int
    type: int
    length: int  # in values
    value: bytes
    at: int = 0  # where in the data its value stands; 0 in an entry that was made

    def integers(self, order: ByteOrder) -> tuple[int, ...]:
        """Return the value as integers; empty where the type is none.

        Raises
        ------
        ValueError
            More of them than any picture needs.
        """
        if self.type not in _INTEGERS:
            return ()
        if self.length > _MAX_NUMBERS:
            raise ValueError("one of its tables is far too long")
        return struct.unpack_from(f"{order}{self.length}{TYPES[self.type][0]}", self.value)

    def first(self, order: ByteOrder) -> int | None:
        """Return the first integer of the value, None where there is none."""
        return next(iter(self._replace(length=min(self.length, 1)).integers(order)), None)

    def rational(self, order: ByteOrder) -> float | None:
        """Return the first RATIONAL of the value, None where there is none."""
        if self.type != _RATIONAL or not self.length:
            return None
        numerator, denominator = struct.unpack(f"{order}II", self.value[:8])
        return numerator / denominator if denominator else None


class Extent(NamedTuple):
    """Where a directory lies, read without its entries."""

    at: int
    start: int  # of the first entry
    entries: int  # how many
    end: int  # of the last entry; the place of the next directory stands here
    following: int | None  # that place; 0 where there is none, None where it is outside the data


@dataclass(frozen=True)
class Directory:
    """A directory's entries whose values lie inside the data, and how many others it has."""

    extent: Extent
    order: ByteOrder
    entries: list[Entry]
    lost: int

    @cached_property
    def tags(self) -> dict[int, Entry]:
        """The entries by tag; of entries with one tag the last one counts."""
        return {entry.tag: entry for entry in self.entries}

    def value(self, tag: int) -> bytes | None:
        """Return the raw value of a tag, None where it is missing or empty."""
        entry = self.tags.get(tag)
        return None if entry is None else entry.value or None

    def integers(self, tag: int) -> tuple[int, ...]:
        """Return the value of a tag as integers; see `Entry.integers`."""
        entry = self.tags.get(tag)
        return () if entry is None else entry.integers(self.order)

    def first(self, tag: int, default: int = 0) -> int:
        """Return the first integer of a tag, the default where there is none."""
        entry = self.tags.get(tag)
        number = None if entry is None else entry.first(self.order)
        return default if number is None else number


def read_layout(data: bytes) -> Layout | None:
    """Return the layout that the first bytes announce, None where they are no TIFF header."""
    order: ByteOrder
    if data[:2] == b"II":
        order = "<"
    elif data[:2] == b"MM":
        order = ">"
    else:
        return None
    if len(data) < 8:
        return None
    magic, first = struct.unpack_from(f"{order}HI", data, 2)
    if magic == 42:
        return Layout(order, False, first)
    if magic == 43 and len(data) >= 16:
        size, zero, first = struct.unpack_from(f"{order}HHQ", data, 4)
        if (size, zero) == (8, 0):
            return Layout(order, True, first)
    return None


def extent_of(data: bytes, layout: Layout, offset: int) -> Extent:
    """Return where the directory at `offset` lies.

    Raises
    ------
    ValueError
        It does not lie inside the data.
    """
    start = offset + struct.calcsize(layout.number)
    if not 0 < offset <= len(data) - (start - offset):
        raise ValueError("a directory lies outside the file")
    (count,) = struct.unpack_from(layout.number, data, offset)
    end = start + count * layout.entry_size
    if end > len(data):
        raise ValueError("a directory is longer than the file")
    following = None
    if end + layout.word_size <= len(data):
        (following,) = struct.unpack_from(layout.word, data, end)
    return Extent(offset, start, count, end, following)


def walk(data: bytes, layout: Layout) -> Iterator[Extent]:
    """Yield the directories of a file's pages, following their chain without reading them.

    A chain that comes back to one of its directories ends there.

    Raises
    ------
    ValueError
        A directory, or the place of the next one, lies outside the data. Those before it are
        yielded first.
    """
    seen: set[int] = set()
    offset: int | None = layout.first
    while offset and offset not in seen:
        seen.add(offset)
        extent = extent_of(data, layout, offset)
        yield extent
        offset = extent.following
    if offset is None:
        raise ValueError("the place of a directory lies outside the file")


def read_directory(data: bytes, layout: Layout, offset: int, *, max_bytes: int) -> Directory:
    """Return the directory at `offset`.

    Parameters
    ----------
    data : bytes
        The whole file or EXIF block.
    layout : Layout
        From `read_layout`.
    offset : int
        Where the directory begins.
    max_bytes : int
        Upper limit of all values together. Entries that share values do not get far beyond the size
        of the data, either.

    Raises
    ------
    ValueError
        The directory does not lie inside the data, or its values exceed `max_bytes`.
    """
    extent = extent_of(data, layout, offset)
    if extent.entries > _MAX_ENTRIES:
        raise ValueError("a directory has far too many entries")
    head = struct.Struct(f"{layout.order}HH{layout.word[1]}")
    place = struct.Struct(layout.word)
    entries: list[Entry] = []
    lost = 0
    room = min(max_bytes, 2 * len(data))
    for at in range(extent.start, extent.end, layout.entry_size):
        tag, type_, length = head.unpack_from(data, at)
        size = length * _SIZES.get(type_, 0)
        field = at + head.size
        if size > layout.word_size:
            (field,) = place.unpack_from(data, field)
        if type_ not in TYPES or field + size > len(data):
            lost += 1
            continue
        room -= size
        if room < 0:
            raise ValueError("the directory's values are too large")
        entries.append(Entry(tag, type_, length, bytes(data[field : field + size]), field))
    return Directory(extent, layout.order, entries, lost)
