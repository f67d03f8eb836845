"""Laying a picture on a grid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.fingerprint._kernels import sampling as kernels
from indelible.fingerprint.sampling import frame, inverse, on_grid, project
from tests import naive

TURNED = np.array([[0.3, -0.1, 1.2], [0.15, 0.25, -0.4], [0.001, 0.002, 1.0]])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("step", [1, 3])
def test_against_the_obvious(channels: int, step: int) -> None:
    rng = np.random.default_rng(channels)
    image = rng.integers(0, 256, (21, 17, channels), dtype=np.uint8)
    total, weight = np.zeros((6, 5), np.float32), np.zeros((6, 5), np.float32)
    kernels.splat(image, TURNED, step, total, weight)
    expected = naive.splat(image, TURNED, step, 6, 5)
    np.testing.assert_allclose(total, expected[0], rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(weight, expected[1], rtol=1e-4, atol=1e-4)


def test_what_lies_behind_the_horizon_is_not_seen() -> None:
    image = np.full((8, 8, 1), 200, np.uint8)
    behind = np.array([[1, 0, 0], [0, 1, 0], [-0.5, 0, 1.0]])
    total, weight = np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32)
    kernels.splat(image, behind, 1, total, weight)
    assert np.isfinite(total).all()
    assert weight.sum() <= 16  # of the two columns before it


def test_a_frame_lays_corner_on_corner() -> None:
    corners = np.array([[-0.5, -0.5], [99.5, 59.5]])
    cells = project(frame((60, 100), (6, 20)), corners)
    np.testing.assert_allclose(cells, [[-0.5, -0.5], [19.5, 5.5]])


@pytest.mark.compiled
def test_means_and_cover_of_a_part(photograph: NDArray[np.uint8]) -> None:
    shape = (32, 32)
    matrix = inverse(frame((512, 512), shape))
    whole, covered, area = on_grid(photograph, matrix, shape)
    assert covered.all()
    assert area == pytest.approx(512 * 512)
    left = np.ascontiguousarray(photograph[:, :256])
    values, covered, area = on_grid(left, matrix, shape)
    assert covered[:, :15].all()
    assert not covered[:, 16:].any()
    assert area == pytest.approx(512 * 256, rel=0.05)
    np.testing.assert_allclose(values[:, :15], whole[:, :15], atol=2)


@pytest.mark.compiled
def test_few_samples_give_about_the_same(photograph: NDArray[np.uint8]) -> None:
    matrix = inverse(frame((512, 512), (32, 32)))
    all_, _, _ = on_grid(photograph, matrix, (32, 32))
    few, covered, _ = on_grid(photograph, matrix, (32, 32), samples=1 << 15)
    assert covered.all()
    assert np.abs(all_ - few).mean() < 2
