"""HEIC, where the optional packages are installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from indelible import imaging
from indelible.errors import ImageError, MissingDependencyError, UnreadableImageError
from tests.imaging import hostile, pictures

METADATA = imaging.Metadata(
    icc_profile=pictures.SRGB_PROFILE, exif=pictures.exif(), xmp=pictures.XMP
)


@pytest.fixture(scope="module")
def heic() -> bytes:
    pytest.importorskip("pillow_heif")
    return imaging.encode(pictures.scene(96, 128), "heic", metadata=METADATA)


def test_round_trip(heic: bytes) -> None:
    header = imaging.read_header(heic)
    assert (header.format, header.width, header.height, header.mode) == ("heic", 128, 96, "RGB")
    picture = imaging.decode(heic)
    error = np.abs(picture.pixels.astype(int) - pictures.scene(96, 128))
    assert error.mean() < 4
    assert picture.metadata.icc_profile == METADATA.icc_profile
    assert picture.metadata.xmp == METADATA.xmp
    assert pictures.read_exif(picture.metadata.exif or b"")[271].rstrip("\0") == "Maker"


def test_grey_and_alpha(heic: bytes) -> None:
    grey = imaging.decode(imaging.encode(pictures.scene(96, 128, 1), "heic"))
    assert grey.pixels.shape == (96, 128)
    pixels = pictures.scene(96, 128, 4)
    assert imaging.decode(imaging.encode(pixels, "heic")).pixels.shape == (96, 128, 4)


def test_limits_and_truncations(heic: bytes) -> None:
    with pytest.raises(ImageError, match="128 x 96"):
        imaging.decode(heic, limits=imaging.Limits(max_pixels=1_000))
    for end in range(0, len(heic), len(heic) // 40):
        with pytest.raises(UnreadableImageError):
            imaging.decode(heic[:end])


def test_mutations(heic: bytes) -> None:
    for _, data in hostile.mutations(heic, count=100):
        try:
            imaging.decode(data, limits=imaging.Limits(max_pixels=1_000_000))
        except ImageError:
            continue


def test_without_the_packages(heic: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    pixels = pictures.scene(32, 32)
    with pytest.raises(MissingDependencyError, match="pillow-heif"):
        imaging.encode(pixels, "heic")
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert imaging.read_header(heic).width == 128  # headers need no package
    with pytest.raises(MissingDependencyError, match="pi-heif") as caught:
        imaging.decode(heic)
    assert "indelible[heif]" in str(caught.value.hint)
