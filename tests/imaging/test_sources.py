"""What `protect` accepts: streams and bytes of any kind, and PIL images with all they carry."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from indelible import imaging
from indelible.errors import (
    ImageTooLargeError,
    IndelibleError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.imaging import Limits, image_file
from indelible.imaging._colour import Space
from indelible.imaging._container import Container
from indelible.imaging.header import read_container
from indelible.imaging.sources import open_source
from tests.imaging import pictures

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'


@pytest.fixture
def small(photograph: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(photograph[:64, :96])


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(**changes: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x010E] = "a description"
    tags[0x010F] = "a maker"
    tags.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    tags.get_ifd(0x8825)[1] = "N"
    for name, value in changes.items():
        tags[int(name.removeprefix("tag"))] = value
    return tags


def tags_of(block: bytes | None) -> Image.Exif:
    tags = Image.Exif()
    assert block is not None
    tags.load(block)
    return tags


def test_an_encoded_file_in_any_form(small: Image.Image, tmp_path: Path) -> None:
    data = saved(small, "JPEG", quality=90)
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with path.open("rb") as stream:
        for source in (data, bytearray(data), memoryview(data), io.BytesIO(data), stream, path):
            assert open_source(source, Limits()).data == data


def test_a_file_is_walked_once(small: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []
    genuine = read_container

    def counted(data: bytes, name: str, walk: imaging.Walk, limits: Limits) -> Container:
        walked.append(data)
        return genuine(data, name, walk, limits)

    monkeypatch.setattr(image_file, "read_container", counted)
    file = imaging.open_image(saved(small, "WEBP", lossless=True))
    source = open_source(file, Limits())
    assert source.file is file
    assert (source.format, source.lossless) == ("webp", True)
    assert len(walked) == 1
    assert open_source(np.array(small), Limits()).file is None


def test_a_file_keeps_its_own_limits(small: Image.Image) -> None:
    file = imaging.open_image(saved(small, "PNG"), limits=Limits(max_pixels=10))
    with pytest.raises(ImageTooLargeError):
        open_source(file, Limits())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("copied", [False, True])
def test_a_pil_image_keeps_its_metadata(small: Image.Image, kind: str, copied: bool) -> None:
    profile = b"\0" * 36 + b"acsp" + b"\0" * 100
    options: dict[str, Any] = {"exif": exif(), "icc_profile": profile}
    if kind == "TIFF":  # whose writer leaves directories of an Exif object out
        options["tiffinfo"] = {
            0x010E: "a description",
            0x8769: {0x9003: "2026:01:02 03:04:05"},
            0x8825: {1: "N"},
        }
        del options["exif"]
    if kind in ("JPEG", "WEBP"):
        options["xmp"] = XMP
    if kind != "WEBP":
        options["dpi"] = (300, 300)
    if kind == "PNG":
        text = PngInfo()
        text.add_text("parameters", "a cat")
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options["pnginfo"] = text
    image: Image.Image = Image.open(io.BytesIO(saved(small, kind, **options)))
    source = open_source(image.copy() if copied else image, Limits())
    if not (copied and kind == "TIFF"):  # Pillow's copy leaves them behind in the file
        tags = tags_of(source.metadata.exif)
        assert tags[0x010E] == "a description"
        assert tags.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert tags.get_ifd(0x8825)[1] == "N"
        assert 0x0111 not in tags  # where a TIFF file has its pixels
    assert source.metadata.icc_profile == profile
    if "xmp" in options or kind == "PNG":
        assert source.metadata.xmp == XMP
    if "dpi" in options:
        assert source.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    if kind == "PNG":
        assert source.metadata.text == (("parameters", "a cat"),)
    assert source.notes == ()


def test_a_comment_is_kept(small: Image.Image) -> None:
    for comment, text in ((b"a comment", "a comment"), (b"caf\xe9", "café")):
        image = Image.open(io.BytesIO(saved(small, "JPEG", comment=comment)))
        assert open_source(image, Limits()).metadata.text == (("Comment", text),)


def test_exif_that_the_caller_changed(small: Image.Image) -> None:
    image = Image.open(io.BytesIO(saved(small, "JPEG", exif=exif())))
    image.getexif()[0x010E] = "another"
    image.getexif().get_ifd(0x8825)[1] = "S"
    tags = tags_of(open_source(image, Limits()).metadata.exif)
    assert tags[0x010E] == "another"
    assert tags[0x010F] == "a maker"
    assert tags.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert tags.get_ifd(0x8825)[1] == "S"


def test_a_pil_image_is_turned_once(small: Image.Image) -> None:
    data = saved(small, "JPEG", exif=exif(tag274=6), quality=95)
    lazily = open_source(Image.open(io.BytesIO(data)), Limits())
    turned = open_source(ImageOps.exif_transpose(Image.open(io.BytesIO(data))), Limits())
    for source in (lazily, turned):
        assert source.pixels.shape == (96, 64, 3)
        assert tags_of(source.metadata.exif).get(0x0112, 1) == 1
        assert tags_of(source.metadata.exif)[0x010E] == "a description"
    assert np.array_equal(lazily.pixels, turned.pixels)


@pytest.mark.parametrize(
    ("mode", "transparency"), [("L", 7), ("RGB", (1, 2, 3)), ("P", 3), ("P", bytes([0, 128, 255]))]
)
def test_transparency_beside_the_pixels_is_kept(
    small: Image.Image, mode: str, transparency: object
) -> None:
    image = small.convert(mode)
    marked: dict[str, int | tuple[int, ...]] = {
        "L": 7,
        "RGB": (1, 2, 3),
        "P": 3 if transparency == 3 else 0,
    }
    image.putpixel((5, 5), marked[mode])
    image.info["transparency"] = transparency
    source = open_source(image, Limits())
    assert source.pixels.shape == (64, 96, 4)
    assert source.pixels[5, 5, 3] == 0
    assert source.pixels[..., 3].max() == 255
    assert any("RGBA" in note for note in source.notes)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "La"])
def test_every_mode_of_8_bits(small: Image.Image, mode: str) -> None:
    via = {"RGBa": "RGBA", "La": "LA", "PA": "P"}.get(mode, mode)
    image = small.convert(via).convert(mode)
    shown = np.asarray(image.convert("RGB")) if mode not in ("RGBa", "La") else None
    pixels = open_source(image, Limits()).pixels
    assert pixels.shape[:2] == (64, 96)
    if shown is not None:
        rgb = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., :3]
        assert np.array_equal(rgb, shown)


@pytest.mark.parametrize("mode", ["I", "F", "I;16", "CMYK", "YCbCr", "LAB", "HSV"])
def test_modes_that_need_a_choice_are_refused(mode: str) -> None:
    with pytest.raises(UnsupportedImageError, match="mode"):
        open_source(Image.new(mode, (64, 64)), Limits())


def test_what_is_left_out_is_named(small: Image.Image) -> None:
    small.info["gain map"] = b"..."
    small.info["photoshop"] = {0x0404: b"iptc", 0x07D0: b"a path"}
    source = open_source(small, Limits())
    assert source.metadata.iptc == b"iptc"
    assert source.notes == ("Left out of the PIL image's info: gain map, photoshop.",)


@pytest.mark.parametrize(
    "info",
    [
        {"exif": b"garbage"},
        {"exif": 5},
        {"xmp": 5},
        {"dpi": "300"},
        {"dpi": (0, 0)},
        {"dpi": (float("nan"), 1)},
        {"dpi": ("a", "b")},
        {"icc_profile": "x"},
        {"comment": 5},
        {"photoshop": "x"},
        {"transparency": "x"},
        {"transparency": (1, 2)},
        {5: 5},
    ],
)
def test_info_may_hold_anything(small: Image.Image, info: dict[Any, Any]) -> None:
    """Either kept, left out with a note, or our error."""
    small.info.update(info)
    try:
        source = open_source(small, Limits())
    except UnreadableImageError:
        return
    assert source.pixels.shape[:2] == (64, 96)


def test_arrays_in_any_layout(photograph: NDArray[np.uint8]) -> None:
    for array in (photograph[::2, ::-1], np.asfortranarray(photograph), photograph[..., :1]):
        source = open_source(array, Limits())
        assert source.pixels.flags.c_contiguous
        assert np.array_equal(source.pixels, np.squeeze(array))
    for shape in ((0, 5), (5, 0, 3), (0, 0, 4)):
        with pytest.raises(UnreadableImageError, match="no pixels"):
            open_source(np.zeros(shape, np.uint8), Limits())


def test_the_file_itself_is_not_touched(small: Image.Image) -> None:
    """Reading a PIL image leaves it as it was."""
    image = Image.open(io.BytesIO(saved(small, "JPEG", exif=exif(tag274=6))))
    image.load()
    before = (image.mode, image.size, dict(image.getexif()), dict(image.info))
    open_source(image, Limits())
    assert (image.mode, image.size, dict(image.getexif()), dict(image.info)) == before
    assert imaging.decode(saved(small, "PNG")).pixels.shape == (64, 96, 3)


@pytest.mark.filterwarnings("ignore")
def test_a_pil_image_that_is_damaged_is_our_error(small: Image.Image) -> None:
    """Pillow looks into the file again and again, with exceptions of many kinds."""
    data = saved(small, "TIFF")
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(4, 180, 3):  # where the directory is
            damaged[at] = rng.integers(256)
        try:
            image = Image.open(io.BytesIO(damaged))
        except Exception:  # noqa: BLE001 - the caller's own business
            continue
        try:
            open_source(image, Limits(max_pixels=10**6))
        except IndelibleError:
            refused += 1
    assert refused


def striped() -> Image.Image:
    """Return a picture with a palette of three colours."""
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) % 3, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return image


def test_a_palette_becomes_its_colours() -> None:
    source = open_source(striped(), Limits())
    assert source.pixels.shape == (6, 8, 3)
    np.testing.assert_array_equal(source.pixels[0, :3], np.diag([255, 255, 255]))
    assert any("mode P" in note for note in source.notes)


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\xff"])
def test_a_palette_with_a_transparent_entry_keeps_it(transparency: int | bytes) -> None:
    image = striped()
    image.info["transparency"] = transparency
    source = open_source(image, Limits())
    assert source.pixels.shape == (6, 8, 4)
    np.testing.assert_array_equal(source.pixels[0, :3, 3], [255, 0, 255])


def test_grey_that_becomes_rgba_keeps_its_colours() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None], 8, axis=0)
    image = Image.fromarray(grey)
    profile = Space("grey", curve=1.4).profile(grey=True)
    with_alpha = Image.merge("LA", [image, image])
    for given in (with_alpha, image.copy()):
        given.info["icc_profile"] = profile
    given.info["transparency"] = 7
    for transparent in (with_alpha, given):
        source = open_source(transparent, Limits())
        shown = Image.fromarray(np.ascontiguousarray(source.pixels[..., :3]))
        difference = pictures.lab(shown, source.metadata.icc_profile) - pictures.lab(image, profile)
        assert np.abs(difference).max() < 1.5
    coloured = image.convert("RGB")
    coloured.putpixel((5, 5), (1, 2, 3))
    coloured.info["icc_profile"] = profile  # which cannot be meant
    assert open_source(coloured, Limits()).metadata.icc_profile == profile


@pytest.mark.parametrize(("mode", "shape"), [("1", (6, 8)), ("LA", (6, 8, 4)), ("PA", (6, 8, 4))])
def test_other_kinds_of_pillow(mode: str, shape: tuple[int, ...]) -> None:
    image = striped().convert("RGB").convert("L").convert("LA" if mode != "1" else "1")
    source = open_source(image.convert(mode) if mode == "PA" else image, Limits())
    assert source.pixels.shape == shape
    expected = np.asarray(striped().convert("L").convert("1" if mode == "1" else "L").convert("L"))
    plane = source.pixels if source.pixels.ndim == 2 else source.pixels[..., 0]
    np.testing.assert_array_equal(plane, expected)
