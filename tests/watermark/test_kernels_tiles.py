"""The kernels that read tiles and fit a map to them, against their obvious twins."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.watermark._kernels import tiles
from tests import naive

LINES = np.array([(2, -5), (2, 5), (3, 1), (5, 2), (6, -3), (6, 4), (7, 7)], np.int64)
PAIRS = np.array([(2, 5), (3, 1), (5, 2), (6, 3), (6, 4), (7, 7)], np.int64)
PAIR_OF = np.array([1, 0, 2, 4, 7, 8, 10], np.int64)


@pytest.mark.parametrize("samples", [16, 18])
def test_tile_pilots(samples: int, rng: np.random.Generator) -> None:
    source = rng.normal(size=(40, 50)).astype(np.float32)
    matrix = np.array([[0.913, 0.107, -4.03], [-0.11, 1.09, 3.02], [1e-4, 2e-4, 1]])
    rows, columns = 3, 4
    expected = np.exp(2j * np.pi * rng.random(len(LINES)))
    values = np.empty((rows * columns, len(LINES)), np.complex128)
    every = np.array([(column, row) for row in range(rows) for column in range(columns)])
    index = np.empty(len(every), np.int64)
    found = tiles.tile_pilots(
        source, matrix, every, samples, PAIRS, PAIR_OF, expected, values, index
    )
    whole = naive.bilinear(source, matrix, (rows * samples, columns * samples))
    parts = whole.reshape(rows, samples, columns, samples).transpose(0, 2, 1, 3)
    reached = [place for place in np.ndindex(rows, columns) if parts[place].any()]
    assert [(row, column) for column, row in every[index[:found]]] == reached
    for value, place in zip(values, reached, strict=False):
        assert np.allclose(value, expected * naive.tile_pilots(parts[place], LINES), atol=1e-3)


def test_tiles_that_the_picture_does_not_reach_are_left_out() -> None:
    source = np.ones((20, 20), np.float32)
    every = np.array([(column, row) for row in range(3) for column in range(3)])
    values, index = np.empty((9, len(LINES)), np.complex128), np.empty(9, np.int64)
    found = tiles.tile_pilots(
        source, np.eye(3), every, 16, PAIRS, PAIR_OF, np.ones(len(LINES), complex), values, index
    )
    assert every[index[:found]].tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]


@pytest.mark.parametrize("size", [6, 8])
def test_fit_finds_the_displacement(size: int, rng: np.random.Generator) -> None:
    places = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 4)), -1).reshape(-1, 2)
    truth = rng.normal(0, 0.01, size)
    x, y = places.T
    p = np.concatenate([truth, np.zeros(8 - size)])
    across = p[0] + p[2] * x + p[4] * y + p[6] * x * x + p[7] * x * y
    down = p[1] + p[3] * x + p[5] * y + p[6] * x * y + p[7] * y * y
    phase = 2 * np.pi * (across[:, None] * LINES[:, 0] + down[:, None] * LINES[:, 1])
    strength = rng.uniform(0.5, 2, len(LINES))
    parameters = np.empty(size)
    score = tiles.fit(strength * np.exp(1j * phase), places, LINES, parameters)
    assert np.allclose(parameters, truth, atol=1e-4)
    assert score == pytest.approx(np.sqrt(2 * phase.size), rel=1e-3)  # all lines in phase


def test_fit_climbs_to_a_maximum(rng: np.random.Generator) -> None:
    places = rng.uniform(-1, 1, (12, 2))
    values = rng.normal(1, 1, (12, len(LINES))) + 1j * rng.normal(0, 1, (12, len(LINES)))
    parameters = np.empty(8)
    score = tiles.fit(values.copy(), places, LINES, parameters)
    assert score == pytest.approx(naive.smooth_sum(values, places, LINES, parameters), rel=1e-6)
    assert score >= naive.smooth_sum(values, places, LINES, np.zeros(8))
    for index in range(8):
        for step in (-0.003, 0.003):
            beside = parameters + step * (np.arange(8) == index)
            assert naive.smooth_sum(values, places, LINES, beside) < score + 1e-3


def test_fit_of_nothing_has_no_score() -> None:
    parameters = np.empty(6)
    values = np.zeros((4, len(LINES)), np.complex128)
    assert tiles.fit(values, np.zeros((4, 2)), LINES, parameters) == 0
    assert not parameters.any()
