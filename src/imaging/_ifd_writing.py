"""Writing image file directories, and moving them from one file into another."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from typing import Final

import numpy as np

from indelible.imaging._ifd import (
    EXIF_POINTER,
    GPS_POINTER,
    TYPES,
    ByteOrder,
    Entry,
    Layout,
    read_directory,
)

__all__ = ["as_block", "moved", "narrowed", "write_directory"]

_INTEROPERABILITY_POINTER: Final = 40965

# By tag that points to a directory: the tags in that one that point further.
_POINTERS: Final[dict[int, frozenset[int]]] = {
    EXIF_POINTER: frozenset({_INTEROPERABILITY_POINTER}),
    GPS_POINTER: frozenset(),
    _INTEROPERABILITY_POINTER: frozenset(),
}
_TOP_POINTERS: Final = frozenset({EXIF_POINTER, GPS_POINTER})
# BigTIFF's types of 8 bytes, and those of 4 bytes that mean the same.
_NARROW: Final = {16: 4, 17: 9, 18: 13}


def write_directory(entries: Iterable[Entry], layout: Layout, offset: int) -> tuple[bytes, int]:
    """Return a block to be placed at `offset`, and where in the file its directory will begin.

    The longer values come first, then the directory, without a successor: a file that is cut short
    has lost its directory first. The block has an even length, as the format wants places to be.

    Parameters
    ----------
    entries : iterable of Entry
        In any order; of entries with one tag the last one counts.
    layout : Layout
        Byte order and kind of the file that it goes into.
    offset : int
        Where in that file the block will begin. Even, as the format demands.
    """
    unique = sorted({entry.tag: entry for entry in entries}.items())
    directory = bytearray(struct.pack(layout.number, len(unique)))
    values = bytearray()
    for tag, entry in unique:
        directory += struct.pack(f"{layout.order}HH{layout.word[1]}", tag, entry.type, entry.length)
        if len(entry.value) <= layout.word_size:
            directory += entry.value.ljust(layout.word_size, b"\0")
        else:
            directory += struct.pack(layout.word, offset + len(values))
            values += entry.value + b"\0" * (len(entry.value) % 2)
    directory += b"\0" * layout.word_size
    return bytes(values + directory), offset + len(values)


def narrowed(entry: Entry, order: ByteOrder) -> Entry:
    """Return an entry that plain TIFF can hold: with numbers of 4 bytes instead of 8.

    Raises
    ------
    ValueError
        A number is too large for that.
    """
    type_ = _NARROW.get(entry.type)
    if type_ is None:
        return entry
    code = f"{order}{entry.length}{TYPES[type_][0]}"
    try:
        value = struct.pack(code, *entry.integers(order))
    except struct.error as error:
        raise ValueError("a place in it lies beyond what plain TIFF holds") from error
    return Entry(entry.tag, type_, entry.length, value)


def moved(
    data: bytes,
    layout: Layout,
    entries: Iterable[Entry],
    order: ByteOrder,
    offset: int,
    *,
    max_bytes: int,
    without: Collection[int] = (),
    pointers: frozenset[int] = _TOP_POINTERS,
) -> tuple[bytes, list[Entry]]:
    """Return a directory's entries for another file, those that point to directories with them.

    Maker notes with absolute offsets may not survive that. What points nowhere is left out.

    Parameters
    ----------
    data, layout, entries
        The file that they are from, and the entries.
    order : {"<", ">"}
        Byte order of the other file, which is plain TIFF or EXIF.
    offset : int
        Where in the other file the block will be placed. Even.
    max_bytes : int
        As for `read_directory`, of each directory.
    without : collection of int, optional
        Tags to leave out, on every level.
    pointers : frozenset of int, optional
        The tags that point to directories.

    Returns
    -------
    block : bytes
        The directories that the entries point to.
    entries : list of Entry
        The entries, in the other file's terms.
    """
    block = b""
    kept: list[Entry] = []
    # Of entries with one tag the last counts: a pointer that is repeated is followed once.
    for entry in {entry.tag: entry for entry in entries}.values():
        if entry.tag in without:
            continue
        try:
            if entry.tag not in pointers:
                kept.append(_swapped(narrowed(entry, layout.order), layout.order, order))
                continue
            target = entry.first(layout.order) or 0
            below = read_directory(data, layout, target, max_bytes=max_bytes).entries
        except ValueError:
            continue
        part, inner = moved(
            data,
            layout,
            below,
            order,
            offset + len(block),
            max_bytes=max_bytes,
            without=without,
            pointers=_POINTERS[entry.tag],
        )
        block += part
        part, first = write_directory(inner, Layout(order, False, 0), offset + len(block))
        block += part
        kept.append(Entry(entry.tag, 4, 1, struct.pack(f"{order}I", first)))
    return block, kept


def _swapped(entry: Entry, order: ByteOrder, wanted: ByteOrder) -> Entry:
    """Return an entry with its numbers in another byte order."""
    width = struct.calcsize(f"<{TYPES[entry.type][0]}")
    if order == wanted or width == 1:
        return entry
    return entry._replace(value=np.frombuffer(entry.value, f"u{width}").byteswap().tobytes())


def as_block(
    data: bytes,
    layout: Layout,
    entries: Iterable[Entry],
    *,
    max_bytes: int,
    without: Collection[int] = (),
) -> bytes | None:
    """Return entries, and what they point to, as a file or EXIF block of their own; None of none.

    For the parameters see `moved`. The byte order stays.
    """
    order = layout.order
    below, kept = moved(data, layout, entries, order, 8, max_bytes=max_bytes, without=without)
    if not kept:
        return None
    part, first = write_directory(kept, Layout(order, False, 0), 8 + len(below))
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HI", 42, first) + below + part
