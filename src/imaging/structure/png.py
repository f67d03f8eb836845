"""The chunks of a PNG file, and the manifest store in one of them.

References
----------
W3C PNG specification, third edition, section 5 (chunks).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
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

__all__ = ["MARK", "SIGNATURE", "chunks", "locate", "walk"]

#: The type of the chunk that holds the manifest.
MARK: Final = b"caBX"
#: Encoders write chunks of some kilobytes, at least a row each. Of smaller ones than `SMALL` bytes
#: there may be so many: the list of chunks should take no more memory than a small file's pixels.
SMALL, MOST_SMALL = 100, 20_000
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def chunks(data: bytes) -> Iterator[Segment]:
    """Yield the chunks up to the end chunk, or to one that reaches beyond the data."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        part = Segment(kind, at, at + 8, at + 12 + length)
        yield part
        if part.end > len(data) or kind == b"IEND":
            return
        at = part.end


def walk(data: bytes) -> Walk:
    """Return the chunks, checksums unchecked, up to the end chunk or to where they make no sense.

    A chunk's content is followed by its checksum, the last four bytes of the chunk.
    """
    parts: list[Segment] = []
    most = min(MAX_PARTS, MOST_SMALL + len(data) // SMALL)
    at = len(SIGNATURE)
    for part in chunks(data):
        if len(parts) == most:
            return Walk(tuple(parts), at, too_many=True)
        if part.end > len(data):
            return Walk(tuple(parts), at, part)
        parts.append(part)
        at = part.end
    return Walk(tuple(parts), at)


def locate(data: bytes, walked: Walk) -> Located | None:
    """Return the manifest store; raises as `structure.locate`."""
    if walked.broken is not None and walked.broken.kind == MARK:
        raise ValueError(DAMAGED_STORE)
    chunks = [item for item in walked.parts if item.kind == MARK]
    if not chunks:
        return None
    if len(chunks) > 1:
        raise ValueError(TWO_STORES)
    chunk = chunks[0]
    content = data[chunk.content : chunk.end - 4]
    checksum = int.from_bytes(data[chunk.end - 4 : chunk.end], "big")
    if len(content) > MAX_STORE or zlib.crc32(content, zlib.crc32(MARK)) != checksum:
        raise ValueError(DAMAGED_STORE)
    return Located(content, (Span(chunk.start, chunk.end),))
