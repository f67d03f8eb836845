"""HEIC: read in the default install, written where pillow-heif is installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from indelible import imaging
from indelible.errors import ImageError, MissingDependencyError, UnreadableImageError
from tests.imaging import heic_files, hostile, pictures

METADATA = imaging.Metadata(
    icc_profile=pictures.SRGB_PROFILE, exif=pictures.exif(), xmp=pictures.XMP
)


@pytest.fixture(scope="module")
def written() -> bytes:
    pytest.importorskip("pillow_heif")
    return imaging.encode(pictures.scene(96, 128), "heic", metadata=METADATA)


@pytest.fixture
def heic() -> bytes:
    return heic_files.SCENE


@pytest.mark.parametrize(
    ("data", "channels", "mode"),
    [(heic_files.SCENE, 3, "RGB"), (heic_files.ALPHA, 4, "RGBA"), (heic_files.GREY, 1, "L")],
    ids=["rgb", "rgba", "grey"],
)
def test_decoding(data: bytes, channels: int, mode: str) -> None:
    header = imaging.read_header(data)
    assert (header.format, header.width, header.height, header.mode) == ("heic", 128, 96, mode)
    expected = pictures.scene(96, 128, channels)
    picture = imaging.decode(data)
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 6
    assert picture.notes == ()


def test_metadata(heic: bytes) -> None:
    metadata = imaging.decode(heic).metadata
    assert metadata.xmp == pictures.XMP
    assert pictures.read_exif(metadata.exif or b"")[271].rstrip("\0") == "Maker"


def test_what_lies_beside_the_main_picture_is_named() -> None:
    (note,) = imaging.decode(heic_files.BOTH).notes
    assert "a thumbnail and another picture" in note


def test_round_trip(written: bytes) -> None:
    header = imaging.read_header(written)
    assert (header.format, header.width, header.height, header.mode) == ("heic", 128, 96, "RGB")
    picture = imaging.decode(written)
    error = np.abs(picture.pixels.astype(int) - pictures.scene(96, 128))
    assert error.mean() < 4
    assert picture.metadata.icc_profile == METADATA.icc_profile
    assert picture.metadata.xmp == METADATA.xmp
    assert pictures.read_exif(picture.metadata.exif or b"")[271].rstrip("\0") == "Maker"


def test_grey_and_alpha_round_trip(written: bytes) -> None:
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
    assert "pip install pi-heif" in str(caught.value.hint)
