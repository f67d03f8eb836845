"""The chunks of a WebP file, and the manifest store in one of them.

References
----------
RFC 9649, section 2 (RIFF container).
"""

from __future__ import annotations

import struct
from typing import Final

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

__all__ = ["MARK", "PICTURES", "locate", "stated_end", "walk"]

#: The type of the chunk that holds the manifest.
MARK: Final = b"C2PA"
#: Types of the chunks that hold a picture or a frame.
PICTURES: Final = frozenset({b"VP8 ", b"VP8L", b"ANMF"})


def stated_end(data: bytes) -> int:
    """Return where a WebP file ends by its own word; its data may say otherwise."""
    return 8 + int.from_bytes(data[4:8], "little")


def walk(data: bytes) -> Walk:
    """Return the chunks up to where the file says that it ends, and further to the first picture.

    A chunk of an odd length is followed by a padding byte, which does not belong to it. Where that
    of the last chunk is missing, the walk ends one byte behind the file.
    """
    parts: list[Segment] = []
    stop = min(stated_end(data), len(data))
    seen = False
    at = 12
    while (at < stop or not seen) and at + 8 <= len(data):
        if len(parts) == MAX_PARTS:
            return Walk(tuple(parts), at, too_many=True)
        kind, length = struct.unpack_from("<4sI", data, at)
        part = Segment(kind, at, at + 8, at + 8 + length)
        if part.end > len(data):
            return Walk(tuple(parts), at, part)
        parts.append(part)
        seen = seen or kind in PICTURES
        at = part.end + length % 2
    return Walk(tuple(parts), at)


def locate(data: bytes, walked: Walk) -> Located | None:
    """Return the manifest store; raises as `structure.locate`."""
    stop = min(stated_end(data), len(data))
    every = walked.parts if walked.broken is None else (*walked.parts, walked.broken)
    chunks = [item for item in every if item.kind == MARK and item.content <= stop]
    if not chunks:
        return None
    if len(chunks) > 1:
        raise ValueError(TWO_STORES)
    chunk = chunks[0]
    length = chunk.end - chunk.content
    padded = chunk.end + length % 2
    if chunk.end > stop or length > MAX_STORE or data[chunk.end : padded].strip(b"\0"):
        raise ValueError(DAMAGED_STORE)
    padding = (Span(chunk.end, padded),) if chunk.end < padded <= stop else ()
    return Located(data[chunk.content : chunk.end], (Span(chunk.start, chunk.end),), padding)
