"""Synchronisation, on marks in noise under known maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark import Key
from indelible.watermark.alignment import canonical_of, project, refine, settle
from indelible.watermark.carrier import carrier_of
from indelible.watermark.locking import Lock
from indelible.watermark.whitening import whiten
from tests.watermark.synthetic import (
    PERIOD,
    SIDE,
    affine,
    inverse,
    locks_of,
    marked_noise,
    misplaced,
)

pytestmark = pytest.mark.compiled

TO_PIXELS = np.diag([PERIOD, PERIOD, 1.0])


@pytest.mark.parametrize("degrees", [0, 30, 100, 190, 260])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_refined_lock_is_exact(key: Key, payload: bytes, degrees: float, flipped: bool) -> None:
    truth = affine(degrees)
    image = marked_noise(key, payload, map_=truth)
    if flipped:
        image = np.ascontiguousarray(image[:, ::-1])
        truth = np.array([[-1, 0, SIDE - 1], [0, 1, 0], [0, 0, 1.0]]) @ truth
    white = whiten(image)
    lock = refine(white, locks_of(white, [key])[0], carrier_of(key), 1.0)
    assert misplaced(lock.map, truth @ TO_PIXELS) < 0.5


@pytest.fixture(scope="module")
def perspective(key: Key, payload: bytes) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A whitened mark under a perspective, and the map."""
    truth = np.array([[1.02, 0.03, -8], [0.01, 0.99, 5], [5e-5, -4e-5, 1]])
    return whiten(marked_noise(key, payload, map_=truth)), truth


@pytest.fixture(scope="module")
def lock(key: Key, payload: bytes) -> Lock:
    """A lock on an unmoved mark."""
    return locks_of(whiten(marked_noise(key, payload)), [key])[0]


def moved(lock: Lock, map_: NDArray[np.float64]) -> Lock:
    return replace(lock, map=map_, centre=np.array([SIDE / 2, SIDE / 2]))


def test_a_perspective_is_fitted(
    key: Key, lock: Lock, perspective: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    white, truth = perspective
    middle = np.array([[SIDE / 2, SIDE / 2]])
    step = np.array([[1.0, 0], [0, 1]])
    source = project(inverse(truth), middle)
    near = (project(truth, source + step) - project(truth, source - step)).T / 2
    start = np.eye(3)  # the affine map that touches the perspective in the picture's middle
    start[:2, :2] = near
    start[:2, 2] = (middle - source @ near.T)[0]
    assert misplaced(start @ TO_PIXELS, truth @ TO_PIXELS) > 4
    lock = settle(
        white, refine(white, moved(lock, start @ TO_PIXELS), carrier_of(key), 0.4), carrier_of(key)
    )
    assert misplaced(lock.map, truth @ TO_PIXELS) < 0.7


def test_settling_never_lowers_the_score(
    key: Key, lock: Lock, perspective: tuple[NDArray[np.float32], NDArray[np.float64]]
) -> None:
    white, truth = perspective
    lock = refine(white, moved(lock, truth @ TO_PIXELS), carrier_of(key), 1.0)
    assert settle(white, lock, carrier_of(key)).score >= 0.98 * lock.score


# --- the canonical picture -----------------------------------------------------------------------


def test_canonical_of_an_unmoved_picture(rng: np.random.Generator) -> None:
    white = rng.normal(size=(256, 384)).astype(np.float32)
    canonical = canonical_of(white, np.diag([64.0, 64.0, 1.0]))
    assert canonical is not None
    assert canonical.origin == (0, 0)
    assert canonical.samples == 64
    assert np.allclose(canonical.pixels[:255, :383], white[:255, :383], atol=1e-5)
    assert canonical.pixels.shape == (4 * 64, 6 * 64)


def test_canonical_of_a_moved_picture(rng: np.random.Generator) -> None:
    white = rng.normal(size=(256, 256)).astype(np.float32)
    map_ = np.array([[64.0, 0, -32], [0, 64, 70], [0, 0, 1]])
    canonical = canonical_of(white, map_)
    assert canonical is not None
    assert canonical.origin == (0, -2)
    at = project(inverse(map_), np.array([[100.0, 200.0]]))[0]
    x, y = np.rint((at - canonical.origin) * canonical.samples).astype(int)
    assert canonical.pixels[y, x] == pytest.approx(white[200, 100], abs=1e-4)


@pytest.mark.parametrize(
    "map_",
    [
        np.zeros((3, 3)),
        np.diag([1e-3, 1e-3, 1.0]),
        np.diag([64.0, 1e-3, 1.0]),
        np.array([[64.0, 0, 0], [0, 64, 0], [0.5, 0, -1]]),
        np.full((3, 3), np.nan),
        np.diag([np.inf, 64.0, 1.0]),
    ],
)
def test_unusable_maps(map_: NDArray[np.float64]) -> None:
    with np.errstate(all="ignore"):
        assert canonical_of(np.zeros((100, 100), np.float32), map_) is None


def test_an_unusable_lock_stays_as_it_is(key: Key, lock: Lock) -> None:
    unusable = moved(lock, np.diag([1e-3, 1e-3, 1.0]))
    assert refine(np.zeros((100, 100), np.float32), unusable, carrier_of(key), 1.0) is unusable


def test_project() -> None:
    homography = np.array([[2.0, 0, 1], [0, 1, 0], [0, 0.5, 1]])
    assert project(homography, np.array([[3.0, 2.0], [0, 0]])).tolist() == [[3.5, 1.0], [1, 0]]
