"""The blocks of a GIF file, and the manifest store in one of them.

References
----------
GIF89a specification; XMP specification, part 3, 1.1.2 (GIF).
"""

from __future__ import annotations

from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import damaged, truncated
from indelible.imaging.structure.parts import (
    DAMAGED_STORE,
    MAX_PARTS,
    MAX_STORE,
    TWO_STORES,
    Located,
    Segment,
    Span,
    Walk,
)

__all__ = [
    "FRAME",
    "MARK",
    "TRAILER",
    "XMP_EXTENSION",
    "XMP_TRAILER",
    "holds_store",
    "joined",
    "locate",
    "problem",
    "table_bytes",
    "walk",
]

#: The name of the application extension that holds the manifest.
MARK: Final = b"C2PA_GIF"
FRAME, TRAILER = b",", b";"
_APPLICATION: Final = b"!\xff"
#: Application extension that carries an XMP packet, and the bytes after the packet.
XMP_EXTENSION: Final = b"!\xff\x0bXMP DataXMP"
XMP_TRAILER: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def walk(data: bytes) -> Walk:
    """Return the blocks of a GIF file, up to its trailer or to where they make no sense.

    The first two are the signature and the logical screen. What a frame's or an extension's content
    begins with is a chain of sub-blocks, before which a frame has one byte (its code size).
    """
    if len(data) < 13:
        return Walk((), 0)
    parts = [Segment(b"GIF", 0, 6, 6)]
    at = 13 + table_bytes(data[10])
    screen = Segment(b"LSD", 6, 13, at)
    if at > len(data):
        return Walk(tuple(parts), 6, screen)
    parts.append(screen)
    # Sub-blocks hold up to 255 bytes; many more of them than a real file has would cost a minute.
    left = len(data) // 32 + 10_000
    while at < len(data):
        kind = data[at : at + 1]
        if kind == TRAILER:
            parts.append(Segment(kind, at, at + 1, at + 1))
            return Walk(tuple(parts), at + 1)
        if kind == FRAME:
            content = at + 10 + (table_bytes(data[at + 9]) if at + 10 <= len(data) else 0)
            chain = content + 1
        elif kind == b"!":
            kind, content = data[at : at + 2], at + 2
            chain = content
        else:
            break
        if len(parts) == MAX_PARTS:
            return Walk(tuple(parts), at, too_many=True)
        end, left = _after_chain(data, chain, left)
        if end is None:
            return Walk(tuple(parts), at, Segment(kind, at, content, len(data) + 1), left < 0)
        parts.append(Segment(kind, at, content, end))
        at = end
    return Walk(tuple(parts), at)


def problem(data: bytes, walked: Walk) -> UnreadableImageError | None:
    """Return why the walk did not reach the trailer; None where it did."""
    if walked.too_many:
        return damaged("GIF", "it has too many blocks")
    if walked.parts and walked.parts[-1].kind == TRAILER:
        return None
    if walked.parts and walked.broken is None and walked.end < len(data):
        return damaged("GIF", "there is no block where one should be")
    return truncated("GIF")


def table_bytes(packed: int) -> int:
    """Return the length of the colour table that a packed field announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _after_chain(data: bytes, at: int, left: int) -> tuple[int | None, int]:
    """Return where a chain of sub-blocks ends, None if it does not, and how many may follow."""
    size = len(data)
    while at < size:
        length = data[at]
        at += 1 + length
        if not length:
            return at, left
        left -= 1
        if left < 0:
            break
    return None, left


def joined(data: bytes, at: int) -> bytes:
    """Return what a chain of sub-blocks holds; the walk has found it whole."""
    pieces: list[bytes] = []
    while length := data[at]:
        pieces.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return b"".join(pieces)


def holds_store(data: bytes, block: Segment) -> bool:
    """Whether a block is the application extension of a manifest."""
    return block.kind == _APPLICATION and data.startswith(MARK, block.content + 1)


def locate(data: bytes, walked: Walk) -> Located | None:
    """Return the manifest store; raises as `structure.locate`.

    From the first frame on, no reader looks for a manifest.
    """
    blocks: list[Segment] = []
    for item in walked.parts:
        if item.kind == FRAME:
            break
        if holds_store(data, item):
            blocks.append(item)
    if not blocks:
        return None
    if len(blocks) > 1:
        raise ValueError(TWO_STORES)
    block = blocks[0]
    if data[block.content] != 11 or data[block.content + 9 : block.content + 12] != b"\1\0\0":
        raise ValueError(DAMAGED_STORE)
    if block.end - block.content > MAX_STORE:
        raise ValueError("it is too large")
    store = joined(data, block.content + 12)
    return Located(store, (Span(block.start, block.end),))
