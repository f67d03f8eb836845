"""Headers: what is read, what is refused, and that nothing is decoded for it."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indelible import imaging
from indelible.errors import (
    ImageTooLargeError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.imaging import Limits
from indelible.imaging._ifd import Entry, Layout, read_directory, read_layout
from indelible.imaging._ifd_writing import write_directory
from tests.imaging import hostile, pictures

FORMATS = ["jpeg", "png", "webp", "avif", "tiff", "gif"]


def bare_png(
    width: int, height: int, *, depth: int = 8, colour: int = 2, idat: bytes = b"x"
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        hostile.png_chunk(kind, body)
        for kind, body in ((b"IHDR", header), (b"IDAT", idat), (b"IEND", b""))
    )


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_says_what_the_file_is(format_: str, channels: int) -> None:
    pixels = pictures.scene(40, 56, channels)
    if channels == 4:
        pixels[..., 3] = np.where(pixels[..., 3] > 0, 255, 0)
        pixels[0, 0, 3] = 0
    fitting = imaging.conform(pixels, imaging.Metadata(), format_)
    header = imaging.read_header(imaging.encode(fitting.pixels, format_))
    assert (header.format, header.width, header.height) == (format_, 56, 40)
    assert (header.frames, header.animated) == (1, False)
    assert header.bit_depth == 8 or format_ == "gif"  # whose palette is as small as can be
    expected = {1: "L", 3: "RGB", 4: "RGBA"}[fitting.pixels.shape[2] if channels > 1 else 1]
    special = {"webp": {"L": "RGB"}, "gif": {"L": "P", "RGB": "P", "RGBA": "PA"}}
    assert header.mode == special.get(format_, {}).get(expected, expected)


@pytest.mark.parametrize(
    ("mode", "expected", "depth"),
    [("1", "L", 1), ("P", "P", 1), ("LA", "LA", 8), ("I;16", "L", 16), ("RGBA", "RGBA", 8)],
)
def test_png_kinds(mode: str, expected: str, depth: int) -> None:
    data = pictures.saved(Image.new(mode, (16, 16)), "PNG")
    header = imaging.read_header(data)
    assert (header.mode, header.bit_depth) == (expected, depth)


@pytest.mark.parametrize("format_", ["gif", "webp", "png", "avif", "tiff"])
def test_counts_frames(format_: str) -> None:
    frames = [Image.fromarray(pictures.scene() // np.uint8(n + 1)) for n in range(3)]
    data = pictures.saved(frames[0], format_.upper(), save_all=True, append_images=frames[1:])
    header = imaging.read_header(data)
    assert header.frames == 3
    assert header.animated
    picture = imaging.decode(data)
    assert picture.pixels.shape == (48, 64, 3)
    assert any(f"3 {'pages' if format_ == 'tiff' else 'frames'}" in note for note in picture.notes)
    with pytest.raises(ImageTooLargeError, match="frames"):
        imaging.read_header(data, limits=Limits(max_frames=2))


@pytest.mark.parametrize("format_", FORMATS)
def test_limit_on_pixels(format_: str) -> None:
    data = imaging.encode(pictures.scene(50, 40), format_)
    imaging.read_header(data, limits=Limits(max_pixels=2000))
    for read in (imaging.read_header, imaging.decode):
        with pytest.raises(ImageTooLargeError, match="40 x 50 px"):
            read(data, limits=Limits(max_pixels=1999))


def test_limit_on_decoded_bytes() -> None:
    """A camera's 100 megapixels pass; what its decoder holds four channels of does not."""
    camera = imaging.Header("jpeg", 11_648, 8_584, 1, "RGB", 8)
    size_of = attrgetter("width", "height", "decoded_channels")
    Limits().check_decoded(*size_of(camera))
    for other in (replace(camera, mode="RGBA"), replace(camera, format="webp")):
        with pytest.raises(ImageTooLargeError, match="320 MiB"):
            Limits().check_decoded(*size_of(other))
    size = struct.pack("<I", 12_000 - 1 | 8_000 - 1 << 14)
    stream = b"\x2f" + size + bytes.fromhex("0750ad26d4a8ff8188e87f0000")
    chunk = b"VP8L" + struct.pack("<I", len(stream)) + stream
    flat = b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
    with pytest.raises(ImageTooLargeError, match="decoded"):
        imaging.decode(flat)


