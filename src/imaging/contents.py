"""What a file holds beside its manifest, part by part: to see that signing changed nothing else.

Putting a manifest into a file is surgery: what comes behind it moves, and every number in the file
that says where something lies has to move along. Here two files are compared by what a decoder
reaches through those numbers, without decoding: a file whose every part is the same, in the same
order, shows the same pixels in every frame and page.
"""

from __future__ import annotations

import bisect
import itertools
import struct
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from indelible.imaging import _ifd
from indelible.imaging._boxes import Box, boxes, item_locations
from indelible.imaging._container import damaged, truncated, unsupported
from indelible.imaging.formats import identify

__all__ = ["difference"]

#: What the part is, for people, and its content.
Part: TypeAlias = "tuple[str, bytes | memoryview]"

_C2PA_CHUNKS: Final = frozenset({b"caBX", b"C2PA"})
_C2PA_BOX: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP_BOX: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP_SEGMENT: Final = b"http://ns.adobe.com/xap/1.0/\0"
_C2PA_GIF: Final = b"\x21\xff\x0bC2PA_GIF"
_XMP_GIF: Final = b"\x21\xff\x0bXMP Data"
_C2PA_TAG, _XMP_TAG = 52545, 700
# Tags that hold offsets, and the tags that say how long what lies there is.
_PIECES: Final = {273: 279, 324: 325, 513: 514}
_DIRECTORIES: Final = frozenset({330, 34665, 34853, 40965})
_MAX_DIRECTORIES: Final = 10_000
_MAX_DEPTH: Final = 4


def difference(before: bytes, after: bytes, *, xmp: bool = False) -> str | None:
    """Return in what two files differ, their manifests aside; None where in nothing.

    Parameters
    ----------
    before, after : bytes
        Two files.
    xmp : bool, optional
        Whether the XMP packet may differ, as it does where an address of the manifest is written
        into it.

    Raises
    ------
    UnreadableImageError, UnsupportedImageError
        One of them cannot be taken apart.
    """
    name = _format(before)
    if _format(after) != name:
        return "the format"
    parts = _PARTS[name]
    for old, new in itertools.zip_longest(parts(before, xmp), parts(after, xmp)):
        if old is None or new is None:
            return f"{(old or new)[0]} ({'missing' if new is None else 'added'})"
        if old[0] != new[0] or old[1] != new[1]:
            return old[0]
    return None


def _format(data: bytes) -> str:
    """Return the format; one name for all that is made of boxes, whatever the codec."""
    return "heic" if data[4:8] == b"ftyp" else identify(data)


def _jpeg(data: bytes, xmp: bool) -> Iterator[Part]:
    manifests: set[bytes] = set()  # the numbers of the boxes that hold them
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data):
            raise truncated("JPEG")
        if data[at] != 0xFF:
            raise damaged("JPEG", "there is no marker where one should be")
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            yield "the picture data", memoryview(data)[at:]
            return
        body = memoryview(data)[at + 4 : end]
        at = end
        if marker == 0xEB and bytes(body[:2]) == b"JP":
            number = bytes(body[2:4])
            if bytes(body[4:8]) == b"\0\0\0\1" and b"c2pa" in bytes(body[8:80]):
                manifests.add(number)
            if number in manifests:
                continue
        packet = marker == 0xE1 and bytes(body[: len(_XMP_SEGMENT)]) == _XMP_SEGMENT
        if not (xmp and packet):
            yield f"a segment of type {marker:02X}", body


def _png(data: bytes, xmp: bool) -> Iterator[Part]:
    at = 8
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            raise truncated("PNG")
        packet = xmp and kind == b"iTXt" and data.startswith(b"XML:com.adobe.xmp", at + 8)
        if kind not in _C2PA_CHUNKS and not packet:
            yield f"a chunk {kind.decode('latin-1')}", memoryview(data)[at:end]
        at = end
        if kind == b"IEND":
            break
    yield "what comes after the end", memoryview(data)[at:]


def _webp(data: bytes, xmp: bool) -> Iterator[Part]:
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size
        body = memoryview(data)[at + 8 : end]
        at = end + size % 2
        if xmp and kind == b"VP8X":
            body = memoryview(bytes([body[0] & ~4]) + bytes(body[1:]))  # "has XMP"
        if kind not in _C2PA_CHUNKS and not (xmp and kind == b"XMP "):
            yield f"a chunk {kind.decode('latin-1')}", body


def _gif(data: bytes, xmp: bool) -> Iterator[Part]:
    if len(data) < 13:
        raise truncated("GIF")
    at = 13 + _gif_table(data[10])
    yield "the header", memoryview(data)[6:at]  # behind the version, which extensions raise
    while at < len(data) and data[at] != 0x3B:
        start = at
        if data[at] == 0x2C and at + 10 <= len(data):
            at += 11 + _gif_table(data[at + 9])
        elif data[at] == 0x21:
            at += 2
        else:
            raise damaged("GIF", "there is no block where one should be")
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
        if at > len(data):
            raise truncated("GIF")
        if data.startswith(_C2PA_GIF, start) or (xmp and data.startswith(_XMP_GIF, start)):
            continue
        yield "a frame" if data[start] == 0x2C else "an extension", memoryview(data)[start:at]
    yield "what comes after the end", memoryview(data)[at:]


