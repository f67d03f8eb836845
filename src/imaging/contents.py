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
    reader = _Directories(data, layout, skipped)
    following: int | None = 0
    try:
        for number, extent in enumerate(_ifd.walk(data, layout), 1):
            yield f"page {number}", b""
            yield from reader.parts(extent.at, f"page {number}")
            following = extent.following
    except ValueError as error:
        raise damaged("TIFF", str(error)) from error
    yield ("a chain of pages without an end" if following else "the end of the pages"), b""


class _Directories:
    """Yields what directories and those below them hold; as much as a file of this size can."""

    def __init__(self, data: bytes, layout: _ifd.Layout, skipped: set[int]) -> None:
        self._data = data
        self._layout = layout
        self._skipped = skipped
        self._directories_left = _MAX_DIRECTORIES
        self._bytes_left = 2 * len(data) + 1_000_000

    def parts(self, offset: int, title: str, depth: int = 0) -> Iterator[Part]:
        """Yield the tags of a directory, and what they lead to.

        Raises
        ------
        ValueError
            A directory is damaged, or there is more of them than the file can hold.
        """
        self._directories_left -= 1
        if self._directories_left < 0 or depth > _MAX_DEPTH:
            raise ValueError("it has too many directories")
        room = max(self._bytes_left, 0)
        directory = _ifd.read_directory(self._data, self._layout, offset, max_bytes=room)
        for entry in directory.entries:
            if entry.tag in self._skipped:
                continue
            name = f"{title}, tag {entry.tag}"
            self._take(len(entry.value))
            if entry.tag in _PIECES:
                lengths = directory.integers(_PIECES[entry.tag])
                places = entry.integers(directory.order)
                for at, length in itertools.zip_longest(places, lengths, fillvalue=0):
                    self._take(max(length, 0))
                    yield name, memoryview(self._data)[max(at, 0) : max(at, 0) + max(length, 0)]
            elif entry.tag in _DIRECTORIES and (below := entry.integers(directory.order)):
                for at in below:
                    yield from self.parts(at, name, depth + 1)
            else:
                yield name, entry.value

    def _take(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise ValueError("its picture data overlap")


_PARTS: Final[dict[str, Callable[[bytes, bool], Iterator[Part]]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "tiff": _tiff,
    "heic": _iso,
}
