"""Colours, compared in CIELAB as a colour-managed viewer computes them."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from indelible import imaging
from indelible.errors import UnsupportedImageError
from indelible.imaging._colour import (
    Space,
    from_code_points,
    grey_profile_as_rgb,
)
from tests.imaging import hostile, pictures

FORMATS = ["jpeg", "png", "webp", "avif", "tiff", "gif"]


def space(primaries: int, transfer: int = 13) -> Space:
    found = from_code_points(primaries, transfer)
    assert found is not None
    return found


DISPLAY_P3 = space(12).profile(grey=False)
GREY_18 = Space("grey", curve=1.8).profile(grey=True)
LINEAR = space(9, 8).profile(grey=False)
SOURCES = {
    "srgb": (3, None),
    "srgb profile": (3, pictures.SRGB_PROFILE),
    "display p3": (3, DISPLAY_P3),
    "adobe-like": (3, Space("x", ((0.3127, 0.329), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 2.2)),
    "p3 with alpha": (4, DISPLAY_P3),
    "grey": (1, None),
    "grey 1.8": (1, GREY_18),
    "grey 1.8 with alpha": (2, GREY_18),
}


def image_of(channels: int) -> Image.Image:
    """Return a smooth picture that is not clipped in any space."""
    pixels = pictures.scene(64, 96, 3) // 2 + 60
    image = Image.fromarray(pixels[..., 0] if channels in (1, 2) else pixels)
    if channels in (2, 4):
        image.putalpha(255)
        image.putpixel((0, 0), (0,) * len(image.getbands()))
    return image


def distance(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Return the mean distance of blocks of 8 x 8 px: a shift of colours, not the codec's noise."""
    height, width = one.shape[0] // 8, one.shape[1] // 8
    blocks = (one - two).reshape(height, 8, width, 8, 3).mean(axis=(1, 3))
    return float(np.linalg.norm(blocks.reshape(-1, 3)[1:], axis=-1).mean())


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", SOURCES)
def test_no_format_and_no_profile_shifts_colours(name: str, format_: str) -> None:
    channels, profile = SOURCES[name]
    profile = profile.profile(grey=False) if isinstance(profile, Space) else profile
    image = image_of(channels)
    data = pictures.saved(image, "PNG", icc_profile=profile)
    seen = pictures.lab(image.convert("L" if channels < 3 else "RGB"), profile)
    picture = imaging.decode(data)
    fitted = imaging.conform(picture.pixels, picture.metadata, format_)
    again = imaging.encode(fitted.pixels, format_, quality=None, metadata=fitted.metadata)
    with Image.open(io.BytesIO(again)) as opened:
        embedded = opened.info.get("icc_profile")
        if embedded is not None and format_ != "avif":  # which may hold one channel, too
            kind = embedded[16:20]
            assert kind == (b"GRAY" if opened.mode in ("L", "LA") else b"RGB ")
    limit = 2.0 if format_ == "gif" else 1.5  # whose 256 colours are dithered
    assert distance(pictures.lab_of_file(again), seen) < limit
    kept = imaging.decode(again)
    colours = kept.pixels[..., :3] if kept.pixels.ndim == 3 else kept.pixels
    ours = pictures.lab(Image.fromarray(colours), kept.metadata.icc_profile)
    assert distance(ours, seen) < limit


@pytest.mark.parametrize("format_", ["jpeg", "webp", "avif"])
def test_code_points_become_a_profile(format_: str) -> None:
    pixels = pictures.scene() // 2 + 60
    for chunk, wanted in (
        (hostile.png_chunk(b"cICP", bytes([12, 13, 0, 1])), DISPLAY_P3),
        (hostile.png_chunk(b"cICP", bytes([9, 8, 0, 1])), LINEAR),
    ):
        data = pictures.png_with(chunk, pixels=pixels)
        picture = imaging.decode(data)
        assert picture.metadata.icc_profile == wanted
        assert any("by numbers" in note for note in picture.notes)
        again = imaging.encode(picture.pixels, format_, metadata=picture.metadata)
        seen = pictures.lab(Image.fromarray(pixels), wanted)
        assert distance(pictures.lab_of_file(again), seen) < 1.5


def chromaticities(*values: float) -> bytes:
    return hostile.png_chunk(b"cHRM", struct.pack(">8I", *(round(v * 100_000) for v in values)))


P3_POINTS = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB_POINTS = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)


def gamma(value: float) -> bytes:
    return hostile.png_chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def test_chromaticities_and_gamma_become_a_profile() -> None:
    for chunks, words in (
        ([chromaticities(*P3_POINTS), gamma(0.45455)], "Display P3, gamma 2.2"),
        ([chromaticities(*P3_POINTS)], "Display P3)"),
        ([gamma(1.0)], "sRGB, gamma 1"),
        (
            [chromaticities(0.3, 0.3, 0.7, 0.3, 0.2, 0.7, 0.1, 0.1), gamma(0.5)],
            "of its own, gamma 2",
        ),
    ):
        picture = imaging.decode(pictures.png_with(*chunks))
        assert picture.metadata.icc_profile is not None
        assert any(words in note for note in picture.notes), picture.notes
    grey = imaging.decode(pictures.png_with(gamma(1 / 1.8), pixels=pictures.scene(channels=1)))
    assert (grey.metadata.icc_profile or b"")[16:20] == b"GRAY"


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(0.45455)],
        [gamma(0.45455), chromaticities(*SRGB_POINTS)],
        [hostile.png_chunk(b"sRGB", b"\0"), gamma(0.3), chromaticities(*P3_POINTS)],
        [hostile.png_chunk(b"cICP", bytes([1, 13, 0, 1])), gamma(0.3)],
        [gamma(0)],
    ],
)
def test_what_says_srgb_needs_no_profile(chunks: list[bytes]) -> None:
    picture = imaging.decode(pictures.png_with(*chunks))
    assert picture.metadata.icc_profile is None
    assert picture.notes == ()


