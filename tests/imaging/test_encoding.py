"""Encoding: round trips of pixels and metadata, determinism, and what formats cannot hold."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from indelible import imaging
from indelible.errors import ConfigurationError, UnsupportedImageError
from indelible.imaging import Metadata
from tests.imaging import hostile, pictures

WRITABLE = ["jpeg", "png", "webp", "avif", "tiff", "gif"]

METADATA = Metadata(
    icc_profile=pictures.SRGB_PROFILE,
    exif=pictures.exif(),
    xmp=pictures.XMP,
    iptc=pictures.IPTC,
    text=(("Title", "caf\u00e9"), ("parameters", "\u732b, 4k"), ("Comment", "hello")),
    dpi=(300.0, 150.0),
)

any_pixels = st.one_of(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))),
    hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4]))
    ),
)


@given(any_pixels, st.sampled_from(["png", "tiff", "webp"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_lossless_round_trip(pixels: pictures.Pixels, format_: str, fast: bool) -> None:
    decoded = imaging.decode(imaging.encode(pixels, format_, lossless=True, fast=fast)).pixels
    if format_ == "webp" and pixels.ndim == 2:  # which has no grey
        pixels = np.stack([pixels] * 3, axis=-1)
    if decoded.shape != pixels.shape:  # WebP leaves an opaque alpha channel out
        assert format_ == "webp"
        assert (pixels[..., 3] == 255).all()
        pixels = pixels[..., :3]
    np.testing.assert_array_equal(decoded, pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("format_", ["jpeg", "webp", "avif", "gif"])
def test_lossy_round_trip(format_: str, channels: int) -> None:
    pixels = imaging.conform(pictures.scene(96, 128, channels), Metadata(), format_).pixels
    decoded = imaging.decode(imaging.encode(pixels, format_)).pixels
    if format_ == "webp" and channels == 1:
        pixels = np.stack([pixels] * 3, axis=-1)
    assert decoded.shape == pixels.shape
    visible = pixels[..., 3] > 0 if pixels.shape[-1] == 4 else np.ones(pixels.shape[:2], bool)
    error = np.abs(decoded.astype(int) - pixels)[visible]
    assert error.mean() < (10 if format_ == "gif" else 2)


@pytest.mark.parametrize("format_", [*WRITABLE, "png"])
def test_the_same_input_gives_the_same_bytes(format_: str) -> None:
    fitting = imaging.conform(pictures.scene(100, 130), METADATA, format_)
    files = {imaging.encode(fitting.pixels, format_, metadata=fitting.metadata) for _ in range(3)}
    assert len(files) == 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_fast_files_of_more_than_one_strip_and_chunk(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (700, 900, channels), np.uint8)
    pixels = pixels[..., 0] if channels == 1 else pixels
    data = imaging.encode(pixels, "png", fast=True)
    assert data.count(b"IDAT") >= (1 if channels == 1 else 2)
    np.testing.assert_array_equal(imaging.decode(data).pixels, pixels)
    with Image.open(__import__("io").BytesIO(data)) as image:
        image.verify()  # checksums


def test_fast_reaches_the_encoder() -> None:
    scene = pictures.scene(400, 500)
    for format_, lossless in (("png", False), ("webp", False), ("webp", True)):
        usual, fast = (
            imaging.encode(scene, format_, lossless=lossless, fast=fast) for fast in (False, True)
        )
        assert usual != fast
        assert len(fast) < 2 * len(usual)
    assert imaging.encode(scene, "jpeg") == imaging.encode(scene, "jpeg", fast=True)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("format_", WRITABLE)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_metadata_survive(format_: str, channels: int, fast: bool) -> None:
    fitting = imaging.conform(pictures.scene(channels=channels), METADATA, format_)
    data = imaging.encode(fitting.pixels, format_, fast=fast, metadata=fitting.metadata)
    kept = imaging.decode(data).metadata
    grey_to_colour = channels == 1 and format_ == "webp"
    for field in fields(Metadata):
        wanted = getattr(fitting.metadata, field.name)
        found = getattr(kept, field.name)
        if field.name == "exif" and wanted is not None:
            # AVIF states the orientation elsewhere; TIFF has no place for a block of its own.
            assert {**pictures.read_exif(found), 274: 1}.items() >= {
                key: value
                for key, value in {**pictures.read_exif(wanted), 274: 1}.items()
                if key != 34665
            }.items()
        elif field.name == "icc_profile" and grey_to_colour:
            assert found is None
        else:
            assert found == wanted, field.name


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_survives_every_way_through(order: str) -> None:
    metadata = Metadata(exif=pictures.exif(1, order))
    for format_ in ("tiff", "avif", "webp", "png", "jpeg", "tiff"):
        data = imaging.encode(pictures.scene(), format_, metadata=metadata)
        metadata = imaging.decode(data).metadata
        assert metadata.exif is not None
        kept = pictures.read_exif(metadata.exif)
        assert kept[271].rstrip("\0") == "Maker"
        assert kept[36867].rstrip("\0") == "2026:11:22 12:00:00"


def test_other_readers_see_the_metadata() -> None:
    for format_ in ("JPEG", "PNG", "WEBP", "TIFF"):
        data = imaging.encode(pictures.scene(), format_.lower(), metadata=METADATA)
        with Image.open(__import__("io").BytesIO(data)) as image:
            image.load()
            assert image.info["icc_profile"] == pictures.SRGB_PROFILE
            assert image.info["xmp"] == pictures.XMP
            assert image.getexif()[271].rstrip("\0") == "Maker"
            assert image.getexif().get_ifd(34665)[36867].rstrip("\0") == "2026:11:22 12:00:00"


def test_stripped_keeps_what_the_colours_need() -> None:
    assert METADATA.stripped() == Metadata(icc_profile=pictures.SRGB_PROFILE)


def test_conform_says_what_is_lost() -> None:
    notes = " ".join(imaging.conform(pictures.scene(), METADATA, "webp").notes)
    assert "IPTC" in notes
    assert "text" in notes
    fitting = imaging.conform(pictures.scene(), METADATA, "jpeg")
    assert fitting.metadata.text == (("Comment", "hello"),)
    assert imaging.conform(pictures.scene(), Metadata(), "jpeg").notes == ()
    large = Metadata(exif=pictures.exif(maker="x" * 70_000), xmp=b"<" + b"x" * 70_000)
    fitting = imaging.conform(pictures.scene(), large, "jpeg")
    assert (fitting.metadata.exif, fitting.metadata.xmp) == (None, None)
    assert len(fitting.notes) == 2
    with pytest.raises(UnsupportedImageError, match="EXIF block is too large"):
        imaging.encode(pictures.scene(), "jpeg", metadata=large)
    assert imaging.decode(imaging.encode(pictures.scene(), "png", metadata=large)).metadata == large


def test_transparency_is_never_lost_silently() -> None:
    pixels = pictures.scene(channels=4)
    pixels[..., 3] = np.arange(64)
    with pytest.raises(UnsupportedImageError, match="transparency") as caught:
        imaging.encode(pixels, "jpeg")
    assert "PNG" in str(caught.value.hint)
    with pytest.raises(UnsupportedImageError, match="transparency"):
        imaging.encode(pixels, "gif")
    before = pixels.copy()
    for format_ in ("jpeg", "gif"):
        fitting = imaging.conform(pixels, Metadata(), format_)
        assert any("transparency" in note for note in fitting.notes)
        imaging.encode(fitting.pixels, format_)
    np.testing.assert_array_equal(pixels, before)


def test_flattening() -> None:
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    flat = imaging.conform(pixels, Metadata(), "jpeg").pixels
    np.testing.assert_array_equal(flat, [[[10, 20, 30], [255, 255, 255], [127, 127, 127]]])
    red = imaging.conform(pixels, Metadata(), "jpeg", background=(255, 0, 0)).pixels
    np.testing.assert_array_equal(red[0, 1], [255, 0, 0])


def test_an_opaque_alpha_channel_is_no_obstacle() -> None:
    pixels = pictures.scene(channels=4)
    pixels[..., 3] = 255
    assert imaging.decode(imaging.encode(pixels, "jpeg")).pixels.shape == (48, 64, 3)
    assert imaging.conform(pixels, Metadata(), "jpeg").notes == ()


def test_webp_keeps_the_colour_of_transparent_pixels() -> None:
    pixels = pictures.scene(channels=4)
    pixels[..., 3] = 0
    pixels[0, 0, 3] = 255
    decoded = imaging.decode(imaging.encode(pixels, "webp", lossless=True)).pixels
    np.testing.assert_array_equal(decoded, pixels)


def test_chroma_follows_quality() -> None:
    for quality, expected in ((92, b"\x11"), (89, b"\x22")):
        data = imaging.encode(pictures.scene(), "jpeg", quality=quality)
        frame = next(s for s in hostile.jpeg_segments(data) if s[:2] == b"\xff\xc0")
        assert frame[11:12] == expected


def test_detail_at_full_quality_is_encoded() -> None:
    """Noise takes more bytes than pixels, which Pillow's optimised Huffman coding cannot hold."""
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    for quality in (90, 94, 95, 100):
        assert imaging.decode(imaging.encode(noise, "jpeg", quality=quality)).pixels.shape


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_quality_out_of_range(quality: int) -> None:
    with pytest.raises(ConfigurationError, match="quality"):
        imaging.encode(pictures.scene(), "jpeg", quality=quality)


