"""The segments of a JPEG file, and the manifest store in its APP11 segments.

References
----------
ITU-T T.81, annex B (segments); ISO/IEC 19566-5, annex D (boxes in APP11 segments).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import damaged, truncated
from indelible.imaging.structure.parts import (
    DAMAGED_STORE,
    MAX_STORE,
    TWO_STORES,
    Located,
    Segment,
    Span,
    Walk,
)

__all__ = ["APP11", "BARE", "END", "MARK", "SCAN", "locate", "problem", "store_pieces", "walk"]

#: Is in every JPEG file with a manifest.
MARK: Final = b"c2pa"
APP11, SCAN, END = 0xEB, 0xDA, 0xD9  # JUMBF, SOS, EOI
#: Markers without a length: TEM, restarts, SOI, EOI.
BARE: Final = frozenset((0x01, *range(0xD0, 0xDA)))
# The next marker, as decoders look for it: whatever stands before it is skipped.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
# The same behind compressed data, in which 0xFF is stuffed (00) and restarts (D0 to D7) lie.
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Application segments hold up to 64 kB each: 20,000 would be larger than any metadata.
_MAX_SEGMENTS: Final = 20_000
_PIECES: Final = "it lies in pieces that are out of order, incomplete, or not next to each other"


def walk(data: bytes) -> Walk:
    """Return the segments from the start of a JPEG file to the end of its image, as decoders do.

    Bytes between segments are skipped. A scan's compressed data belong to no segment: they reach
    from its end to the start of the next segment, or to where the walk ended.
    """
    parts = [Segment(b"\xd8", 0, 2, 2)]
    at, pattern = 2, _MARKER
    while (found := pattern.search(data, at)) is not None:
        start = found.start()
        kind = data[start + 1 : start + 2]
        if len(parts) > _MAX_SEGMENTS:
            return Walk(tuple(parts), start, too_many=True)
        if kind[0] in BARE:
            content = end = start + 2
        else:
            content = start + 4
            end = start + 2 + int.from_bytes(data[start + 2 : content], "big")
            if content > len(data):
                return Walk(tuple(parts), start, Segment(kind, start, content, content))
            if not content <= end <= len(data):
                return Walk(tuple(parts), start, Segment(kind, start, content, end))
        parts.append(Segment(kind, start, content, end))
        if kind[0] == END:
            return Walk(tuple(parts), end)
        at, pattern = end, _AFTER_SCAN if kind[0] == SCAN else _MARKER
    return Walk(tuple(parts), len(data))


def problem(walked: Walk) -> UnreadableImageError | None:
    """Return why the walk did not reach the end of the image; None where it did."""
    if walked.too_many:
        return damaged("JPEG", f"it has more than {_MAX_SEGMENTS} segments")
    if walked.broken is not None and walked.broken.end < walked.broken.content:
        return damaged("JPEG", "a segment has an impossible length")
    return None if walked.parts[-1].kind[0] == END else truncated("JPEG")


def locate(data: bytes, walked: Walk) -> Located | None:
    """Put together the APP11 segments of a C2PA box; raises as `structure.locate`.

    Each holds: "JP", a number that all segments of a box share, a sequence number, the box's header
    (repeated in each), and a piece of the box.
    """
    app11 = [item for item in walked.parts if item.kind[0] == APP11]
    firsts = [index for index, item in enumerate(app11) if _begins_store(data, item)]
    if not firsts:
        return None
    if len(firsts) > 1:
        raise ValueError(TWO_STORES)
    first = app11[firsts[0]]
    head = data[first.content : first.content + 16]
    size = int.from_bytes(head[8:12], "big")
    if head[:2] != b"JP" or head[12:] != b"jumb" or not 28 < size <= MAX_STORE:
        raise ValueError(DAMAGED_STORE)
    pieces = [data[first.content + 8 : first.end]]
    held, end, count = len(pieces[0]), first.end, 1
    for item in app11[firsts[0] + 1 :]:
        if held >= size or item.start != end:
            break
        count += 1
        expected = head[:4] + struct.pack(">I", count) + head[8:]
        if data[item.content : item.content + 16] != expected or item.end - item.content <= 16:
            raise ValueError(_PIECES)
        pieces.append(data[item.content + 16 : item.end])
        held += len(pieces[-1])
        end = item.end
    if held != size:
        raise ValueError(_PIECES)
    inside = range(firsts[0], firsts[0] + count)
    others = [item for index, item in enumerate(app11) if index not in inside]
    if any(data[item.content : item.content + 4] == head[:4] for item in others):
        raise ValueError(_PIECES)  # another reader would take it for a piece of this box
    return Located(b"".join(pieces), (Span(first.start, end),))


def store_pieces(data: bytes, parts: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments that hold C2PA boxes, of however many stores, whole or not."""
    numbers: set[bytes] = set()
    for item in parts:
        if item.kind[0] != APP11 or data[item.content : item.content + 2] != b"JP":
            continue
        number = data[item.content + 2 : item.content + 4]
        if _begins_store(data, item):
            numbers.add(number)
        if number in numbers:
            yield item


def _begins_store(data: bytes, segment: Segment) -> bool:
    """Whether an APP11 segment begins a C2PA box, in the usual form or with a 64-bit length."""
    content = data[segment.content : min(segment.end, segment.content + 36)]
    if content[24:28] == b"c2pa" and int.from_bytes(content[4:8], "big") <= 1:
        return True
    return content[8:16] == b"\0\0\0\1jumb" and content[32:36] == b"c2pa"
