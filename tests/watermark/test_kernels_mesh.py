"""The kernels of maps that bend, against their obvious twins."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.watermark._kernels import beliefs, mesh
from tests import naive


def test_a_straight_mesh_is_a_homography(rng: np.random.Generator) -> None:
    source = rng.normal(size=(40, 50)).astype(np.float32)
    matrix = np.array([[0.913, 0.107, -4.03], [-0.11, 1.09, 3.02], [0, 0, 1]])
    side, rows, columns = 8, 3, 5
    y, x = np.mgrid[0 : rows + 1, 0 : columns + 1] * float(side)
    corners = np.stack([x, y, np.ones_like(x)], -1) @ matrix[:2].T
    out = np.empty((rows * columns, side * side), np.float32)
    mesh.resample_mesh(source, np.ascontiguousarray(corners), side, out)
    whole = naive.bilinear(source, matrix, (rows * side, columns * side))
    cells = whole.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)
    assert np.allclose(out, cells.reshape(out.shape), atol=1e-4)


def test_places_between_bent_corners(rng: np.random.Generator) -> None:
    source = rng.normal(size=(30, 30)).astype(np.float32)
    corners = rng.uniform(-2, 31, (3, 4, 2))
    corners[0, 0] = np.nan  # nothing is there
    out = np.empty((6, 16), np.float32)
    mesh.resample_mesh(source, corners, 4, out)
    assert np.allclose(out, naive.resample_mesh(source, corners, 4), atol=1e-4)
    assert not out[0, 1:].any()


@pytest.mark.parametrize("shape", [(3, 3), (6, 4)])
def test_smooth_step(shape: tuple[int, int], rng: np.random.Generator) -> None:
    rest = rng.normal(size=(shape[0] + 1, shape[1] + 1))
    gradient, curvature = rng.normal(size=shape), rng.uniform(0.5, 2, shape)
    step = np.empty_like(rest)
    mesh.smooth_step(rest, gradient, curvature, 3.0, 500, 1e-10, step)
    assert np.allclose(step, naive.smooth_step(rest, gradient, curvature, 3.0), atol=1e-5)


def test_nothing_moves_without_a_reason() -> None:
    step = np.ones((4, 5))
    mesh.smooth_step(np.zeros((4, 5)), np.zeros((3, 4)), np.ones((3, 4)), 1.0, 10, 1e-3, step)
    assert not step.any()


@pytest.mark.parametrize(("side", "taps"), [(7, 3), (5, 1), (3, 6)])
def test_propagate(side: int, taps: int, rng: np.random.Generator) -> None:
    told = rng.uniform(0.01, 1, (4, 5, side, side)).astype(np.float32)
    weights = np.exp(-0.5 * np.square(np.arange(taps) / 1.5)).astype(np.float32)
    expected = naive.propagate(told, weights)
    beliefs.propagate(told, weights)
    found = told / told.sum(axis=(2, 3), keepdims=True)
    assert np.allclose(found, expected, rtol=1e-4)
