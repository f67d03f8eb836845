"""Marks without pictures: a mark's pattern in noise, under known maps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.watermark.alignment import project
from indelible.watermark.carrier import carrier_of, pilots_of
from indelible.watermark.keys import Key
from indelible.watermark.locking import SYMMETRIES, Lock, lock_candidates
from indelible.watermark.pattern import period_of, synthesise
from indelible.watermark.search import search_similarity, spectrum_of

SIDE = 512
PERIOD = period_of(0)


def affine(degrees: float = 0.0, scale: float = 1.0, stretch: float = 1.0) -> NDArray[np.float64]:
    """A stretch along the axes, then a rotation and a change of scale, about the centre, (3, 3)."""
    angle = np.deg2rad(degrees)
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    map_ = np.eye(3)
    map_[:2, :2] = rotation @ np.diag([np.sqrt(stretch), 1 / np.sqrt(stretch)])
    centre = np.full(2, (SIDE - 1) / 2)
    map_[:2, 2] = centre - map_[:2, :2] @ centre
    return map_


def inverse(map_: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(map_), np.float64)


def marked_noise(
    key: Key,
    payload: bytes,
    variant: int = 0,
    *,
    map_: NDArray[np.float64] | None = None,
    noise: float = 2.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """A mark of unit variance under a map, in noise, on mid-grey, float32 (SIDE, SIDE)."""
    period = synthesise(carrier_of(key), variant, payload, 0)
    image = np.tile(period, (3, 3))
    shift = np.eye(3)
    shift[:2, 2] = -period.shape[0]  # one period more on all sides
    map_ = np.eye(3) if map_ is None else map_
    warped = cv2.warpPerspective(image, map_ @ shift, (SIDE, SIDE), flags=cv2.INTER_CUBIC)
    random = np.random.default_rng(seed)
    return (128 + 4 * (warped + random.normal(0, noise, warped.shape))).astype(np.float32)


def locks_of(white: NDArray[np.float32], keys: list[Key]) -> list[Lock]:
    """The locks of the best candidate of a search."""
    pilots = pilots_of(keys[0].family)
    spectrum = spectrum_of(white)
    candidate = search_similarity(spectrum, pilots, 1)[0]
    ring = [(index, carrier_of(one)) for index, one in enumerate(keys)]
    return list(lock_candidates(spectrum, candidate, pilots, ring, 3))


def misplaced(map_: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Largest distance of a map from the true one over the picture, in pixels.

    Both lead from tile coordinates to pixels; whole tiles between them do not matter.
    """
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], float)
    middle = np.array([[SIDE / 2, SIDE / 2]])
    back, true_back = inverse(map_), inverse(truth)
    tiles = np.rint(project(back, middle) - project(true_back, middle))
    placed = project(map_, project(true_back, corners) + tiles)
    return float(np.hypot(*(placed - corners).T).max())


def distance_of_frequencies(matrix: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Relative distance of two maps of the pilots, whose symmetries cannot be told apart."""
    size = float(np.abs(expected).max())
    return min(float(np.abs(matrix - expected @ s).max()) / size for s in SYMMETRIES)