def test_a_profile_counts_before_gamma_and_code_points_before_it() -> None:
    plain = pictures.saved(Image.fromarray(pictures.scene()), "PNG", icc_profile=LINEAR)
    pieces = hostile.png_chunks(plain)
    with_gamma = b"".join([*pieces[:2], gamma(1.0), *pieces[2:]])
    assert imaging.decode(with_gamma).metadata.icc_profile == LINEAR
    points = hostile.png_chunk(b"cICP", bytes([12, 13, 0, 1]))
    assert (
        imaging.decode(b"".join([*pieces[:2], points, *pieces[2:]])).metadata.icc_profile
        == DISPLAY_P3
    )


def test_primaries_that_span_nothing_are_named() -> None:
    for points in ((0.3, 0.3) * 4, (0.0,) * 8, (0.3, 0.3, 0.1, 0.1, 0.2, 0.2, 0.4, 0.4)):
        picture = imaging.decode(pictures.png_with(chromaticities(*points)))
        assert picture.metadata.icc_profile is None
        assert any("taken for sRGB" in note for note in picture.notes)


@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (12, 1), (9, 1), (1, 8), (1, 4)])
def test_avif_code_points(primaries: int, transfer: int) -> None:
    picture = imaging.decode(pictures.avif_with_code_points(primaries, transfer))
    assert picture.metadata.icc_profile == space(primaries, transfer).profile(grey=False)
    fitted = imaging.conform(picture.pixels, picture.metadata, "png")
    again = imaging.encode(fitted.pixels, "png", metadata=fitted.metadata)
    seen = pictures.lab(Image.fromarray(picture.pixels), picture.metadata.icc_profile)
    assert distance(pictures.lab_of_file(again), seen) < 0.1
    for same in ((1, 13), (1, 1), (2, 2), (1, 6)):
        assert imaging.decode(pictures.avif_with_code_points(*same)).metadata.icc_profile is None


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_looked_at_but_not_encoded(transfer: int) -> None:
    point = hostile.png_chunk(b"cICP", bytes([9, transfer, 0, 1]))
    for data in (pictures.avif_with_code_points(9, transfer), pictures.png_with(point)):
        with pytest.raises(UnsupportedImageError, match="HDR") as caught:
            imaging.decode(data)
        assert "sRGB" in str(caught.value.hint)
        picture = imaging.decode(data, tolerant=True)
        assert any("taken for sRGB" in note for note in picture.notes)


@pytest.mark.parametrize(
    ("primaries", "red", "green", "blue"),
    [
        (1, (0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
        (
            12,
            (0.51512, 0.24120, -0.00105),
            (0.29198, 0.69225, 0.04189),
            (0.15710, 0.06657, 0.78407),
        ),
        (9, (0.67348, 0.27904, -0.00194), (0.16566, 0.67534, 0.02998), (0.12505, 0.04561, 0.79686)),
    ],
)
def test_profiles_have_the_published_colorants(
    primaries: int, red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...]
) -> None:
    made = (
        Space("sRGB").profile(grey=False)
        if primaries == 1
        else space(primaries).profile(grey=False)
    )
    profile: Any = ImageCms.getOpenProfile(io.BytesIO(made)).profile
    for expected, found in zip(
        (red, green, blue),
        (profile.red_colorant, profile.green_colorant, profile.blue_colorant),
        strict=True,
    ):
        assert found is not None
        np.testing.assert_allclose(found[0], expected, atol=2e-3)


def test_our_srgb_is_the_same_as_theirs() -> None:
    image = Image.fromarray(pictures.scene())
    ours = pictures.lab(image, Space("sRGB").profile(grey=False))
    assert distance(ours, pictures.lab(image, pictures.SRGB_PROFILE)) < 0.3


def test_profiles_of_grey_as_rgb() -> None:
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32))
    as_rgb = grey_profile_as_rgb(GREY_18)
    assert as_rgb is not None
    assert distance(pictures.lab(ramp, GREY_18), pictures.lab(ramp.convert("RGB"), as_rgb)) < 0.5
    assert grey_profile_as_rgb(GREY_18[:200]) is None
    assert grey_profile_as_rgb(b"") is None
    hostile_count = bytearray(GREY_18)
    struct.pack_into(">I", hostile_count, 128, 2**32 - 1)
    assert grey_profile_as_rgb(bytes(hostile_count)) is not None


def test_a_grey_palette_in_colour_keeps_its_profile() -> None:
    image = Image.fromarray(pictures.scene(channels=1)).quantize(64)
    data = pictures.saved(image, "PNG", icc_profile=DISPLAY_P3)
    picture = imaging.decode(data)
    assert picture.metadata.icc_profile == DISPLAY_P3
    assert picture.pixels.ndim == 3
    assert picture.notes == ()


def test_a_damaged_profile_is_named() -> None:
    damaged = DISPLAY_P3[:150].ljust(len(DISPLAY_P3), b"\0")
    fitted = imaging.conform(pictures.scene(), imaging.Metadata(icc_profile=damaged), "gif")
    assert any("damaged" in note for note in fitted.notes)


def test_alpha_is_untouched_by_conversion() -> None:
    pixels = pictures.scene(channels=4)
    before = pixels.copy()
    fitted = imaging.conform(pixels, imaging.Metadata(icc_profile=DISPLAY_P3), "gif")
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(fitted.pixels[..., 3], pixels[..., 3])
    assert (fitted.pixels[..., :3] != pixels[..., :3]).any()