def test_lossless_where_there_is_none() -> None:
    with pytest.raises(ConfigurationError, match="without loss"):
        imaging.encode(pictures.scene(), "jpeg", lossless=True)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4,), np.uint8),
    ],
)
def test_what_is_no_picture(pixels: pictures.Pixels) -> None:
    with pytest.raises(UnsupportedImageError, match="no picture"):
        imaging.encode(pixels, "png")


def test_sides_that_a_format_cannot_hold() -> None:
    with pytest.raises(UnsupportedImageError, match="16,383"):
        imaging.encode(np.zeros((1, 16_384, 3), np.uint8), "webp")


def test_views_are_encoded_like_copies() -> None:
    pixels = pictures.scene(60, 60)
    view = pixels[::2, ::-1]
    assert imaging.encode(view, "png") == imaging.encode(view.copy(), "png")


def test_text_that_png_cannot_hold_does_no_harm() -> None:
    metadata = Metadata(
        text=(("", "no name"), ("k" * 90, "long"), ("a\0b", "v\0w"), ("fine", "yes"))
    )
    kept = imaging.decode(imaging.encode(pictures.scene(), "png", metadata=metadata)).metadata
    assert kept.text == (("a b", "vw"), ("fine", "yes"))


def test_a_system_without_files_in_memory_changes_nothing(
    photograph: pictures.Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = imaging.encode(photograph, "jpeg")

    def refuse(_: str) -> int:
        raise OSError

    monkeypatch.setattr("os.memfd_create", refuse, raising=False)
    assert imaging.encode(photograph, "jpeg") == expected
