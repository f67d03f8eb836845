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
from indelible.imaging._container import damaged, truncated, unsupported
from indelible.imaging.formats import container_of, identify
from indelible.imaging.image_file import ImageFile
from indelible.imaging.structure import gif, iso, jpeg, png, webp
from indelible.imaging.structure.item_table import item_locations
from indelible.imaging.structure.parts import Segment

__all__ = ["difference"]

#: What the part is, for people, and its content.
Part: TypeAlias = "tuple[str, bytes | memoryview]"

_XMP_SEGMENT: Final = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_HAS_XMP: Final = 0x04  # flag of a WebP's VP8X
_CHUNK_HEADER: Final = 8  # bytes of a WebP's chunk
_GIF_NAMES: Final = {b"LSD": "the header", gif.FRAME: "a frame", gif.TRAILER: "the end"}
_C2PA_TAG, _XMP_TAG = 52545, 700
# Tags that hold offsets, and the tags that say how long what lies there is.
_PIECES: Final = {273: 279, 324: 325, 513: 514}
_DIRECTORIES: Final = frozenset({330, 34665, 34853, 40965})
_AT_ONCE: Final = 1 << 16  # bytes compared at once
_MAX_DIRECTORIES: Final = 5_000
_MAX_ENTRIES: Final = 100_000  # of all these directories: twenty each
_MAX_DEPTH: Final = 4
_MAX_BOX_DEPTH: Final = 4  # moov/trak/mdia/minf/stbl


def difference(
    before: ImageFile | bytes, after: ImageFile | bytes, *, xmp: bool = False
) -> str | None:
    """Return in what two files differ, their manifests aside; None where in nothing.

    Parameters
    ----------
    before, after : ImageFile or bytes
        Two files.
    xmp : bool, optional
        Whether the XMP packet may differ, as it does where an address of the manifest is written
        into it.

    Raises
    ------
    UnreadableImageError, UnsupportedImageError
        One of them cannot be taken apart.
    """
    old, new = (
        item if isinstance(item, ImageFile) else ImageFile(item) for item in (before, after)
    )
    container = container_of(old.data)
    if container_of(new.data) != container:
        return "the format"
    parts = _PARTS.get(container or "")
    if parts is None:
        identify(old.data)  # says why not
        return "the format"
    for one, other in itertools.zip_longest(parts(old, xmp), parts(new, xmp)):
        if one is None or other is None:
            return f"{(one or other)[0]} ({'missing' if other is None else 'added'})"
        if one[0] != other[0] or not _same(one[1], other[1]):
            return one[0]
    return None


def _same(one: bytes | memoryview, other: bytes | memoryview) -> bool:
    """Compare piece by piece: views compare byte by byte, which takes 15 times as long."""
    return len(one) == len(other) and all(
        bytes(one[at : at + _AT_ONCE]) == bytes(other[at : at + _AT_ONCE])
        for at in range(0, len(one), _AT_ONCE)
    )


def _jpeg(image: ImageFile, xmp: bool) -> Iterator[Part]:
    data, view = image.data, memoryview(image.data)
    manifest = set(jpeg.store_pieces(data, image.walk.parts))
    at = 0
    for part in image.walk.parts:
        if data.count(b"\xff", at, part.start) != part.start - at:  # markers may be filled with FF
            raise damaged("JPEG", "there is no marker where one should be")
        if part.kind[0] == jpeg.SCAN:
            yield "the picture data", view[part.start :]
            return
        at = part.end
        packet = part.kind == b"\xe1" and data.startswith(_XMP_SEGMENT, part.content)
        if part not in manifest and not (xmp and packet):
            yield f"a segment of type {part.kind[0]:02X}", view[part.content : part.end]
    raise jpeg.problem(image.walk) or truncated("JPEG")


