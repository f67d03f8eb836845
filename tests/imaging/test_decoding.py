"""Decoding: orientation, colour, transparency, bit depths, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from indelible import imaging
from indelible.errors import ImageTooLargeError, UnreadableImageError, UnsupportedImageError
from indelible.imaging import ImageFile
from indelible.imaging.exif import clean_exif
from tests.imaging import hostile, pictures


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_and_reset(orientation: int, order: str, format_: str) -> None:
    image = Image.fromarray(pictures.scene(40, 64))
    block = pictures.exif(orientation, order)
    options = {"exif": b"Exif\0\0" + block, "quality": 95, "lossless": True}
    if format_ == "TIFF":
        options = {"tiffinfo": {271: "Maker", 274: orientation}}
    data = pictures.saved(image, format_, **options)
    picture = imaging.decode(data)
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.flags.writeable
    assert (picture.header.width, picture.header.height) == (64, 40)
    assert picture.metadata.exif is not None
    kept = pictures.read_exif(picture.metadata.exif)
    assert kept[274] == 1
    assert kept[271].rstrip("\0") == "Maker"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_avif(orientation: int) -> None:
    image = Image.fromarray(pictures.scene(40, 64))
    data = pictures.saved(image, "AVIF", exif=pictures.exif(orientation), quality=95)
    picture = imaging.decode(data)
    with Image.open(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(picture.pixels, np.asarray(ImageOps.exif_transpose(opened)))


def test_a_damaged_exif_block_is_left_out() -> None:
    image = Image.fromarray(pictures.scene())
    picture = imaging.decode(pictures.saved(image, "JPEG", exif=b"Exif\0\0garbage"))
    assert picture.metadata.exif is None
    assert any("EXIF" in note for note in picture.notes)


def test_the_thumbnail_is_unlinked() -> None:
    block = bytearray(pictures.exif(6))
    struct.pack_into("<I", block, 8 + 2 + 3 * 12, 8)  # a successor: the main directory once more
    image = Image.fromarray(pictures.scene())
    picture = imaging.decode(pictures.saved(image, "JPEG", exif=b"Exif\0\0" + block))
    assert any("preview" in note for note in picture.notes)
    kept = picture.metadata.exif
    assert kept is not None
    assert struct.unpack_from("<I", kept, 8 + 2 + 3 * 12) == (0,)


@pytest.mark.parametrize(
    ("mode", "format_", "shape"),
    [
        ("1", "PNG", (48, 64)),
        ("1", "TIFF", (48, 64)),
        ("L", "PNG", (48, 64)),
        ("LA", "PNG", (48, 64, 4)),
        ("LA", "TIFF", (48, 64, 4)),
        ("P", "PNG", (48, 64, 3)),
        ("P", "TIFF", (48, 64, 3)),
        ("P", "GIF", (48, 64, 3)),
        ("RGB", "TIFF", (48, 64, 3)),
        ("RGBA", "PNG", (48, 64, 4)),
        ("RGBA", "TIFF", (48, 64, 4)),
        ("YCbCr", "TIFF", (48, 64, 3)),
    ],
)
def test_kinds_of_pixels(mode: str, format_: str, shape: tuple[int, ...]) -> None:
    source = Image.fromarray(pictures.scene(channels=4 if "A" in mode else 3))
    image = source.convert(mode)
    picture = imaging.decode(pictures.saved(image, format_))
    expected = image.convert({2: "L", 3: "RGBA" if shape[-1] == 4 else "RGB"}[len(shape)])
    np.testing.assert_array_equal(picture.pixels, np.asarray(expected))
    assert picture.pixels.shape == shape
    assert not picture.notes


def test_a_palette_with_transparency_becomes_rgba() -> None:
    image = Image.fromarray(pictures.scene()).quantize(16)
    picture = imaging.decode(pictures.saved(image, "PNG", transparency=bytes(range(0, 256, 16))))
    assert picture.header.mode == "PA"
    assert picture.pixels.shape == (48, 64, 4)
    np.testing.assert_array_equal(picture.pixels[..., 3], np.asarray(image) * 16)


@pytest.mark.parametrize(("depth", "key"), [(1, 1), (2, 2), (4, 9), (8, 77)])
def test_one_transparent_grey(depth: int, key: int) -> None:
    """A PNG file may name one value that is transparent, in units of its own depth."""
    values = np.arange(64, dtype=np.uint8).reshape(8, 8) & np.uint8((1 << depth) - 1)
    values[0, 0] = key
    bits = np.unpackbits(values[..., None], axis=-1)[..., 8 - depth :]
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    header = struct.pack(">IIBBBBB", 8, 8, depth, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        hostile.png_chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"tRNS", struct.pack(">H", key)),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
    picture = imaging.decode(data)
    np.testing.assert_array_equal(picture.pixels[..., 0], values * (255 // ((1 << depth) - 1)))
    np.testing.assert_array_equal(picture.pixels[..., 3], np.where(values == key, 0, 255))


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey(format_: str) -> None:
    deep = (np.arange(48 * 64, dtype=np.uint16) * 21).reshape(48, 64)
    picture = imaging.decode(pictures.saved(Image.fromarray(deep), format_))
    assert picture.header.bit_depth == 16
    np.testing.assert_array_equal(picture.pixels, (deep >> 8).astype(np.uint8))
    assert picture.notes == ("16 bits per channel were reduced to 8.",)


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_of_colour(channels: int) -> None:
    shallow = pictures.scene(8, 9, channels)
    deep = shallow.astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    header = struct.pack(">IIBBBBB", 9, 8, 16, 2 if channels == 3 else 6, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        hostile.png_chunk(kind, body)
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    picture = imaging.decode(data)
    np.testing.assert_array_equal(picture.pixels, shallow)
    assert picture.notes == ("16 bits per channel were reduced to 8.",)


@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(format_: str) -> None:
    image = Image.fromarray(pictures.scene()).convert("CMYK")
    data = pictures.saved(image, format_, icc_profile=pictures.cmyk_profile())
    picture = imaging.decode(data)
    assert picture.header.mode == "CMYK"
    assert picture.pixels.shape == (48, 64, 3)
    assert np.ptp(picture.pixels.astype(int), axis=-1).max() <= 2  # the profile knows only grey
    assert np.ptp(picture.pixels[..., 0]) > 50
    assert picture.metadata.icc_profile is None
    assert picture.notes == ("CMYK was converted to sRGB (with the file's colour profile).",)


@pytest.mark.parametrize("profile", [None, b"damaged" * 40, pictures.SRGB_PROFILE])
def test_cmyk_without_a_profile_that_fits(profile: bytes | None) -> None:
    image = Image.fromarray(pictures.scene()).convert("CMYK")
    picture = imaging.decode(pictures.saved(image, "JPEG", quality=95, icc_profile=profile))
    assert picture.metadata.icc_profile is None
    assert any("without a profile" in note for note in picture.notes)
    error = np.abs(picture.pixels.astype(int) - pictures.scene())
    assert error.mean() < 8


def test_icc_profile_is_kept() -> None:
    image = Image.fromarray(pictures.scene())
    for format_ in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
        data = pictures.saved(image, format_, icc_profile=pictures.SRGB_PROFILE)
        assert imaging.decode(data).metadata.icc_profile == pictures.SRGB_PROFILE


def test_a_profile_for_other_channels_is_left_out() -> None:
    image = Image.fromarray(pictures.scene(channels=1))
    picture = imaging.decode(pictures.saved(image, "PNG", icc_profile=pictures.SRGB_PROFILE))
    assert picture.metadata.icc_profile is None
    assert any("ICC profile is for RGB" in note for note in picture.notes)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = imaging.decode(pictures.saved(image, "PNG", icc_profile=lab))
    assert any("something else" in note for note in picture.notes)


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_tiff_of_other_numbers_is_refused(mode: str) -> None:
    image = Image.new("RGB", (8, 8)).convert("LAB") if mode == "LAB" else Image.new(mode, (8, 8))
    with pytest.raises(UnsupportedImageError, match="TIFF") as caught:
        imaging.decode(pictures.saved(image, "TIFF"))
    assert "8" in str(caught.value.hint)


def test_jpeg_of_twelve_bits_is_refused() -> None:
    data = bytearray(imaging.encode(pictures.scene(), "jpeg"))
    data[data.index(b"\xff\xc0") + 4] = 12
    with pytest.raises(UnsupportedImageError, match="12 bits"):
        imaging.decode(bytes(data))


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"]
)
def test_tiff_compressions_and_their_truncations(compression: str) -> None:
    image = Image.fromarray(pictures.scene(64, 64))
    data = pictures.saved(image, "TIFF", compression=compression)
    np.testing.assert_array_equal(imaging.decode(data).pixels, pictures.pillow_pixels(data))
    layout_first = struct.unpack_from("<I", data, 4)[0]
    if layout_first > 1000:  # the directory lies behind the data: shorten a strip instead
        (count,) = struct.unpack_from("<H", data, layout_first)
        for at in range(layout_first + 2, layout_first + 2 + 12 * count, 12):
            tag, _, values, size = struct.unpack_from("<HHII", data, at)
            if tag == 279 and values == 1:
                cut = bytearray(data)
                struct.pack_into("<I", cut, at + 8, size // 2)
                with pytest.raises(UnreadableImageError):
                    imaging.decode(bytes(cut))


def test_big_tiff_and_tiles() -> None:
    tifffile = pytest.importorskip("tifffile")
    pixels = pictures.scene(70, 90)
    for options in (
        {"bigtiff": True},
        {"tile": (32, 32)},
        {"byteorder": ">"},
        {"planarconfig": "separate"},
    ):
        buffer = io.BytesIO()
        data = np.moveaxis(pixels, -1, 0) if "planarconfig" in options else pixels
        tifffile.imwrite(buffer, data, photometric="rgb", **options)
        np.testing.assert_array_equal(imaging.decode(buffer.getvalue()).pixels, pixels)


@pytest.mark.parametrize("interlaced", [False, True])
def test_png_with_rows_missing(interlaced: bool) -> None:
    """The compressed stream is sound and ends early; Pillow alone would show black rows."""
    rows = b"".join(b"\0" + row.tobytes() for row in pictures.scene(48, 64))
    header = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, int(interlaced))
    for end in (len(rows) // 2, len(rows) - 193):
        data = b"\x89PNG\r\n\x1a\n" + b"".join(
            hostile.png_chunk(kind, body)
            for kind, body in (
                (b"IHDR", header),
                (b"IDAT", zlib.compress(rows[:end])),
                (b"IEND", b""),
            )
        )
        with pytest.raises(UnreadableImageError, match="cut short"):
            imaging.decode(data)


def test_a_black_picture_is_not_taken_for_a_cut_one() -> None:
    black = np.zeros((20, 30, 3), np.uint8)
    np.testing.assert_array_equal(imaging.decode(imaging.encode(black, "png")).pixels, black)


def test_png_checksums_are_checked() -> None:
    data = bytearray(imaging.encode(pictures.scene(), "png"))
    data[data.index(b"IDAT") + 40] ^= 1
    with pytest.raises(UnreadableImageError, match="checksum"):
        imaging.decode(bytes(data))
    data = bytearray(
        imaging.encode(pictures.scene(), "png", metadata=imaging.Metadata(text=(("a", "b"),)))
    )
    data[data.index(b"tEXt") + 4] ^= 1
    picture = imaging.decode(bytes(data))
    assert picture.metadata.text == ()
    assert any("tEXt" in note for note in picture.notes)


def test_only_the_first_picture_of_a_jpeg_file_counts() -> None:
    first = imaging.encode(pictures.scene(), "jpeg")
    second = imaging.encode(pictures.scene(8, 8), "jpeg")
    assert imaging.decode(first + second).pixels.shape == (48, 64, 3)
    assert imaging.decode(first + b"\0" * 100).pixels.shape == (48, 64, 3)


def test_progressive_and_restart_markers() -> None:
    image = Image.fromarray(pictures.scene())
    for options in ({"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}):
        data = pictures.saved(image, "JPEG", **options)
        np.testing.assert_array_equal(imaging.decode(data).pixels, pictures.pillow_pixels(data))


def test_memory_errors_become_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    data = imaging.encode(pictures.scene(), "png")

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("indelible.imaging.decoding.open_image", full)
    with pytest.raises(ImageTooLargeError, match="memory"):
        imaging.decode(data)


def test_pillows_own_limit_does_not_interfere(recwarn: pytest.WarningsRecorder) -> None:
    """Pillow warns from 89 megapixels on; ours is the only limit that counts."""
    data = imaging.encode(np.full((9_500, 9_500), 7, np.uint8), "png")
    assert imaging.read_header(data).width == 9_500
    assert not recwarn.list


def test_a_gif_keeps_its_transparency_without_its_comments() -> None:
    image = Image.fromarray(pictures.scene(12, 9)).quantize(8)
    plain = pictures.saved(image, "GIF", transparency=image.getpixel((0, 0)))
    at = plain.index(b"\x21\xf9")
    commented = plain[:at] + b"\x21\xfe\4abcd\0" * 3 + plain[at:]
    picture = imaging.decode(commented)
    assert picture.pixels.shape == (12, 9, 4)
    assert picture.pixels[0, 0, 3] == 0
    assert np.array_equal(picture.pixels, imaging.decode(plain).pixels)
    assert picture.metadata.text == (("Comment", "abcd"),) * 3


@pytest.mark.parametrize("mode", ["P", "PA", "LA", "1", "CMYK", "L"])
def test_strips_are_converted_like_the_whole(mode: str) -> None:
    """Pictures of more than one strip: each strip as Pillow converts the whole."""
    tall = Image.fromarray(pictures.scene(3_000, 40)).convert("RGB")
    source = {
        "P": lambda: tall.quantize(16),
        "PA": lambda: tall.quantize(16),
        "LA": lambda: tall.convert("LA"),
        "1": lambda: tall.convert("1"),
        "CMYK": lambda: tall.convert("CMYK"),
        "L": lambda: tall.convert("L"),
    }[mode]()
    options = {"transparency": 3} if mode == "PA" else {}
    data = pictures.saved(source, "TIFF" if mode == "CMYK" else "PNG", **options)
    with Image.open(io.BytesIO(data)) as image:
        goal = {"P": "RGB", "PA": "RGBA", "LA": "RGBA", "1": "L", "CMYK": "RGB", "L": "L"}[mode]
        assert np.array_equal(imaging.decode(data).pixels, np.asarray(image.convert(goal)))


def test_a_prefix_of_exif_may_be_repeated() -> None:
    block = pictures.exif(6)
    assert clean_exif(b"Exif\0\0" * 3 + block) == clean_exif(block)
    assert clean_exif(b"Exif\0\0" * 3) == (None, 1)


# --- reduced copies -------------------------------------------------------------------------------


def smooth(height: int, width: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin(x / 37 + c) * np.cos(y / 29) for c in range(3)]
    return np.stack(waves, axis=2).astype(np.uint8)


def averaged(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.float64]:
    height, width = pixels.shape[0] // scale, pixels.shape[1] // scale
    whole = pixels[: height * scale, : width * scale]
    return np.asarray(whole.reshape(height, scale, width, scale, -1).mean(axis=(1, 3)))


def stored(pixels: NDArray[np.uint8], orientation: int = 1, **options: Any) -> bytes:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels).save(stream, "JPEG", quality=95, exif=exif, **options)
    return stream.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(("enough", "scale"), [(11_000, 2), (2_900, 4), (700, 8), (48_000, 1)])
def test_a_reduced_copy_looks_like_the_picture(enough: int, scale: int, progressive: bool) -> None:
    picture = ImageFile(stored(smooth(201, 239), progressive=progressive)).decode(enough=enough)
    assert picture.scale == scale
    assert picture.pixels.shape == (201 // scale, 239 // scale, 3)
    difference = picture.pixels - averaged(smooth(201, 239), scale)
    assert np.abs(difference).mean() < 2


def test_a_reduced_copy_is_upright() -> None:
    data = stored(smooth(200, 240), orientation=6)
    reduced = ImageFile(data).decode(enough=10_000)
    assert reduced.scale == 2
    whole = ImageFile(data).decode()
    assert whole.pixels.shape == (240, 200, 3)
    assert np.abs(reduced.pixels - averaged(whole.pixels, 2)).mean() < 2
    assert reduced.metadata.exif == whole.metadata.exif


def test_grey_stays_grey_when_it_is_reduced() -> None:
    picture = ImageFile(stored(smooth(200, 240)[..., 0])).decode(enough=10_000)
    assert (picture.scale, picture.pixels.shape) == (2, (100, 120))


@pytest.mark.parametrize(("enough", "scale"), [(11_000, 2), (48_000, 1)])
def test_a_copy_may_be_grey(enough: int, scale: int) -> None:
    file = ImageFile(stored(smooth(201, 239)))
    picture = file.decode(enough=enough, grey=True)
    assert (picture.scale, picture.pixels.shape) == (scale, (201 // scale, 239 // scale))
    luminance = averaged(file.decode().pixels, scale) @ (0.299, 0.587, 0.114)
    assert np.abs(picture.pixels - luminance).mean() < 1
    assert file.decode(grey=True).pixels.ndim == 3


def test_what_is_not_ordinary_is_decoded_whole() -> None:
    pixels = smooth(201, 240)
    cmyk = io.BytesIO()
    Image.fromarray(pixels).convert("CMYK").save(cmyk, "JPEG")
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    whole = stored(pixels)
    for data in (
        cmyk.getvalue(),
        png.getvalue(),
        stored(pixels, orientation=3),  # a row would be missing at the beginning
        whole[:-2],
        whole[: len(whole) * 3 // 4],
    ):
        picture = ImageFile(data).decode(enough=10_000, tolerant=True)
        assert picture.scale == 1
        np.testing.assert_array_equal(picture.pixels, ImageFile(data).decode(tolerant=True).pixels)