def test_counts_are_limited() -> None:
    """What no real file has is refused, however little each of it costs."""
    plain = imaging.encode(pictures.scene(8, 8), "gif")
    body = plain.index(b"\x2c")
    with pytest.raises(UnreadableImageError, match="blocks"):
        imaging.read_header(plain[:body] + b"\x21\xfe\0" * 100_001 + plain[body:])
    avif = bytearray(imaging.encode(pictures.scene(8, 8), "avif"))
    at = avif.index(b"iloc")
    struct.pack_into(">H", avif, at + 10, 20_000)
    with pytest.raises(UnreadableImageError, match="items"):
        imaging.read_header(bytes(avif))


def test_tiff_parts_are_counted_before_they_are_listed() -> None:
    file = io.BytesIO()
    Image.fromarray(pictures.scene(40, 8, 1)).save(file, "TIFF")
    entries = {entry.tag: entry for entry in _entries(file.getvalue())}

    def changed(*changes: Entry) -> bytes:
        every = entries | {entry.tag: entry for entry in changes}
        block, first = write_directory(every.values(), Layout("<", False, 0), len(file.getvalue()))
        return b"II*\0" + struct.pack("<I", first) + file.getvalue()[8:] + block

    def number(tag: int, *values: int) -> Entry:
        return Entry(tag, 4, len(values), struct.pack(f"<{len(values)}I", *values))

    imaging.read_header(changed())
    with pytest.raises(UnreadableImageError, match="missing"):
        imaging.read_header(changed(number(257, 1_000_000), number(256, 1), number(278, 1)))
    tiles = (number(323, 2_000), number(324, 8), number(325, 16_000_000))
    with pytest.raises(UnreadableImageError, match="larger than its picture"):
        imaging.read_header(changed(number(322, 8_000), *tiles))
    rows = [number(278, 1), number(259, 8), number(273, *[8] * 40)]
    with pytest.raises(UnreadableImageError, match="over each other"):
        imaging.read_header(changed(*rows, number(279, *[10_000_000] * 40)) + bytes(11_000_000))


def _entries(tiff: bytes) -> list[Entry]:
    layout = read_layout(tiff)
    assert layout is not None
    return read_directory(tiff, layout, layout.first, max_bytes=10_000).entries


def test_damaged_metadata_count_as_what_they_decompress_to() -> None:
    pieces = hostile.png_chunks(imaging.encode(pictures.scene(8, 8), "png"))
    bomb = hostile.png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000))[:-4])
    pieces[2:2] = [bomb] * 4
    data = b"".join(pieces)
    imaging.read_header(data, limits=Limits(max_metadata_bytes=1_300_000))
    with pytest.raises(ImageTooLargeError, match="metadata"):
        imaging.read_header(data, limits=Limits(max_metadata_bytes=1_000_000))