def _gif_table(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _iso(data: bytes, xmp: bool) -> Iterator[Part]:
    skipped = {_C2PA_BOX, _XMP_BOX} if xmp else {_C2PA_BOX}
    outer = [
        box
        for box in boxes(data, 0, len(data))
        if not (box.kind == b"uuid" and data[box.content : box.content + 16] in skipped)
    ]
    starts = [box.start for box in outer]

    def place(offset: int) -> bytes:
        """Say where an offset leads: into which box, and how far."""
        index = bisect.bisect_right(starts, offset) - 1
        if index < 0 or offset > outer[index].end:
            return b"nowhere"
        return struct.pack(">IQ", index, offset - outer[index].start)

    for box in outer:
        if box.kind == b"moof":
            raise unsupported("a picture in movie fragments", "Export it as a single file.")
        yield from _box(data, box, place, box.kind.decode("latin-1"))


def _box(data: bytes, box: Box, place: Callable[[int], bytes], path: str) -> Iterator[Part]:
    inside = box.content + 4 if box.kind == b"meta" else box.content
    if box.kind in (b"meta", b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        yield path, memoryview(data)[box.content : inside]
        for child in boxes(data, inside, box.end):
            yield from _box(data, child, place, f"{path}/{child.kind.decode('latin-1')}")
    elif box.kind == b"iloc":
        for item in item_locations(data, box):
            for extent in item.extents:
                offset = item.base + extent.offset
                where = str(offset).encode() if item.method else place(offset)
                yield f"{path}, item {item.id}", where + b" %d" % extent.length
    elif box.kind in (b"stco", b"co64"):
        size = 4 if box.kind == b"stco" else 8
        for at in range(box.content + 8, box.end - size + 1, size):
            yield f"{path}, the frames", place(int.from_bytes(data[at : at + size], "big"))
    else:
        yield path, memoryview(data)[box.content : box.end]


def _tiff(data: bytes, xmp: bool) -> Iterator[Part]:
    layout = _ifd.read_layout(data)
    if layout is None:
        raise damaged("TIFF", "its header is wrong")
    skipped = {_C2PA_TAG, _XMP_TAG} if xmp else {_C2PA_TAG}
    room = [_MAX_DIRECTORIES, 2 * len(data) + 1_000_000]
    seen: set[int] = set()
    offset = layout.first
    while offset and offset not in seen:
        seen.add(offset)
        yield f"page {len(seen)}", b""
        yield from _directory(data, layout, offset, skipped, room, f"page {len(seen)}", 0)
        offset = _next_directory(data, layout, offset)
    yield ("the end of the pages" if not offset else "a chain of pages without an end"), b""


def _directory(
    data: bytes,
    layout: _ifd.Layout,
    offset: int,
    skipped: set[int],
    room: list[int],
    title: str,
    depth: int,
) -> Iterator[Part]:
    """Yield the tags of a directory, and what they lead to."""
    room[0] -= 1
    if room[0] < 0 or depth > _MAX_DEPTH:
        raise damaged("TIFF", "it has too many directories")
    try:
        entries = _ifd.read_directory(data, layout, offset, max_bytes=max(room[1], 0)).entries
    except ValueError as error:
        raise damaged("TIFF", str(error)) from error
    tags = {entry.tag: entry for entry in entries}
    for entry in entries:
        if entry.tag in skipped:
            continue
        room[1] -= len(entry.value)
        name = f"{title}, tag {entry.tag}"
        if entry.tag in _PIECES:
            sizes = tags.get(_PIECES[entry.tag])
            lengths = sizes.integers(layout.order) if sizes is not None else ()
            places = entry.integers(layout.order)
            for at, length in itertools.zip_longest(places, lengths, fillvalue=0):
                room[1] -= max(length, 0)
                if room[1] < 0:
                    raise damaged("TIFF", "its picture data overlap")
                yield name, memoryview(data)[max(at, 0) : max(at, 0) + max(length, 0)]
        elif entry.tag in _DIRECTORIES and entry.integers(layout.order):
            for at in entry.integers(layout.order):
                yield from _directory(data, layout, at, skipped, room, name, depth + 1)
        else:
            yield name, entry.value


def _next_directory(data: bytes, layout: _ifd.Layout, offset: int) -> int:
    number, entry_size, link = ("Q", 20, "Q") if layout.big else ("H", 12, "I")
    try:
        (count,) = struct.unpack_from(layout.order + number, data, offset)
        end = offset + struct.calcsize(layout.order + number) + count * entry_size
        (following,) = struct.unpack_from(layout.order + link, data, end)
    except struct.error:
        raise truncated("TIFF", "a page is missing") from None
    return int(following)


_PARTS: Final[dict[str, Callable[[bytes, bool], Iterator[Part]]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "tiff": _tiff,
    "heic": _iso,
}
