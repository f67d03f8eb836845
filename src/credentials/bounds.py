"""Refuse manifests that announce more than they hold, before anything is allocated for it.

A string in CBOR begins with its length. The C2PA library reserves that much memory for the strings
of assertions before it looks whether they are there, so that five bytes of a small picture can
claim four gigabytes. Every manifest store passes through here first.

The store is found in the same way as the library finds it. Compressed manifests cannot be looked
into and are refused.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

__all__ = ["check_bounds"]

_MAX_DEPTH: Final = 128
_KIND: Final = b"\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71"  # how every JUMBF content type ends
# From the first box's type on: a pattern that begins with fixed bytes is searched several times
# faster than one that begins with the length before them.
_STORE: Final = re.compile(rb"jumb.{4}jumdc2pa", re.DOTALL)
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = 2, 3, 4, 5, 6  # CBOR's major types
_BREAK: Final = 0xFF
_INDEFINITE: Final = 31
_SHORT: Final = "a part of it announces more than it holds"
_MALFORMED: Final = "a part of it is not well-formed"
_START_OF_SCAN: Final = 0xDA
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xDA)))  # JPEG markers without a length
# A JPEG marker that is not part of the compressed pixels, as stuffed bytes and restarts are.
_ENTROPY_END: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xff]")


def check_bounds(data: bytes) -> None:
    """Check every manifest store in a picture, or one that stands alone.

    Parameters
    ----------
    data : bytes
        The picture, or a bare manifest store.

    Raises
    ------
    ValueError
        If a manifest announces more than it holds, is nested too deeply, or is compressed.
    """
    for store in _stores(data):
        if b"brob" in store:
            raise ValueError("it is compressed, and compressed manifests are not read")
        for start, end in _cbor_boxes(store):
            _check_cbor(store, start, end)


def _stores(data: bytes) -> Iterator[bytes]:
    """Yield whatever may be a manifest store, from its first box on."""
    if data.startswith(b"\xff\xd8"):
        yield b"".join(_app11(data))
        return
    if data.startswith((b"GIF87a", b"GIF89a")):
        yield b"".join(_gif_blocks(data))
        return
    # Elsewhere the store lies in one piece.
    at = 0
    while (found := _STORE.search(data, at + 4)) is not None:
        start = found.start() - 4  # where the box's length stands
        end = start + int.from_bytes(data[start : start + 4], "big")
        if end < found.end() or end > len(data):  # a length that makes no sense
            end = len(data)
        yield data[start:end]
        at = end


def _app11(data: bytes) -> Iterator[bytes]:
    """Yield what a JPEG's APP11 segments hold of its manifest store, put together as C2PA says.

    A segment is: common identifier, box instance number, sequence number, and a piece of the box;
    from the second on, the pieces repeat the box's header.
    """
    instance = b""
    count = 0
    for content in _segments(data, 0xEB):
        sequence = int.from_bytes(content[4:8], "big")
        if len(content) <= 16:
            continue
        if count > 0 and content[2:4] == instance:
            if sequence <= count:
                instance = b""
                continue
            yield content[16:]
            count += 1
        elif content[24:28] == b"c2pa":
            yield content[8:]
            instance, count = content[2:4], 1


def _segments(data: bytes, wanted: int) -> Iterator[bytes]:
    """Yield the contents of a JPEG's segments of one kind."""
    at = 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF:
            at = _next_marker(data, at)
        elif marker == 0xFF:  # padding
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            if marker == wanted:
                yield data[at + 4 : at + 2 + length]
            at += 2 + max(length, 2)
            if marker == _START_OF_SCAN:
                at = _next_marker(data, at)


def _next_marker(data: bytes, at: int) -> int:
    """Return where the next marker stands that is not part of the compressed pixels."""
    found = _ENTROPY_END.search(data, at)
    return len(data) if found is None else found.start()


def _gif_blocks(data: bytes) -> Iterator[bytes]:
    """Yield the sub-blocks of a GIF's C2PA extension."""
    at = data.find(b"C2PA_GIF")
    while at >= 0:
        position = at + 11
        while position < len(data) and data[position]:
            yield data[position + 1 : position + 1 + data[position]]
            position += 1 + data[position]
        at = data.find(b"C2PA_GIF", at + 1)


def _cbor_boxes(store: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the content of each CBOR box begins and ends, wherever such a box may be."""
    at = store.find(b"cbor", 4)
    while at >= 0:
        start = at + 4
        if store[start : start + 12] != _KIND:  # that is the name of the type, not a box
            (length,) = struct.unpack_from(">I", store, at - 4)
            if length == 1:
                start += 8
            end = at - 4 + length
            yield start, end if start < end <= len(store) else len(store)
        at = store.find(b"cbor", at + 1)


def _check_cbor(data: bytes, at: int, end: int) -> None:
    """Check the first CBOR item between two positions.

    Raises
    ------
    ValueError
        If it is not well-formed within these bounds.
    """
    left = [1]  # how many items each open container still needs; -1: until a break
    while left:
        if left[-1] == 0:
            left.pop()
            continue
        if at >= end:
            raise ValueError(_SHORT)
        if data[at] == _BREAK:
            if left.pop() != -1:
                raise ValueError(_MALFORMED)
            at += 1
            continue
        if left[-1] > 0:
            left[-1] -= 1
        major, value, at = _head(data, at)
        if value is None:  # of a length that is told by a break
            left.append(-1)
        elif major in (_BYTES, _TEXT):
            at += value
        elif major in (_ARRAY, _MAP, _TAG):
            count = 1 if major == _TAG else value * (major - 3)
            if count > end - at:
                raise ValueError(_SHORT)
            left.append(count)
        if at > end:
            raise ValueError(_SHORT)
        if len(left) > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")


def _head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Return a CBOR item's type, its value or length, and where its content begins."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24:
        return major, info, at
    if info == _INDEFINITE and _BYTES <= major <= _MAP:
        return major, None, at
    if info > 27:
        raise ValueError(_MALFORMED)
    size = 1 << (info - 24)
    return major, int.from_bytes(data[at : at + size], "big"), at + size
