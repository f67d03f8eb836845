"""The coherent lock: from a candidate of the search to key, variant, polarity and translation.

The search knows a constellation's places but no phases. Here the pilots' phases tell which of the
hypotheses about everything else makes them add up.

Tile coordinates count tiles: the mark repeats its pilots at every integer. A *map* is the 3 x 3
homography from tile coordinates (s, t, 1) to pixels of the reduced picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import constellation
from indelible.watermark.carrier import TILE, Carrier, Pilots
from indelible.watermark.search import Candidate, Spectrum

__all__ = ["SYMMETRIES", "Lock", "lock_candidates", "pilot_signs"]

LINE_WEIGHT = 0.5  # exponent of the relative power
UPPER_RADIUS = 0.138  # cycles per sample: the upper pilots are beyond
RASTER_CANDIDATES = 24
NEWTON_STEPS = 3
GRID = 64  # translations tried per tile and direction
SYMMETRIES = tuple(
    np.array(matrix, dtype=np.int64)
    for matrix in (
        ((1, 0), (0, 1)), ((0, -1), (1, 0)), ((-1, 0), (0, -1)), ((0, 1), (-1, 0)),
        ((1, 0), (0, -1)), ((0, 1), (1, 0)), ((-1, 0), (0, 1)), ((0, -1), (-1, 0)),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lock:
    """A hypothesis about everything but the data.

    Attributes
    ----------
    score : float
        Coherent sum of the pilots over its deviation on an unmarked picture.
    ring_index : int
        Which key.
    variant : int
    polarity : int
        1, or -1 for an inverted picture.
    lines : int
        How many pilots were inside of the spectrum.
    map : float64 (3, 3)
    centre : float64 (2,)
        Pixel (x, y) of the reduced picture around which the map was found.
    high : int
        1, or -1 where the upper pilots are inverted: the response of a median filter, of a box
        and of a lens out of focus is negative beyond its first zero.
    """

    score: float
    ring_index: int
    variant: int
    polarity: int
    lines: int
    map: NDArray[np.float64]
    centre: NDArray[np.float64]
    high: int = 1


def lock_candidates(
    spectrum: Spectrum,
    candidate: Candidate,
    pilots: Pilots,
    ring: list[tuple[int, Carrier]],
    limit: int,
    high: int = 1,
) -> list[Lock]:
    """Try every key, variant, symmetry, polarity and translation on one candidate; best first."""
    lines = pilots.lines
    sampled = np.empty(len(lines), np.complex64)
    constellation.sample_lines(
        spectrum.values,
        lines.astype(np.float64),
        candidate.matrix,
        spectrum.centre[0],
        spectrum.centre[1],
        sampled,
    )
    # a line counts by how far it stands out, not by how strong its surroundings are
    amplitude = np.abs(sampled) + np.float32(1e-12)
    standing_out = constellation_power(spectrum, lines, candidate.matrix)
    sampled *= standing_out ** np.float32(LINE_WEIGHT) / amplitude
    deviation = np.sqrt(np.sum(np.abs(sampled) ** 2) / 2) + 1e-12
    index_of, negative = _permutations(pilots)
    turned = np.where(negative, np.conj(sampled[index_of]), sampled[index_of])
    expected = np.concatenate([carrier.pilot_phases for _, carrier in ring])
    turned = turned * pilot_signs(lines, high)
    hypotheses = np.exp(1j * expected)[:, None, :] * np.conj(turned)[None, :, :]
    flat = np.ascontiguousarray(hypotheses.reshape(-1, len(lines)), dtype=np.complex64)
    scores = np.empty((len(flat), 2), np.float32)
    places = np.empty((len(flat), 2), np.int64)
    constellation.best_translations(
        flat, np.ascontiguousarray(lines[:, 0]), np.ascontiguousarray(lines[:, 1]), scores, places
    )
    best = np.argsort(-np.abs(scores), axis=None)[:RASTER_CANDIDATES]
    row, inverted = np.divmod(best, 2)
    polarity = 1 - 2 * inverted
    start = np.stack(np.divmod(places[row, inverted], GRID)[::-1], axis=1) / GRID
    places_exact, total = _sharpened(flat[row] * polarity[:, None], lines, start)
    variants = len(expected) // len(ring)
    inside = int(np.count_nonzero(standing_out))
    centre = spectrum.origin + spectrum.centre
    locks = []
    for index in np.argsort(-total)[:limit]:
        which, symmetry = divmod(int(row[index]), len(SYMMETRIES))
        key, variant = divmod(which, variants)
        map_ = np.eye(3)
        map_[:2, :2] = np.linalg.inv(candidate.matrix @ SYMMETRIES[symmetry] / spectrum.size).T
        map_[:2, 2] = centre - map_[:2, :2] @ places_exact[index]
        score = float(total[index] / deviation)
        sign = int(polarity[index])
        locks.append(Lock(score, ring[key][0], variant, sign, inside, map_, centre, high))
    return locks


def _sharpened(
    values: NDArray[np.complex64], lines: NDArray[np.int64], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Climb from raster places to the nearest maxima of the coherent sum, by Newton's method.

    Between the raster's points the highest pilots turn by more than a radian.

    Parameters
    ----------
    values : complex64 (m, n_pilots)
    lines : int64 (n_pilots, 2)
    place : float64 (m, 2)
        Tiles.

    Returns
    -------
    place : float64 (m, 2)
    total : float64 (m,)
        The coherent sums there.
    """
    wave = 2 * np.pi * lines.astype(np.float64)
    for _ in range(NEWTON_STEPS):
        turned = values * np.exp(1j * (place @ wave.T))
        weight = np.maximum(turned.real, 0.1 * np.abs(turned))
        curvature = np.einsum("mk,kp,kq->mpq", weight, wave, wave) + 1e-9 * np.eye(2)
        place = place - np.linalg.solve(curvature, (turned.imag @ wave)[..., None])[..., 0]
    turned = values * np.exp(1j * (place @ wave.T))
    return place, turned.real.sum(axis=1)


def constellation_power(
    spectrum: Spectrum, lines: NDArray[np.int64], matrix: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the relative power at each line's nearest bin; 0 outside of the spectrum."""
    x, y = np.rint(matrix @ lines.T).astype(np.int64)
    x, y = np.where(x < 0, -x, x), np.where(x < 0, -y, y)
    size = spectrum.size
    inside = (x <= size // 2) & (np.abs(y) < size // 2)
    power = spectrum.power[y % size, np.minimum(x, size // 2)]
    return np.asarray(np.where(inside, power, 0), dtype=np.float32)


@lru_cache(maxsize=16)
def _permutations(pilots: Pilots) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return, for each symmetry, which line each line becomes, and whether as its negative.

    Returns
    -------
    index : int64 (symmetries, n_pilots)
    negative : bool, same shape
        A picture is real: at the negative frequency its spectrum is the conjugate.
    """
    place = {(int(u), int(v)): i for i, (u, v) in enumerate(pilots.lines)}
    turned = np.einsum("gij,kj->gki", np.stack(SYMMETRIES), pilots.lines)
    rows = turned.tolist()
    index = [[place.get((u, v), place.get((-u, -v), -1)) for u, v in row] for row in rows]
    negative = [[(u, v) not in place for u, v in row] for row in rows]
    return np.array(index), np.array(negative)


def pilot_signs(lines: NDArray[np.int64], high: int) -> NDArray[np.float64]:
    """Return `high` for the upper pilots, 1 for the others, float64 (n,); lines per tile."""
    return np.where(np.hypot(*lines.T) > UPPER_RADIUS * TILE, float(high), 1.0)
