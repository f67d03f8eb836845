"""The look at a picture that was not moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import UnsupportedImageError
from indelible.watermark import (
    READABLE_PIXELS,
    Key,
    View,
    detect,
    detect_unmoved,
    embed,
    unmoved,
)
from indelible.watermark.pattern import period_of, size_class_for

pytestmark = pytest.mark.compiled


def test_a_mark_is_found_where_it_was_embedded(
    marked: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    found = detect_unmoved(marked, key)
    whole = detect(marked, key)
    assert found.payload == whole.payload == payload
    assert (found.key_id, found.size_class) == (whole.key_id, whole.size_class)
    assert found.false_positive_probability < 1e-40
    assert found.geometry is not None
    assert np.allclose(found.geometry, np.eye(3), atol=1e-6)


def test_it_looks_nowhere_else(marked: NDArray[np.uint8], key: Key) -> None:
    moved = marked[37:, 21:]
    assert detect(moved, key).found
    assert not detect_unmoved(moved, key).found


def test_a_smaller_copy_will_do(marked: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    large = embed(np.tile(marked, (4, 4, 1)), payload, key)
    sides = large.shape[0] // 4, 4, large.shape[1] // 4, 4
    small = large.reshape(*sides, 3).mean(axis=(1, 3)).astype(np.uint8)
    assert small.size // 3 >= READABLE_PIXELS
    found = detect_unmoved(View(small, 4), key)
    assert found.payload == payload
    assert found.geometry is not None
    assert np.allclose(found.geometry, np.eye(3), atol=1e-6)


def test_readable_pixels_keep_a_tile_large_enough() -> None:
    for side in range(600, 16_000, 100):
        tile = period_of(size_class_for(side, side)) / side * np.sqrt(READABLE_PIXELS)
        assert tile >= 0.93 * unmoved.LEAST_PERIOD


@pytest.mark.parametrize("shape", [(1, 1, 3), (31, 400, 3), (64, 64, 3)])
def test_nothing_in_blank_or_tiny_pictures(shape: tuple[int, ...], key: Key) -> None:
    assert not detect_unmoved(np.full(shape, 90, np.uint8), key).found


def test_nothing_in_unmarked_pictures_or_with_other_keys(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key
) -> None:
    assert not detect_unmoved(photograph, key).found
    assert not detect_unmoved(marked, Key.generate()).found


def test_no_picture(key: Key) -> None:
    floats: Any = np.zeros((64, 64, 3), np.float32)
    with pytest.raises(UnsupportedImageError):
        detect_unmoved(floats, key)
