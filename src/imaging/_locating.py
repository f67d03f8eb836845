"""Find the manifest store in a picture, and exactly which bytes of the file hold it.

One reader for each container, the same for every purpose: what it finds is checked, is what the
C2PA library is given, and is what a signature may leave out. Each walks the file as decoders do, in
linear time. A file that is damaged elsewhere simply has no manifest; a manifest that two readers
could find in two ways is an error.

References
----------
C2PA Technical Specification 2.2, appendix A (embedding manifests).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from indelible.imaging._located import MAX_PARTS, MAX_STORE, TWO_STORES, Located, Span
from indelible.imaging._locating_iso import locate_iso
from indelible.imaging._locating_tiff import locate_tiff

__all__ = ["Segment", "gif_blocks", "joined_blocks", "jpeg_segments", "locate", "png_chunks"]

_APP11: Final = b"\xeb"
_SCAN: Final = 0xDA
_END: Final = 0xD9
_MAX_SUB_BLOCKS: Final = 4_000_000  # of a GIF
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xDA)))  # JPEG markers without a length
# The next byte that is a marker, and not one of the compressed pixels' stuffed bytes or restarts.
_AFTER_SCAN: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_MARKER: Final = re.compile(rb"\xff[\x01-\xfe]")

_SHORT: Final = "the part of the file that holds it is damaged"
_PIECES: Final = "it lies in pieces that are out of order, incomplete, or not next to each other"


def locate(data: bytes) -> Located | None:
    """Return the manifest store of a picture, or of a file that is a bare one; None without one.

    Raises
    ------
    ValueError
        If there is one whose place or extent is ambiguous: there are two, it is not whole, pieces
        are missing, or lengths contradict each other.
    """
    found: Located | None = None
    if data.startswith(b"\xff\xd8") and b"c2pa" in data:
        found = _jpeg(data)
    elif data.startswith(b"\x89PNG\r\n\x1a\n") and b"caBX" in data:
        found = _png(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP" and b"C2PA" in data:
        found = _webp(data)
    elif data.startswith((b"GIF87a", b"GIF89a")) and b"C2PA_GIF" in data:
        found = _gif(data)
    elif data.startswith((b"II", b"MM")):
        found = locate_tiff(data)
    elif data[4:8] == b"ftyp":
        found = locate_iso(data)
    elif data[4:8] == b"jumb":
        found = Located(data, (Span(0, len(data)),))
    if found is not None and len(found.store) > MAX_STORE:
        raise ValueError("it is too large")
    return found


class Segment(NamedTuple):
    """A part of a file that begins with a header: what it is, and where it and its content lie.

    The kind is a JPEG's marker without 0xFF, a PNG chunk's type, or a GIF block's introducer.
    """

    kind: bytes
    start: int
    content: int
    end: int


# --- JPEG ---


def jpeg_segments(data: bytes) -> Iterator[Segment]:
    """Yield a JPEG's segments from its start to the end of its image, as decoders find them.

    Bytes between segments are skipped; a scan's pixels belong to no segment.
    """
    yield Segment(b"\xd8", 0, 2, 2)
    at = 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, at)
        if found is None:
            return
        start = found.start()
        marker = data[start + 1]
        if marker in _ALONE:
            yield Segment(bytes([marker]), start, start + 2, start + 2)
            if marker == _END:
                return
            at = start + 2
            continue
        if start + 4 > len(data):
            return
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if end < start + 4 or end > len(data):
            return
        yield Segment(bytes([marker]), start, start + 4, end)
        at = end
        if marker == _SCAN:
            beyond = _AFTER_SCAN.search(data, at)
            at = len(data) if beyond is None else beyond.start()


def _jpeg(data: bytes) -> Located | None:
    """Put together the APP11 segments of a C2PA box (ISO/IEC 19566-5, annex D).

    Each holds: "JP", a number that all segments of a box share, a sequence number, the box's header
    (repeated in each), and a piece of the box.
    """
    app11 = [item for item in jpeg_segments(data) if item.kind == _APP11]
    firsts = [index for index, item in enumerate(app11) if _begins_store(data, item)]
    if not firsts:
        return None
    if len(firsts) > 1:
        raise ValueError(TWO_STORES)
    first = app11[firsts[0]]
    head = data[first.content : first.content + 16]
    size = int.from_bytes(head[8:12], "big")
    if head[:2] != b"JP" or head[12:] != b"jumb" or not 28 < size <= MAX_STORE:
        raise ValueError(_SHORT)
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


def _begins_store(data: bytes, segment: Segment) -> bool:
    """Whether an APP11 segment begins a C2PA box, in the usual form or with a 64-bit length."""
    content = data[segment.content : min(segment.end, segment.content + 36)]
    if content[24:28] == b"c2pa" and int.from_bytes(content[4:8], "big") <= 1:
        return True
    return content[8:16] == b"\0\0\0\1jumb" and content[32:36] == b"c2pa"


# --- PNG ---


def png_chunks(data: bytes) -> Iterator[Segment]:
    """Yield a PNG's chunks, up to its end or to where it makes no sense."""
    at = 8
    for _ in range(MAX_PARTS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            if kind == b"caBX":
                raise ValueError(_SHORT)
            return
        yield Segment(kind, at, at + 8, end)
        if kind == b"IEND":
            return
        at = end


def _png(data: bytes) -> Located | None:
    chunks = [item for item in png_chunks(data) if item.kind == b"caBX"]
    if not chunks:
        return None
    if len(chunks) > 1:
        raise ValueError(TWO_STORES)
    chunk = chunks[0]
    content = data[chunk.content : chunk.end - 4]
    if len(content) > MAX_STORE or zlib.crc32(content, zlib.crc32(b"caBX")) != int.from_bytes(
        data[chunk.end - 4 : chunk.end], "big"
    ):
        raise ValueError(_SHORT)
    return Located(content, (Span(chunk.start, chunk.end),))


# --- WebP ---


def _webp(data: bytes) -> Located | None:
    found: Located | None = None
    (size,) = struct.unpack_from("<I", data, 4)
    at, stop = 12, min(len(data), 8 + size)
    for _ in range(MAX_PARTS):
        if at + 8 > stop:
            break
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if kind == b"C2PA":
            if found is not None:
                raise ValueError(TWO_STORES)
            if end > stop or length > MAX_STORE or data[end : end + length % 2].strip(b"\0"):
                raise ValueError(_SHORT)
            padding = (Span(end, end + 1),) if length % 2 and end < stop else ()
            found = Located(data[at + 8 : end], (Span(at, end),), padding)
        at = end + length % 2
    return found


# --- GIF ---


def gif_blocks(data: bytes, *, pictures: bool = True) -> Iterator[Segment]:
    """Yield a GIF's blocks, up to its end or to where it makes no sense.

    The kind of a block is its introducer with, in an extension, its label. Without `pictures`, the
    first image ends the walk.
    """
    if len(data) < 13:
        return
    yield Segment(b"GIF", 0, 6, 6)
    at = 13 + _table(data[10])
    yield Segment(b"LSD", 6, 13, at)
    left = _MAX_SUB_BLOCKS
    for _ in range(MAX_PARTS):
        kind = data[at : at + 1]
        content = at + 2
        if kind == b"!":
            kind, chain = data[at : at + 2], content
        elif kind == b"," and pictures and at + 10 <= len(data):
            content = at + 10 + _table(data[at + 9])
            chain = content + 1
        else:
            if kind == b";":
                yield Segment(kind, at, at + 1, at + 1)
            return
        end, left = _after_blocks(data, chain, left)
        if end is None:
            return
        yield Segment(kind, at, content, end)
        at = end


def _table(packed: int) -> int:
    """Return how many bytes of colours follow, by the flags of a descriptor."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, at: int, left: int) -> tuple[int | None, int]:
    """Return where a chain of sub-blocks ends, None if it does not, and how many may follow."""
    size = len(data)
    while at < size and left > 0:
        length = data[at]
        at += 1 + length
        left -= 1
        if not length:
            return at, left
    return None, left


def _gif(data: bytes) -> Located | None:
    # From the first image on, no reader looks for a manifest.
    blocks = [
        item
        for item in gif_blocks(data, pictures=False)
        if item.kind == b"!\xff" and data[item.content + 1 : item.content + 9] == b"C2PA_GIF"
    ]
    if not blocks:
        return None
    if len(blocks) > 1:
        raise ValueError(TWO_STORES)
    block = blocks[0]
    if data[block.content] != 11 or data[block.content + 9 : block.content + 12] != b"\1\0\0":
        raise ValueError(_SHORT)
    if block.end - block.content > MAX_STORE:
        raise ValueError("it is too large")
    store = joined_blocks(data, block.content + 12)
    return Located(store, (Span(block.start, block.end),))


def joined_blocks(data: bytes, at: int) -> bytes:
    """Return what a GIF's chain of sub-blocks holds; it must end inside the data."""
    pieces = []
    while data[at]:
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(pieces)