def _png(image: ImageFile, xmp: bool) -> Iterator[Part]:
    data, view = image.data, memoryview(image.data)
    if image.walk.broken is not None:
        raise truncated("PNG")
    for part in image.walk.parts:
        packet = part.kind == b"iTXt" and data.startswith(_XMP_KEYWORD, part.content)
        if part.kind != png.MARK and not (xmp and packet):
            yield f"a chunk {part.kind.decode('latin-1')}", view[part.start : part.end]
    yield "what comes after the end", view[image.walk.end :]


def _webp(image: ImageFile, xmp: bool) -> Iterator[Part]:
    view = memoryview(image.data)
    if image.walk.broken is not None:
        raise truncated("WebP")
    for part in image.walk.parts:
        name = f"a chunk {part.kind.decode('latin-1')}"
        if part.kind == b"VP8X" and xmp and part.content < part.end:
            flags = view[part.content] & ~_HAS_XMP
            yield name, bytes([flags]) + view[part.content + 1 : part.end]
        elif part.kind != webp.MARK and not (xmp and part.kind == b"XMP "):
            yield name, view[part.content : part.end]
    rest = view[image.walk.end :]
    if len(rest) >= _CHUNK_HEADER:  # fewer bytes are no chunk: the C2PA library drops them
        yield "what comes after the end", rest


def _gif(image: ImageFile, xmp: bool) -> Iterator[Part]:
    data, view = image.data, memoryview(image.data)
    if image.walk.broken is not None or image.walk.end < len(data):
        error = gif.problem(data, image.walk)
        if error is not None:
            raise error
    for part in image.walk.parts[1:]:  # behind the version, which extensions raise
        packet = data.startswith(gif.XMP_EXTENSION, part.start)
        if not gif.holds_store(data, part) and not (xmp and packet):
            yield _GIF_NAMES.get(part.kind, "an extension"), view[part.start : part.end]
    yield "what comes after the end", view[image.walk.end :]


def _iso(image: ImageFile, xmp: bool) -> Iterator[Part]:
    data = image.data
    skipped = (iso.C2PA_UUID, iso.XMP_UUID) if xmp else (iso.C2PA_UUID,)
    error = iso.problem(data, image.walk, "HEIF")
    if error is not None:
        raise error
    outer = [
        box
        for box in image.walk.parts
        if not any(iso.has_uuid(data, box, uuid) for uuid in skipped)
    ]
    starts = [box.start for box in outer]

    def place(offset: int) -> bytes:
        """Say where an offset leads: into which box, and how far."""
        index = bisect.bisect_right(starts, offset) - 1
        if index < 0 or offset > outer[index].end:
            return b"nowhere"
        return struct.pack(">IQ", index, offset - outer[index].start)

    inside = iso.Boxes(data)
    for box in outer:
        if box.kind == b"moof":
            raise unsupported("a picture in movie fragments", "Export it as a single file.")
        yield from _box(inside, box, place, box.kind.decode("latin-1"))


def _box(
    boxes: iso.Boxes, box: Segment, place: Callable[[int], bytes], path: str
) -> Iterator[Part]:
    data = boxes.data
    inside = box.content + 4 if box.kind == b"meta" else box.content
    if box.kind in (b"meta", b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        if path.count("/") > _MAX_BOX_DEPTH:
            raise damaged(boxes.title, "its boxes are nested too deeply")
        yield path, memoryview(data)[box.content : inside]
        for child in boxes.between(inside, box.end):
            yield from _box(boxes, child, place, f"{path}/{child.kind.decode('latin-1')}")
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


def _tiff(image: ImageFile, xmp: bool) -> Iterator[Part]:
    data = image.data
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
        self._entries_left = _MAX_ENTRIES
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
        self._entries_left -= _ifd.extent_of(self._data, self._layout, offset).entries
        if self._entries_left < 0:
            raise ValueError("its directories have too many entries")
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


_PARTS: Final[dict[str, Callable[[ImageFile, bool], Iterator[Part]]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "tiff": _tiff,
    "iso": _iso,
}
