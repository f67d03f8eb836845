"""From tiles to the original's pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark.carrier import TILES_PER_SUPER
from indelible.watermark.geometry import from_full_size, original_to_received, to_full_size

PERIOD = 128
SUPER = PERIOD * TILES_PER_SUPER
TO_TILES = np.diag([1 / PERIOD, 1 / PERIOD, 1.0])


def received_map(truth: NDArray[np.float64], offset: tuple[int, int]) -> NDArray[np.float64]:
    """What synchronisation finds: tiles, counted from anywhere, to received pixels."""
    shift = np.array([[1, 0, -offset[0]], [0, 1, -offset[1]], [0, 0, 1.0]])
    return np.asarray(truth @ np.linalg.inv(TO_TILES) @ shift)


OFFSETS = st.tuples(st.integers(-9, 9), st.integers(-9, 9))


@given(OFFSETS, st.integers(300, 3000), st.integers(300, 3000))
@settings(deadline=None)
def test_an_unmoved_picture(offset: tuple[int, int], height: int, width: int) -> None:
    """Wherever the tiles are counted from, the whole original begins at its own corner."""
    found = original_to_received(received_map(np.eye(3), offset), PERIOD, offset, (height, width))
    assert np.allclose(found, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.5])
def test_turned_and_resized_pictures(quarters: int, scale: float) -> None:
    height, width = 600, 1000
    cosine, sine = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    truth = np.eye(3)
    truth[:2, :2] = scale * np.array([[cosine, -sine], [sine, cosine]])
    corners = truth @ np.array([[-0.5, width - 0.5], [-0.5, height - 0.5], [1, 1]])
    truth[:2, 2] = -0.5 - corners[:2].min(axis=1)
    size = np.rint(np.ptp(corners[:2], axis=1)).astype(int)
    received = int(size[1]), int(size[0])
    found = original_to_received(received_map(truth, (2, 1)), PERIOD, (2, 1), received)
    assert np.allclose(found, truth, atol=1e-6 * width)


@given(st.integers(0, 250), st.integers(0, 250), OFFSETS)
@settings(deadline=None)
def test_a_crop_is_right_up_to_the_period(left: int, top: int, offset: tuple[int, int]) -> None:
    truth = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
    found = original_to_received(received_map(truth, offset), PERIOD, offset, (700, 700))
    shift = (found - truth)[:2, 2] / SUPER
    assert np.allclose(found[:2, :2], np.eye(2))
    assert np.allclose(shift, np.rint(shift), atol=1e-6)


def test_full_size_and_back() -> None:
    """Pixel centres are at integers: the corner of the first pixel is at -0.5."""
    map_ = np.array([[2.0, 0.1, 5], [0, 3, -2], [1e-4, 0, 1]])
    full = to_full_size(np.eye(3), (50, 100), (100, 300))
    assert np.allclose(full @ [-0.5, -0.5, 1], [-0.5, -0.5, 1])
    assert np.allclose(full @ [99.5, 49.5, 1], [299.5, 99.5, 1])
    there = to_full_size(map_, (50, 100), (100, 300))
    assert np.allclose(from_full_size(there, (50, 100), (100, 300)), map_)
