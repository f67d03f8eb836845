"""Finding a crop's place without a watermark, and never another picture's."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible.fingerprint import Reference, compare

Pixels = NDArray[np.uint8]


def jpeg(image: Pixels, quality: int) -> Pixels:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream))


def turned(image: Pixels, degrees: float) -> Pixels:
    """Turn a picture and cut the corners off."""
    whole = Image.fromarray(image).rotate(degrees, Image.Resampling.BICUBIC)
    width, height = whole.size
    return np.array(whole.crop((width // 6, height // 6, width * 5 // 6, height * 5 // 6)))


EDITS: dict[str, Callable[[Pixels], Pixels]] = {
    "a corner": lambda image: image[: image.shape[0] // 2, : image.shape[1] // 2],
    "a strip": lambda image: image[image.shape[0] // 4 : image.shape[0] * 3 // 4],
    "a mirrored crop": lambda image: image[60:400, 90:450][:, ::-1],
    "a shrunk crop": lambda image: np.array(
        Image.fromarray(np.ascontiguousarray(image[60:400, 90:450])).resize((180, 170))
    ),
    "turned by 10 degrees": lambda image: turned(image, 10),
    "turned by -5 degrees": lambda image: turned(image, -5),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_crop_is_found_without_a_geometry(photographs: dict[str, Pixels], edit: str) -> None:
    for name in ("astronaut", "coffee"):
        original = photographs[name]
        received = jpeg(np.ascontiguousarray(EDITS[edit](original)), 75)
        found = compare(Reference.from_image(original), received)
        assert found.same is True, name
        assert found.geometry is not None


@pytest.mark.parametrize("edit", EDITS)
def test_another_picture_is_none_of_its_crops(photographs: dict[str, Pixels], edit: str) -> None:
    received = jpeg(np.ascontiguousarray(EDITS[edit](photographs["coffee"])), 75)
    assert compare(Reference.from_image(photographs["astronaut"]), received).same is False


def test_a_crop_lies_where_it_was_cut(photographs: dict[str, Pixels]) -> None:
    original = photographs["astronaut"]
    found = compare(Reference.from_image(original), np.ascontiguousarray(original[100:400, 50:410]))
    assert found.geometry is not None
    corner = found.geometry @ np.array([50, 100, 1.0])
    # A cell of the reference has some ten pixels.
    assert corner[:2] / corner[2] == pytest.approx((0, 0), abs=12)
    assert found.visible == pytest.approx(
        300 * 360 / (original.shape[0] * original.shape[1]), rel=0.2
    )


def test_a_flat_picture_tells_nothing(photographs: dict[str, Pixels]) -> None:
    flat = np.full((300, 400, 3), 128, np.uint8)
    assert compare(Reference.from_image(flat), photographs["coffee"]).same is None
    assert compare(Reference.from_image(photographs["coffee"]), flat).same is not True
