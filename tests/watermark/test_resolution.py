"""The size at which a picture is searched."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark import Key, detect, embed
from indelible.watermark.resolution import (
    LONGEST_SIDE,
    SMOOTH,
    WORKING_SIDE,
    reduced,
    smoothness,
    working_luminance,
)

pytestmark = pytest.mark.compiled


def enlarged(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    resized = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


@given(st.integers(1, 4000), st.integers(1, 4000))
@settings(max_examples=30, deadline=None)
def test_no_picture_is_worked_at_larger_than_the_search_takes(height: int, width: int) -> None:
    image = reduced(np.zeros((height, width, 1), np.uint8), WORKING_SIDE)
    assert max(image.shape) <= min(LONGEST_SIDE, max(height, width))
    assert image.size <= 1.02 * WORKING_SIDE**2


def test_smoothness_of_known_signals(rng: np.random.Generator) -> None:
    slope = np.add.outer(np.arange(90.0), 2 * np.arange(80.0)).astype(np.float32)
    noise = rng.normal(size=(90, 80)).astype(np.float32)
    assert smoothness(slope) == pytest.approx(4, rel=1e-3)
    assert smoothness(noise) == pytest.approx(1, rel=0.05)
    assert smoothness(np.zeros((5, 5), np.float32)) == pytest.approx(1)


def test_photographs_are_not_smooth(photographs: dict[str, NDArray[np.uint8]]) -> None:
    for name, picture in photographs.items():
        if min(picture.shape[:2]) >= 512 and name != "retina":  # soft by its nature
            assert smoothness(reduced(picture, WORKING_SIDE)) < SMOOTH, name


def test_an_enlarged_crop_is_reduced_to_what_is_in_it(photograph: NDArray[np.uint8]) -> None:
    crop = np.ascontiguousarray(photograph[100:330, 100:330])
    assert working_luminance(enlarged(crop, 700)).size < 0.4 * WORKING_SIDE**2


def test_an_enlarged_crop_is_found(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    """A tenth of the picture, blown up to its size."""
    marked = embed(photograph[:600, :600], payload, key)
    assert detect(enlarged(marked[200:390, 150:340], 600), key).found
