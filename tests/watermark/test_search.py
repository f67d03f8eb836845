"""The blind search, on marks in noise under known maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark import Key
from indelible.watermark.carrier import Pilots, pilots_of
from indelible.watermark.search import (
    FFT_SIZE,
    Candidate,
    Spectrum,
    search_affine,
    search_similarity,
    search_upright,
    spectrum_of,
    windows_of,
)
from indelible.watermark.whitening import whiten
from tests.watermark.synthetic import PERIOD, affine, distance_of_frequencies, inverse, marked_noise

pytestmark = pytest.mark.compiled
Search = Callable[[Spectrum, Pilots, int], list[Candidate]]
SHARED = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def expected_matrix(map_: NDArray[np.float64], size: int = FFT_SIZE) -> NDArray[np.float64]:
    """Bins per cycle per tile: frequencies follow the inverse transpose of a map of pixels."""
    return size / PERIOD * inverse(map_[:2, :2]).T


@given(st.floats(0, 180), st.floats(0.5, 1.7))
@SHARED
def test_similarity(key: Key, payload: bytes, degrees: float, scale: float) -> None:
    map_ = affine(degrees, scale)
    spectrum = spectrum_of(whiten(marked_noise(key, payload, map_=map_)))
    best = search_similarity(spectrum, pilots_of(key.family), 4)[0]
    assert best.score > 10
    assert distance_of_frequencies(best.matrix, expected_matrix(map_)) < 0.01


@given(st.floats(0.78, 1.28))
@SHARED
def test_upright(key: Key, payload: bytes, stretch: float) -> None:
    map_ = affine(0, 1, stretch)
    spectrum = spectrum_of(whiten(marked_noise(key, payload, map_=map_)))
    best = search_upright(spectrum, pilots_of(key.family), 4)[0]
    assert best.score > 10
    assert distance_of_frequencies(best.matrix, expected_matrix(map_)) < 0.01


@given(st.floats(0, 180), st.floats(0.82, 1.22))
@SHARED
def test_affine(key: Key, payload: bytes, degrees: float, stretch: float) -> None:
    map_ = affine(degrees, 1, stretch)
    spectrum = spectrum_of(whiten(marked_noise(key, payload, map_=map_)))
    best = search_affine(spectrum, pilots_of(key.family), 4)[0]
    assert best.score > 8
    assert distance_of_frequencies(best.matrix, expected_matrix(map_)) < 0.015


@pytest.mark.parametrize("search", [search_similarity, search_upright, search_affine])
def test_candidates_are_sorted_and_distinct(key: Key, payload: bytes, search: Search) -> None:
    spectrum = spectrum_of(whiten(marked_noise(key, payload)))
    candidates = search(spectrum, pilots_of(key.family), 6)
    assert 0 < len(candidates) <= 6
    scores = [one.score for one in candidates]
    assert scores == sorted(scores, reverse=True)
    for i, one in enumerate(candidates):
        for other in candidates[:i]:
            assert not np.allclose(one.matrix, other.matrix, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("search", [search_similarity, search_upright, search_affine])
@pytest.mark.parametrize("family", ["default", "another"])
def test_noise_scores_low(
    rng: np.random.Generator,
    search: Search,
    family: str,
) -> None:
    spectrum = spectrum_of(whiten(rng.normal(128, 10, (512, 512)).astype(np.float32)))
    assert search(spectrum, pilots_of(family), 1)[0].score < 8


def test_another_familys_pilots_are_not_found(key: Key, payload: bytes) -> None:
    spectrum = spectrum_of(whiten(marked_noise(key, payload, noise=1)))
    pilots = pilots_of(key.family)
    assert search_similarity(spectrum, pilots, 1)[0].score > 20
    assert search_similarity(spectrum, pilots_of("another"), 1)[0].score < 12


def test_spectrum(rng: np.random.Generator) -> None:
    white = rng.normal(size=(300, 200)).astype(np.float32)
    spectrum = spectrum_of(white, 512, (30, 40))
    assert spectrum.size == 512
    assert np.allclose(spectrum.values, np.fft.rfft2(white, s=(512, 512)), atol=1e-2)
    assert spectrum.power.mean() == pytest.approx(1, abs=0.05)
    assert spectrum.centre.tolist() == [99.5, 149.5]
    assert spectrum.origin.tolist() == [30, 40]


@pytest.mark.parametrize("shape", [(512, 512), (301, 800), (33, 1024), (2, 3)])
def test_windows_lie_inside(shape: tuple[int, int], rng: np.random.Generator) -> None:
    white = rng.normal(size=shape).astype(np.float32)
    for part in windows_of(white):
        first, last = part.origin, part.origin + 2 * part.centre
        assert np.all(first >= 0)
        assert np.all(last <= np.array(shape[::-1]) - 1)


def test_each_window_finds_its_own_map(key: Key, payload: bytes) -> None:
    map_ = affine(10, 1.1)
    for part in windows_of(whiten(marked_noise(key, payload, map_=map_, noise=1))):
        best = search_similarity(part, pilots_of(key.family), 1)[0]
        expected = expected_matrix(map_, part.size)
        assert distance_of_frequencies(best.matrix, expected) < 0.03
