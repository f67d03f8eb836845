"""TIFF: byte orders, BigTIFF, chains of pages, and what no other file holds."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from PIL import Image

from indelible import imaging
from indelible.errors import ImageError, UnreadableImageError
from indelible.imaging._ifd import read_layout
from tests.imaging import hostile, pictures


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_every_byte_order_and_size_of_offsets(
    order: str, big: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = pictures.scene()
    data = pictures.tiff(pixels, order=order, big=big)  # type: ignore[arg-type]
    assert np.array_equal(imaging.decode(data).pixels, pixels)
    assert capfd.readouterr().err == ""  # no library's words


def test_places_beyond_plain_tiff_are_missing_parts() -> None:
    data = bytearray(pictures.tiff(pictures.scene(), big=True))
    at = data.index(struct.pack("<HHQQ", 273, 16, 1, 16))
    struct.pack_into("<Q", data, at + 12, 2**40)
    with pytest.raises(UnreadableImageError, match="cut short"):
        imaging.decode(bytes(data))


def test_a_chain_of_pages_without_an_end() -> None:
    data = bytearray(pictures.tiff(pictures.scene()))
    layout = read_layout(bytes(data))
    assert layout is not None
    struct.pack_into("<I", data, len(data) - 4, layout.first)
    assert imaging.read_header(bytes(data)).frames == 1
    assert imaging.decode(bytes(data)).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize(("tag", "words"), [(34735, "GeoTIFF"), (34377, "Photoshop")])
def test_tags_that_are_not_kept_are_named(tag: int, words: str) -> None:
    picture = imaging.decode(pictures.tiff(pictures.scene(), extra={tag: (1, 2, 3)}))
    assert any(words in note for note in picture.notes)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"])
def test_no_library_speaks_about_damaged_files(
    compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    image = Image.fromarray(pictures.scene())
    image = image.convert("1") if compression == "group4" else image
    data = pictures.saved(image, "TIFF", compression=compression)
    for _, damaged in hostile.mutations(data, count=60):
        with contextlib.suppress(ImageError):
            imaging.decode(damaged, limits=imaging.Limits(max_pixels=1_000_000))
    said = capfd.readouterr()
    assert said.out + said.err == ""
