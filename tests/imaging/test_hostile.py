"""Hostile files: whatever the bytes are, a whole picture or an error of ours."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indelible import imaging
from indelible.errors import ImageError
from tests.imaging import hostile, pictures

METADATA = imaging.Metadata(
    icc_profile=pictures.SRGB_PROFILE,
    exif=pictures.exif(6),
    xmp=pictures.XMP,
    iptc=pictures.IPTC,
    text=(("Title", "x"), ("Comment", "y")),
    dpi=(72.0, 72.0),
)
SMALL = imaging.Limits(max_pixels=1_000_000)
KINDS = ["jpeg", "progressive", "cmyk", "png", "palette", "interlaced", "apng"]
KINDS += ["webp", "lossless", "animated", "avif", "tiff", "gif"]


@cache
def good(kind: str) -> bytes:
    """Return a sound file of a kind, with all metadata that its format holds."""
    pixels = pictures.scene(40, 56)
    image = Image.fromarray(pixels)
    further = Image.fromarray(255 - pixels)
    if kind in imaging.FORMATS:
        fitting = imaging.conform(pixels, METADATA, kind)
        return imaging.encode(fitting.pixels, kind, metadata=fitting.metadata)
    if kind == "interlaced":
        return interlaced()
    if kind == "palette":
        return pictures.saved(image.quantize(16), "PNG", transparency=3, bits=4)
    if kind == "cmyk":
        return pictures.saved(image.convert("CMYK"), "JPEG")
    frames: dict[str, Any] = {"save_all": True, "append_images": [further]}
    options: dict[str, Any]
    format_, options = {
        "progressive": ("JPEG", {"progressive": True}),
        "apng": ("PNG", frames),
        "lossless": ("WEBP", {"lossless": True}),
        "animated": ("WEBP", frames),
    }[kind]
    return pictures.saved(image, format_, **options)


def interlaced() -> bytes:
    """Return an interlaced PNG file of 1 x 1 px: one pass, which Pillow cannot write itself."""
    plain = hostile.png_chunks(imaging.encode(pictures.scene(1, 1), "png"))
    header = bytearray(plain[1][8:-4])
    header[12] = 1
    plain[1] = hostile.png_chunk(b"IHDR", bytes(header))
    return b"".join(plain)


def read(data: bytes, *, tolerant: bool = False) -> imaging.Picture | None:
    """Decode as strictly as the tests do: no warning, no error but ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture = imaging.decode(data, limits=SMALL, tolerant=tolerant)
        except ImageError:
            return None
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.ndim == 2 or picture.pixels.shape[2] in (3, 4)
    return picture


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_files_are_good(kind: str) -> None:
    assert read(good(kind)) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_mutations(kind: str) -> None:
    for label, data in hostile.mutations(good(kind), count=150):
        try:
            strict = read(data)
            tolerant = read(data, tolerant=True)
            assert strict is None or tolerant is not None
        except Exception as error:
            raise AssertionError(f"{kind}: {label}") from error


@given(st.sampled_from(KINDS), st.integers(1_000, 10**9))
@settings(max_examples=300, deadline=None)
def test_further_mutations(kind: str, seed: int) -> None:
    data = hostile.mutate(good(kind), seed).data
    read(data)
    read(data, tolerant=True)


@given(st.binary(max_size=400), st.sampled_from(["", *KINDS]))
@settings(max_examples=200, deadline=None)
def test_noise_behind_a_beginning(noise: bytes, kind: str) -> None:
    read((good(kind)[:64] if kind else b"") + noise)


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=200, deadline=None)
def test_truncations(kind: str, data: st.DataObject) -> None:
    file = good(kind)
    end = data.draw(st.integers(0, len(file) - 1))
    picture, whole = read(file[:end]), read(file)
    assert whole is not None
    if picture is not None:  # only an end marker is missing
        assert picture.header.irregular
        np.testing.assert_array_equal(picture.pixels, whole.pixels)
        tolerant = read(file[:end], tolerant=True)
        assert tolerant is not None
        np.testing.assert_array_equal(picture.pixels, tolerant.pixels)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
def test_what_is_read_can_be_written(kind: str) -> None:
    """Metadata of hostile files do not break the writers either."""
    for label, data in hostile.mutations(good(kind), count=60, seed=5_000):
        picture = read(data)
        if picture is None:
            continue
        for format_ in ("jpeg", "png", "webp", "tiff", "avif"):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                fitting = imaging.conform(picture.pixels, picture.metadata, format_)
                again = imaging.encode(fitting.pixels, format_, metadata=fitting.metadata)
            assert read(again) is not None, label