def test_bombs_are_refused_from_the_header_alone() -> None:
    with pytest.raises(ImageTooLargeError, match="30000 x 30000 px"):
        imaging.decode(bare_png(30_000, 30_000))
    with pytest.raises(ImageTooLargeError, match="30000 x 30000 px"):
        imaging.decode(bare_png(30_000, 30_000)[:40])  # limits come before completeness
    jpeg = bytearray(imaging.encode(pictures.scene(), "jpeg"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(ImageTooLargeError, match="60000 x 60000 px"):
        imaging.decode(bytes(jpeg))
    gif = bytearray(imaging.encode(pictures.scene(), "gif"))
    gif[6:10] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(ImageTooLargeError):
        imaging.decode(bytes(gif))
    webp = hostile.riff_file(hostile.riff_chunk(b"VP8L", b"\x2f\xff\xff\xff\x0f\x00"))
    with pytest.raises(ImageTooLargeError, match="16384 x 16384 px"):
        imaging.decode(webp)


def test_more_is_announced_than_the_data_can_hold() -> None:
    """Files with tiny data that would decode to hundreds of megabytes are known to be cut short."""
    with pytest.raises(UnreadableImageError, match="far less data"):
        imaging.read_header(bare_png(9_000, 9_000))
    jpeg = bytearray(imaging.encode(pictures.scene(), "jpeg"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 9_000, 9_000)
    with pytest.raises(UnreadableImageError, match="far less data"):
        imaging.read_header(bytes(jpeg))


def test_avif_data_are_larger_than_their_box_says() -> None:
    """The decoder would decode all of it, and scale it down afterwards."""
    data = bytearray(imaging.encode(pictures.scene(64, 64), "avif"))
    at = data.index(b"ispe")
    struct.pack_into(">II", data, at + 8, 8, 8)
    assert imaging.read_header(bytes(data)).width == 8
    with pytest.raises(ImageTooLargeError, match="64 x 64 px"):
        imaging.read_header(bytes(data), limits=Limits(max_pixels=1_000))


def test_zero_sides() -> None:
    with pytest.raises(UnreadableImageError, match="0 x 5"):
        imaging.read_header(bare_png(0, 5))


def test_limit_on_bytes() -> None:
    data = imaging.encode(pictures.scene(), "png")
    with pytest.raises(ImageTooLargeError, match="bytes"):
        imaging.read_header(data, limits=Limits(max_bytes=100))


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_metadata_are_limited(kind: bytes) -> None:
    bomb = zlib.compress(bytes(40_000_000), 9)
    body = {b"zTXt": b"k\0\0", b"iTXt": b"k\0\1\0\0\0", b"iCCP": b"p\0\0"}[kind] + bomb
    pieces = hostile.png_chunks(imaging.encode(pictures.scene(), "png"))
    pieces.insert(2, hostile.png_chunk(kind, body))
    with pytest.raises(ImageTooLargeError, match="metadata"):
        imaging.read_header(b"".join(pieces))


def test_metadata_are_limited_in_sum() -> None:
    pieces = hostile.png_chunks(imaging.encode(pictures.scene(), "png"))
    body = b"k\0\0" + zlib.compress(bytes(6_000_000), 9)
    pieces[2:2] = [hostile.png_chunk(b"zTXt", body)] * 3
    with pytest.raises(ImageTooLargeError, match="metadata"):
        imaging.read_header(b"".join(pieces))
    jpeg = hostile.jpeg_segments(imaging.encode(pictures.scene(), "jpeg"))
    jpeg[1:1] = [hostile.jpeg_segment(0xE1, b"Exif\0\0" + bytes(60_000))] * 4
    with pytest.raises(ImageTooLargeError, match="metadata"):
        imaging.read_header(b"".join(jpeg), limits=Limits(max_metadata_bytes=200_000))


def test_endless_structures_are_refused() -> None:
    png = hostile.png_chunks(imaging.encode(pictures.scene(), "png"))
    png[2:2] = [hostile.png_chunk(b"vpAg", b"")] * 250_000
    with pytest.raises(UnreadableImageError, match="chunks"):
        imaging.read_header(b"".join(png))
    jpeg = hostile.jpeg_segments(imaging.encode(pictures.scene(), "jpeg"))
    jpeg[1:1] = [hostile.jpeg_segment(0xFE, b"")] * 30_000
    with pytest.raises(UnreadableImageError, match="segments"):
        imaging.read_header(b"".join(jpeg))
    gif = imaging.encode(pictures.scene(), "gif")
    with pytest.raises(UnreadableImageError, match="blocks"):
        imaging.read_header(gif[:-1] + b"\x21\x01" + b"\x01\x00" * 900_000)


def test_many_scans_are_refused() -> None:
    data = pictures.saved(Image.fromarray(pictures.scene()), "JPEG", progressive=True)
    pieces = hostile.jpeg_segments(data)
    scan = next(n for n in reversed(range(len(pieces))) if pieces[n][:2] == b"\xff\xda")
    pieces[scan:scan] = pieces[scan : scan + 2] * 200
    with pytest.raises(UnreadableImageError, match="scans"):
        imaging.read_header(b"".join(pieces))


def test_tiff_directories_in_a_circle() -> None:
    data = bytearray(pictures.saved(Image.fromarray(pictures.scene()), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    assert imaging.read_header(bytes(data)).frames == 1


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", UnreadableImageError, "empty"),
        (b"hello, this is no picture\n", UnreadableImageError, "looks like text"),
        (b"<!DOCTYPE html><html>not found</html>", UnreadableImageError, "web page"),
        (b"<svg xmlns='x'/>", UnsupportedImageError, "SVG"),
        (b"%PDF-1.7 ...", UnreadableImageError, "PDF"),
        (b"PK\x03\x04........", UnreadableImageError, "ZIP"),
        (b"BM" + bytes(60), UnsupportedImageError, "BMP"),
        (b"P6\n2 1\n255\nabcdef", UnsupportedImageError, "PNM"),
        (b"P2 of the text", UnreadableImageError, "text"),
        (b"\0\0\2" + bytes(60), UnsupportedImageError, "TGA"),
        (b"\0\0\2\0\1\0" + bytes(60), UnsupportedImageError, "CUR"),
        (b"\xff\x0a" + bytes(60), UnsupportedImageError, "JPEG XL"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", UnsupportedImageError, "JPEG 2000"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(20), UnreadableImageError, "video"),
        (b"\x00\x00\x00\x14ftypmif1\0\0\0\0vvic", UnsupportedImageError, "codec"),
        (bytes(range(1, 60)), UnreadableImageError, "not an image"),
        (b"\xff\xd8\xff", UnreadableImageError, "cut short"),
        (b"\x89PNG\r\n\x1a\n", UnreadableImageError, "cut short"),
        (b"RIFF\x04\0\0\0WEBP", UnreadableImageError, "cut short"),
        (b"GIF89a", UnreadableImageError, "cut short"),
        (b"II*\0\x08\0\0\0", UnreadableImageError, "cut short"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, error: type[Exception], words: str) -> None:
    for read in (imaging.read_header, imaging.decode):
        with pytest.raises(error, match=words) as caught:
            read(data)
        assert getattr(caught.value, "hint", None)


def test_content_decides_the_format() -> None:
    png = imaging.encode(pictures.scene(), "png")
    assert imaging.identify(png) == "png"
    picture = imaging.decode(png, name=Path("holiday.JPG"))
    assert picture.format == "png"
    assert any("name says JPEG" in note for note in picture.notes)
    assert not imaging.decode(png, name="holiday.png").notes


def test_formats_and_suffixes() -> None:
    assert imaging.format_from_suffix("a/b.JPEG") == "jpeg"
    assert imaging.format_from_suffix(Path("x.tif")) == "tiff"
    assert imaging.format_from_suffix("noname") is None
    assert imaging.format_from_suffix("x.bmp") is None
    assert imaging.media_type("avif") == "image/avif"
    with pytest.raises(UnsupportedImageError, match="bmp"):
        imaging.media_type("bmp")
    for format_ in imaging.FORMATS.values():
        assert all(imaging.format_from_suffix("a" + s) == format_.name for s in format_.suffixes)


def test_a_side_has_a_limit_of_its_own() -> None:
    """Codecs keep a pointer for each row."""
    for width, height in ((1, 1_000_001), (1_000_001, 1)):
        with pytest.raises(ImageTooLargeError, match="a side may have 1,000,000 px"):
            Limits().check_size(width, height)
    Limits().check_size(1, 1_000_000)


@pytest.mark.parametrize("tolerant", [False, True])
def test_offsets_and_counts_of_64_bits_are_no_index(tolerant: bool) -> None:
    data = pictures.tiff(pictures.scene(8, 8), big=True)
    (first,) = struct.unpack_from("<Q", data, 8)
    (count,) = struct.unpack_from("<Q", data, first)
    link = first + 8 + 20 * count
    far = data[:link] + struct.pack("<Q", 2**64 - 20)  # where the next page is said to be
    with pytest.raises(UnreadableImageError):
        imaging.read_header(far, tolerant=tolerant)
    many = data[:link] + struct.pack("<Q", len(data)) + struct.pack("<Q", 2**62)
    with pytest.raises(UnreadableImageError):
        imaging.read_header(many, tolerant=tolerant)
