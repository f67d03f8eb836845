"""The manifest store of an ISO base media file (AVIF, HEIC, HEIF): a box of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from indelible.imaging._located import MAX_PARTS, MAX_STORE, TWO_STORES, Located, Span

__all__ = ["C2PA_UUID", "TopBox", "locate_iso", "top_boxes"]

C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_DAMAGED: Final = "the box that holds it is damaged"


class TopBox(NamedTuple):
    """A box that lies directly in the file: its type and where it and its content lie."""

    kind: bytes
    start: int
    content: int
    end: int


def top_boxes(data: bytes) -> Iterator[TopBox]:
    """Yield the boxes of a file, up to where they make no sense."""
    at = 0
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = len(data) - at
        end = at + size
        if kind == b"mdat" and size >= 8:
            end = min(end, len(data))  # readers take what is there
        if end < content or end > len(data):
            if kind == b"uuid" and data[content : content + 16] == C2PA_UUID:
                raise ValueError(_DAMAGED)
            return
        yield TopBox(kind, at, content, end)
        at = end


def locate_iso(data: bytes) -> Located | None:
    """Return the manifest store of an ISO base media file, None if it has none.

    Raises
    ------
    ValueError
        If there are two, or the box is not as C2PA lays it down.
    """
    if C2PA_UUID not in data:
        return None
    boxes = [
        box
        for box in top_boxes(data)
        if box.kind == b"uuid" and data[box.content : box.content + 16] == C2PA_UUID
    ]
    if not boxes:
        return None
    parts = {}
    for box in boxes:
        purpose, store = _opened(data, box)
        if purpose in parts:
            raise ValueError(TWO_STORES)
        parts[purpose] = store
    spans = _joined(Span(box.start, box.end) for box in boxes)
    if set(parts) == {b"manifest"}:
        return Located(parts[b"manifest"], spans)
    if set(parts) == {b"original", b"update"}:
        return Located(_merged(parts[b"original"], parts[b"update"]), spans)
    raise ValueError(TWO_STORES)


def _opened(data: bytes, box: TopBox) -> tuple[bytes, bytes]:
    """Return what a C2PA box is for, and the store in it.

    After the UUID come version and flags, the purpose as text, and the offset of a first auxiliary
    box, which pictures have no use for.
    """
    (size,) = struct.unpack_from(">I", data, box.start)
    body = data[box.content + 16 : box.end]
    purpose, end, rest = body[4:68].partition(b"\0")
    at = 4 + len(purpose) + 1
    if size < 2 or body[:4] != bytes(4) or not end or body[at : at + 8] != bytes(8):
        raise ValueError(_DAMAGED)
    store = body[at + 8 :]
    if len(rest) < 8 or len(store) > MAX_STORE:
        raise ValueError(_DAMAGED)
    return purpose, store


def _joined(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Return spans in order, with adjacent ones made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)


def _merged(original: bytes, update: bytes) -> bytes:
    """Return one store with the manifests of both, as C2PA 2.2, A.5.3, says to read them."""
    if min(len(original), len(update)) < 12 or update[4:8] != b"jumb" != original[4:8]:
        raise ValueError(_DAMAGED)
    for store in (original, update):
        if int.from_bytes(store[:4], "big") != len(store) or store[4:8] != b"jumb":
            raise ValueError(_DAMAGED)
    description = int.from_bytes(update[8:12], "big")
    merged = original[4:] + update[8 + description :]
    return struct.pack(">I", len(merged) + 4) + merged
