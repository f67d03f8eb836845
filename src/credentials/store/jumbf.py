"""Manifest stores as boxes (JUMBF, ISO/IEC 19566-5), read strictly and within limits.

Only boxes whose extent no reader could take otherwise are let through: lengths of 32 bits that fill
the box around them exactly. Nothing here validates a signature.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Box", "read_boxes"]

_MAX_DEPTH: Final = 12
_MAX_BOXES: Final = 10_000
_KINDS: Final = frozenset(
    (b"jumb", b"jumd", b"cbor", b"json", b"bfdb", b"bidb", b"uuid", b"jp2c", b"xml ", b"free")
)
_COMPRESSED: Final = b"brob"
_LABELLED: Final = 0x03  # may be requested, and has a label
_HAS_ID, _HAS_HASH, _HAS_SALT = 0x04, 0x08, 0x10
_MAX_LABEL: Final = 1024
_LENGTHS: Final = "the lengths of its boxes contradict each other"


class Box(NamedTuple):
    """One box: its type, its label and content type if it is a superbox, where it lies, its depth.

    `content` is where the content begins: in a superbox, the description box.
    """

    kind: bytes
    label: str | None
    form: bytes
    start: int
    content: int
    end: int
    depth: int


def read_boxes(store: bytes) -> list[Box]:
    """Return every box of a manifest store, outer before inner.

    Raises
    ------
    ValueError
        If the boxes do not fill the store exactly, are too many or nested too deeply, or are of a
        kind that manifests do not have, compressed ones included.
    """
    boxes: list[Box] = []
    for box in _walk(store, 0, len(store), 0):
        boxes.append(box)
        if len(boxes) > _MAX_BOXES:
            raise ValueError("it has too many parts")
    if not boxes or boxes[0].kind != b"jumb" or boxes[0].end != len(store):
        raise ValueError(_LENGTHS)
    return boxes


def _walk(store: bytes, start: int, end: int, depth: int) -> Iterator[Box]:
    if depth > _MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    while start < end:
        if start + 8 > end:
            raise ValueError(_LENGTHS)
        length, kind = struct.unpack_from(">I4s", store, start)
        stop = start + length
        if kind == _COMPRESSED:
            raise ValueError("it is compressed, and compressed manifests are not read")
        if kind not in _KINDS:
            raise ValueError("it has a box of an unknown kind")
        if length < 8 or stop > end:
            raise ValueError(_LENGTHS)
        if kind == b"jumb":
            label, form, inner = _description(store, start + 8, stop)
            yield Box(kind, label, form, start, start + 8, stop, depth)
            yield from _walk(store, inner, stop, depth + 1)
        elif kind == b"jumd":
            raise ValueError("a part of it is described twice")
        else:
            if kind == b"free" and store.count(0, start + 8, stop) != length - 8:
                raise ValueError("its padding is not empty")
            yield Box(kind, None, b"", start, start + 8, stop, depth)
        start = stop


def _description(store: bytes, start: int, end: int) -> tuple[str, bytes, int]:
    """Return a superbox's label and content type, and where its description box ends."""
    if start + 26 > end:
        raise ValueError(_LENGTHS)
    length, kind = struct.unpack_from(">I4s", store, start)
    stop = start + length
    flags = store[start + 24]
    if kind != b"jumd" or stop > end or flags & _LABELLED != _LABELLED or flags & 0xE0:
        raise ValueError("a part of it is not described")
    terminator = store.find(b"\0", start + 25, min(stop, start + 25 + _MAX_LABEL))
    if terminator < 0:
        raise ValueError("a part of it is not described")
    at = terminator + 1 + (4 if flags & _HAS_ID else 0) + (32 if flags & _HAS_HASH else 0)
    if flags & _HAS_SALT and at + 8 <= stop:
        size, salt = struct.unpack_from(">I4s", store, at)
        if salt != b"c2sh" or size < 8:
            raise ValueError("a part of it is not described")
        at += size
    if at != stop:
        raise ValueError(_LENGTHS)
    try:
        label = store[start + 25 : terminator].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("a label in it is no text") from error
    return label, store[start + 8 : start + 24], stop
