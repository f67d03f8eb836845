"""The kernels of the blind search, against their obvious twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark._kernels import combining, constellation, polar, translations
from tests import naive

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=10, deadline=None)
SIZE = 32


def spectrum_of(seed: int, size: int = SIZE) -> NDArray[np.complex64]:
    image = np.random.default_rng(seed).normal(size=(size, size))
    return np.fft.rfft2(image).astype(np.complex64)


def power_of(seed: int, size: int = SIZE) -> NDArray[np.float32]:
    power = np.abs(spectrum_of(seed, size)) ** 2
    return np.asarray(power / power.mean(), np.float32)


@given(SEEDS, st.integers(1, 40))
@FEW
def test_normalised_power(seed: int, cell: int) -> None:
    spectrum = spectrum_of(seed)
    out = np.empty(spectrum.shape, np.float32)
    polar.normalised_power(spectrum, cell, 3.0, out)
    assert np.allclose(out, naive.normalised_power(spectrum, cell, 3.0), rtol=1e-3)
    assert out.max() <= 3


def test_normalised_power_of_nothing() -> None:
    out = np.empty((8, 5), np.float32)
    polar.normalised_power(np.zeros((8, 5), np.complex64), 4, 8.0, out)
    assert np.array_equal(out, np.zeros((8, 5), np.float32))


@given(SEEDS)
@FEW
def test_smoothed(seed: int) -> None:
    power = power_of(seed)
    out = np.empty_like(power)
    polar.smoothed(power, out)
    assert np.allclose(out, naive.smoothed(power), rtol=1e-4)


@pytest.mark.parametrize("folded", [False, True])
def test_log_polar(folded: bool) -> None:
    """The nearest bin of each point; where rounding decides between two bins, either will do."""
    power = power_of(7)
    rows, angles, step = 9, 20, 0.15
    out = np.empty((rows, 2 * angles), np.int8)
    polar.log_polar(power, 3.0, step, folded, out)
    span = np.pi / 2 if folded else np.pi
    u, v = naive.log_polar_places(SIZE, 3.0, step, rows, angles, span)
    whole = naive.full_spectrum(power)
    nearest = [np.rint(axis).astype(int) % SIZE for axis in (u, v)]
    values = whole[nearest[1], nearest[0]]
    if folded:
        values = values + whole[nearest[0], -nearest[1] % SIZE]
    expected = naive.standardised(values)
    assert np.mean(np.abs(out[:, :angles] - expected) <= 1.01) > 0.97
    assert np.array_equal(out[:, :angles], out[:, angles:])


def test_log_polar_of_a_flat_spectrum_is_zero() -> None:
    out = np.empty((4, 16), np.int8)
    polar.log_polar(np.ones((SIZE, SIZE // 2 + 1), np.float32), 3.0, 0.1, True, out)
    assert not out.any()


@given(SEEDS)
@FEW
def test_shifted_sums(seed: int) -> None:
    random = np.random.default_rng(seed)
    once = random.integers(-127, 128, (11, 8), dtype=np.int8)
    twice = np.ascontiguousarray(np.tile(once, 2))
    rows, columns = random.integers(0, 12, 6), random.integers(0, 8, 6)
    out = np.empty((9, 8), np.float32)
    polar.shifted_sums(twice, rows, columns, -3, 3, out)
    expected = naive.shifted_sums(twice, rows, columns, -3, 3, out.shape)
    assert np.allclose(out, expected, rtol=1e-5)


@given(SEEDS)
@FEW
def test_best_shifts_are_the_largest_shifted_sums(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, angles, scales, lines = 12, 10, 5, 8
    once = random.integers(-127, 128, (rows, angles), dtype=np.int8)
    row_of, column_of = random.integers(0, 7, (3, lines)), random.integers(0, angles, (3, lines))
    turned = np.zeros((angles, rows + polar.ABREAST), np.int8)
    turned[:, :rows] = once.T
    score, place = np.empty(3, np.float32), np.zeros((3, 2), np.int64)
    polar.best_shifts(turned, rows, row_of, column_of, scales, angles, score, place)
    for which in range(3):
        least = -(-3 * lines // 4)
        sums = naive.shifted_sums(
            np.tile(once, 2), row_of[which], column_of[which], 0, least, (scales, angles)
        )
        assert score[which] == pytest.approx(sums.max(), rel=1e-5)
        assert sums[tuple(place[which])] == pytest.approx(sums.max(), rel=1e-5)


@given(SEEDS)
@FEW
def test_cell_peaks(seed: int) -> None:
    sums = np.random.default_rng(seed).integers(-9, 9, (14, 13)).astype(np.float32)
    tops, places = np.empty((3, 3), np.float32), np.empty((3, 3), np.int64)
    polar.cell_peaks(sums, 4, tops, places)
    expected_tops, expected_places = naive.cell_peaks(sums, 4)
    assert np.array_equal(tops, expected_tops)
    assert np.array_equal(places, expected_places)


LINES = np.array([(u, v) for u in range(1, 5) for v in (-3, -1, 2, 4)], np.float64)


def climb(
    power: NDArray[np.float32], matrix: NDArray[np.float64], step: float, rounds: int
) -> float:
    """Refine one matrix in place."""
    scores = np.empty(1)
    constellation.climb_each(power, LINES, matrix[None], step, rounds, scores)
    return float(scores[0])


def mean_power(power: NDArray[np.float32], matrix: NDArray[np.float64]) -> float:
    return climb(power, matrix.copy(), 0.0, 0)


@given(SEEDS)
@FEW
def test_mean_power(seed: int) -> None:
    random = np.random.default_rng(seed)
    power = power_of(seed)
    matrix = 3 * np.eye(2) + random.normal(0, 1.5, (2, 2))
    value = mean_power(power, matrix)
    assert value == pytest.approx(naive.mean_power(power, LINES, matrix), rel=1e-4, abs=1e-4)


def test_climb_finds_the_constellation_nearby() -> None:
    size = 128
    power = np.ones((size, size // 2 + 1), np.float32)
    truth = 6 * np.array([[1.0, 0.05], [-0.05, 1.02]])
    v, u = np.mgrid[-size // 2 : size // 2, : size // 2 + 1]
    for line in LINES:
        at = truth @ line
        bump = 7 * np.exp(-((u - at[0]) ** 2 + (v - at[1]) ** 2) / 2)
        power += np.roll(bump, -(size // 2), axis=0).astype(np.float32)
    matrix = truth @ np.array([[1.012, 0.008], [-0.004, 0.994]])
    before = mean_power(power, matrix)
    after = climb(power, matrix, 0.01, 20)
    assert after > before
    assert after == pytest.approx(mean_power(power, matrix))
    assert np.abs(matrix - truth).max() < 0.05


def test_climb_never_falls(rng: np.random.Generator) -> None:
    power = power_of(3)
    for _ in range(5):
        matrix = 3 * np.eye(2) + rng.normal(0, 0.3, (2, 2))
        before = mean_power(power, matrix)
        assert climb(power, matrix, 0.02, 6) >= before


def test_climb_each_is_climb_of_each(rng: np.random.Generator) -> None:
    power = power_of(3)
    matrices = 3 * np.eye(2) + rng.normal(0, 0.3, (4, 2, 2))
    alone, scores = matrices.copy(), np.empty(4)
    constellation.climb_each(power, LINES, matrices, 0.02, 6, scores)
    for index in range(4):
        score = climb(power, alone[index], 0.02, 6)
        assert score == pytest.approx(scores[index], rel=1e-6)
    assert np.allclose(alone, matrices, rtol=1e-9)


def test_sample_lines_reads_waves(rng: np.random.Generator) -> None:
    """A wave's sample has its amplitude, and its phase at the picture's centre."""
    size, centre = 64, (20.0, 24.0)
    y, x = np.mgrid[:49, :41]  # one wave at a time, so that none leaks into another's bin
    for u, v in [(6, 3), (6, -9), (-4, 11), (2, 20)]:
        phase = rng.uniform(-np.pi, np.pi)
        wave = np.cos(2 * np.pi * (u * (x - centre[0]) + v * (y - centre[1])) / size + phase)
        spectrum = np.fft.rfft2(wave, s=(size, size)).astype(np.complex64)
        out = np.empty(1, np.complex64)
        line = np.array([[u, v]], np.float64)
        constellation.sample_lines(spectrum, line, np.eye(2), *centre, out)
        assert np.angle(out[0] * np.exp(-1j * phase)) == pytest.approx(0, abs=0.15)
        assert abs(out[0]) == pytest.approx(41 * 49 / 2, rel=0.1)


def test_sample_lines_outside_are_zero() -> None:
    out = np.ones(2, np.complex64)
    lines = np.array([[40.0, 0.0], [0.0, 40.0]])
    constellation.sample_lines(spectrum_of(1), lines, np.eye(2), 0.0, 0.0, out)
    assert not out.any()


def test_nearest_power(rng: np.random.Generator) -> None:
    power = power_of(4)
    for _ in range(5):
        matrix = 4 * np.eye(2) + rng.normal(0, 2, (2, 2))
        out = np.empty(len(LINES), np.float32)
        constellation.nearest_power(power, LINES, matrix, out)
        assert out.tolist() == naive.nearest_power(power, LINES, matrix).tolist()


TRANSLATED = np.array([(1, 3), (1, -2), (2, 5), (4, 1), (7, -7)], np.int64)


def hypotheses(
    rng: np.random.Generator,
) -> tuple[NDArray[np.complex64], NDArray[np.complex64], NDArray[np.complex64]]:
    """Expected and seen values of lines, and what remains of each pair of them."""
    first, second = (
        (rng.normal(size=(n, 5)) + 1j * rng.normal(size=(n, 5))).astype(np.complex64)
        for n in (2, 3)
    )
    return first, second, (first[:, None] * np.conj(second)).reshape(6, 5)


def test_best_translations(rng: np.random.Generator) -> None:
    expected, seen, values = hypotheses(rng)
    scores, places = np.empty((6, 2), np.float32), np.empty((6, 2), np.int64)
    translations.best_translations(expected, seen, TRANSLATED, scores, places)
    for which in range(6):
        high, low, sums = naive.best_translation(values[which], TRANSLATED, translations.GRID)
        assert scores[which] == pytest.approx((high, low), rel=1e-4)
        assert sums.ravel()[places[which]] == pytest.approx((high, low), rel=1e-4)


def test_sharpening_climbs_to_a_maximum(rng: np.random.Generator) -> None:
    values = hypotheses(rng)[2]
    grid = translations.GRID
    sums = [naive.best_translation(one, TRANSLATED, grid)[2] for one in values]
    rows, columns = np.divmod([one.argmax() for one in sums], grid)
    place, total = np.stack([columns, rows], axis=1) / grid, np.empty(6)
    translations.sharpen(values, TRANSLATED, 3, place, total)
    for which in range(6):
        fine = [
            naive.coherent_sum(values[which], TRANSLATED, place[which] + np.array([x, y]) / 4096)
            for x in (-1, 0, 1)
            for y in (-1, 0, 1)
        ]
        assert total[which] == pytest.approx(fine[4], rel=1e-5)
        assert fine[4] == max(fine)
        assert total[which] >= sums[which].max() * (1 - 1e-6)


def test_scan_sizes(rng: np.random.Generator) -> None:
    size, n = 64, 12
    spectrum = (rng.normal(size=(size, 33)) + 1j * rng.normal(size=(size, 33))).astype(np.complex64)
    power = rng.uniform(1.5, 3, size=(size, 33)).astype(np.float32)
    lines = np.column_stack([rng.integers(0, 9, n), rng.integers(-8, 9, n)]).astype(np.int64)
    signs = rng.choice([-1.0, 1.0], n)
    centre = np.array([20.5, 14.0])
    periods = np.array([[30.3, 29.7], [17.0, 18.5]])  # the second puts lines outside
    expected = np.array(np.exp(1j * rng.uniform(0, 7, (3, n))), np.complex64)
    scores = np.zeros((2, 6), np.float32)
    translations.scan_sizes(spectrum, power, lines, signs, centre, -0.1, periods, expected, scores)
    for index, row in np.ndindex(2, 3):
        one = naive.scores_of_size(
            spectrum,
            power,
            expected[row],
            lines=lines,
            signs=signs,
            centre=centre,
            corner=-0.1,
            period=periods[index],
        )
        assert np.allclose(scores[index, 2 * row : 2 * row + 2], one, atol=1e-4)


def test_scan_sizes_skips_what_does_not_stand_out(rng: np.random.Generator) -> None:
    spectrum = np.ones((64, 33), np.complex64)
    power = np.full(spectrum.shape, 0.9, np.float32)
    lines = np.column_stack([np.arange(1, 13), np.arange(12)]).astype(np.int64)
    scores, ones = np.zeros((1, 2), np.float32), np.ones((1, 12), np.complex64)
    centre, periods = np.array([8.0, 8.0]), np.array([[32.0, 32.0]])
    translations.scan_sizes(spectrum, power, lines, np.ones(12), centre, 0.0, periods, ones, scores)
    assert not scores.any()


def test_read_lines(rng: np.random.Generator) -> None:
    spectrum = spectrum_of(5)
    lines = np.array([(0, 3), (1, -4), (5, 2), (7, -7), (16, 15)], np.int64)
    rings = np.array([0, 0, 1, 2, 3], np.int64)
    values, power = np.empty(5, np.complex64), np.empty(5)
    combining.read_lines(spectrum, lines, rings, values, power)
    expected_values, expected_power = naive.read_lines(spectrum, lines, rings, 5)
    assert np.array_equal(values, expected_values)
    assert np.allclose(power, expected_power)

    turns, weight = np.array([0, 1, 2, 3, 1], np.uint8), rng.uniform(0.5, 2, 5)
    combining.weigh(values, turns, rings, weight)
    turned = expected_values * np.array([1, 1j, -1, -1j])[turns]
    assert np.allclose(values, turned * weight[rings], rtol=1e-5)


def test_despread_shifts_are_despread_with_each_shifts_turns(rng: np.random.Generator) -> None:
    n, n_bits = 60, 7
    values = (rng.normal(size=n) + 1j * rng.normal(size=n)).astype(np.complex64)
    u, v = rng.integers(0, 4, (2, n))
    coded_bit = rng.integers(0, n_bits, 2 * n).astype(np.int32)
    signs = rng.choice(np.array([-1, 1], np.int8), 2 * n)
    out = np.empty((16, n_bits), np.float32)
    combining.despread_shifts(values, (4 * u + v).astype(np.uint8), coded_bit, signs, out)
    for s, t in np.ndindex(4, 4):
        turns = ((u * s + v * t) % 4).astype(np.uint8)
        expected = naive.despread(values, turns, coded_bit, signs, n_bits)
        assert np.allclose(out[4 * s + t], expected, atol=1e-4)


@given(SEEDS)
@FEW
def test_despread(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, n_bits = 40, 7
    values = (random.normal(size=n) + 1j * random.normal(size=n)).astype(np.complex64)
    turns = random.integers(0, 4, n).astype(np.uint8)
    coded_bit = random.integers(0, n_bits, 2 * n).astype(np.int32)
    signs = random.choice(np.array([-1, 1], np.int8), 2 * n)
    out = np.empty(n_bits, np.float32)
    combining.despread(values, turns, coded_bit, signs, out)
    assert np.allclose(out, naive.despread(values, turns, coded_bit, signs, n_bits), atol=1e-4)
