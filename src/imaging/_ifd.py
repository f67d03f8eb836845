"""Image file directories: the structure that TIFF files and EXIF blocks share.

Reading is bounds-checked throughout, because the bytes come from anywhere. Values stay raw bytes in
the file's own byte order, so that a directory can be written elsewhere without being understood.

References
----------
TIFF revision 6.0 (Adobe, 1992), section 2; the BigTIFF extension.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

__all__ = [
    "ByteOrder",
    "Directory",
    "Entry",
    "Layout",
    "read_directory",
    "read_layout",
    "write_directory",
]

ByteOrder = Literal["<", ">"]

# Bytes per value of each TIFF type; a type that is not here is unknown.
_TYPE_SIZES: Final = {
    1: 1,  # BYTE
    2: 1,  # ASCII
    3: 2,  # SHORT
    4: 4,  # LONG
    5: 8,  # RATIONAL
    6: 1,  # SBYTE
    7: 1,  # UNDEFINED
    8: 2,  # SSHORT
    9: 4,  # SLONG
    10: 8,  # SRATIONAL
    11: 4,  # FLOAT
    12: 8,  # DOUBLE
    13: 4,  # IFD
    16: 8,  # LONG8
    17: 8,  # SLONG8
    18: 8,  # IFD8
}
_INTEGERS: Final = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}


class Layout(NamedTuple):
    """Byte order, BigTIFF or not, and where the first directory lies."""

    order: ByteOrder
    big: bool
    first: int


class Entry(NamedTuple):
    """One tag of a directory, its value as raw bytes in the directory's byte order."""

    tag: int
    type: int
    length: int  # in values
    value: bytes

    def integers(self, order: ByteOrder) -> tuple[int, ...]:
        """Return the value as integers; empty where the type is none."""
        code = _INTEGERS.get(self.type)
        if code is None:
            return ()
        return struct.unpack_from(f"{order}{self.length}{code}", self.value)

    def first(self, order: ByteOrder) -> int | None:
        """Return the first integer of the value, None where there is none."""
        return next(iter(self._replace(length=min(self.length, 1)).integers(order)), None)

    def rational(self, order: ByteOrder) -> float | None:
        """Return the first RATIONAL of the value, None where there is none."""
        if self.type != 5 or not self.length:
            return None
        numerator, denominator = struct.unpack(f"{order}II", self.value[:8])
        return numerator / denominator if denominator else None


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


class Directory(NamedTuple):
    """The entries of a directory that lie inside the data, and how many do not."""

    entries: list[Entry]
    lost: int


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
    order, big = layout.order, layout.big
    count_format, entry_size, inline = ("Q", 20, 8) if big else ("H", 12, 4)
    count_size = struct.calcsize(f"{order}{count_format}")
    if not 0 < offset <= len(data) - count_size:
        raise ValueError("a directory lies outside the file")
    (count,) = struct.unpack_from(f"{order}{count_format}", data, offset)
    start = offset + count_size
    end = start + count * entry_size
    if count > 4096 or end > len(data):
        raise ValueError("a directory is longer than the file")
    entries: list[Entry] = []
    total = lost = 0
    max_bytes = min(max_bytes, 2 * len(data))
    for at in range(start, end, entry_size):
        tag, type_ = struct.unpack_from(f"{order}HH", data, at)
        (values,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, at + 4)
        size = values * _TYPE_SIZES.get(type_, 0)
        field = at + entry_size - inline
        if size > inline:
            (field,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, field)
        if type_ not in _TYPE_SIZES or field + size > len(data):
            lost += 1
            continue
        total += size
        if total > max_bytes:
            raise ValueError("the directory's values are too large")
        entries.append(Entry(tag, type_, values, bytes(data[field : field + size])))
    return Directory(entries, lost)


def write_directory(entries: Iterable[Entry], layout: Layout, offset: int) -> tuple[bytes, int]:
    """Return a block to be placed at `offset`, and where in the file its directory will begin.

    The longer values come first, then the directory, without a successor: a file that is cut short
    has lost its directory first.

    Parameters
    ----------
    entries : iterable of Entry
        In any order; of entries with one tag the last one counts.
    layout : Layout
        Byte order and kind of the file that it goes into.
    offset : int
        Where in that file the block will begin. Even, as the format demands.
    """
    order, big = layout.order, layout.big
    count_format, number, inline = ("Q", "Q", 8) if big else ("H", "I", 4)
    unique = sorted({entry.tag: entry for entry in entries}.items())
    directory = bytearray(struct.pack(f"{order}{count_format}", len(unique)))
    values = bytearray()
    for tag, entry in unique:
        directory += struct.pack(f"{order}HH{number}", tag, entry.type, entry.length)
        if len(entry.value) <= inline:
            directory += entry.value.ljust(inline, b"\0")
        else:
            directory += struct.pack(f"{order}{number}", offset + len(values))
            values += entry.value + b"\0" * (len(entry.value) % 2)
    directory += b"\0" * inline
    return bytes(values + directory), offset + len(values)
