"""ISCC Image-Codes: normalised as Pillow does it, and coded as the standard says."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops

from indelible.errors import MissingDependencyError, UnsupportedImageError
from indelible.fingerprint import iscc_image_code
from indelible.fingerprint.iscc import normalised

Pixels = NDArray[np.uint8]


def by_pillow(image: Pixels) -> Pixels:
    """Normalise as the standard's reference software does."""
    picture = Image.fromarray(image)
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "WHITE")
        white.paste(picture, mask=picture)
        picture = white.convert("RGB")
    plain = Image.new(picture.mode, picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, plain).getbbox()
    picture = picture.crop(box) if box else picture
    return np.array(picture.convert("L").resize((32, 32), Image.Resampling.BICUBIC))


def bordered(image: Pixels) -> Pixels:
    return np.pad(image, ((30, 7), (5, 50), (0, 0)), constant_values=17)


def with_alpha(image: Pixels) -> Pixels:
    return np.dstack([image, np.roll(image[..., 0], 9, axis=1)])


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
@pytest.mark.parametrize("edit", [np.asarray, bordered, with_alpha, lambda x: x[..., 1]])
def test_pictures_are_normalised_as_pillow_does_it(
    photographs: dict[str, Pixels], name: str, edit: Any
) -> None:
    image = np.ascontiguousarray(edit(photographs[name]))
    difference = np.abs(normalised(image).astype(int) - by_pillow(image))
    assert difference.max() <= 1  # its weights are of 22 bits
    assert np.count_nonzero(difference) <= 3


@pytest.mark.parametrize("shape", [(1, 1), (5, 900), (32, 32), (33, 31, 3)])
def test_small_and_plain_pictures(shape: tuple[int, ...]) -> None:
    assert iscc_image_code(np.full(shape, 99, np.uint8)).startswith("ISCC:")
    noise = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    assert normalised(noise).shape == (32, 32)


def test_the_code_is_that_of_the_standards_package(photograph: Pixels) -> None:
    core = importlib.import_module("iscc_core")
    pixels = by_pillow(photograph).ravel().tolist()
    for bits in (64, 256):
        assert iscc_image_code(photograph, bits) == core.gen_image_code(pixels, bits)["iscc"]


def test_without_the_package(photograph: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match="iscc-core"):
        iscc_image_code(photograph)


def test_what_is_no_picture() -> None:
    floats: Any = np.zeros((8, 8))
    with pytest.raises(UnsupportedImageError):
        iscc_image_code(floats)
