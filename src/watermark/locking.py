"""The coherent lock: from a candidate of the search to key, variant, polarity and translation.

The search knows a constellation's places but no phases. Here the pilots' phases decide between the
hypotheses about everything else: only under the right one do they add up.

Tile coordinates count tiles: the mark repeats its pilots at every integer. A *map* is the 3 x 3
homography from tile coordinates (s, t, 1) to pixels of the reduced picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import constellation, translations
from indelible.watermark._kernels.translations import GRID
from indelible.watermark.carrier import TILE, Carrier, Pilots
from indelible.watermark.search import PERIODS, Candidate, Spectrum

__all__ = ["SYMMETRIES", "Lock", "lock_candidates", "pilot_signs", "whole_locks"]

# Tuned values: what others do is shown by python -m benchmarks.constants locking.NAME VALUE.
# Results stand for 78 hard draws of the Kodak suite, of which 50 are found.
# Exponent of the relative power: 0 counts all lines alike. Coarse: 0 and 1 find one mark more.
LINE_WEIGHT = 0.5
# Cycles per sample; the upper pilots are beyond. A box or median of 7 pixels has its first zero at
# 1/7 = 0.143, and inverts what is beyond. Coarse: 0.12 and 0.16 lose none.
UPPER_RADIUS = 0.138
RASTER_CANDIDATES = 24  # that are sharpened: 8 for each lock that goes on
NEWTON_STEPS = 3  # converges quadratically from within half a step of the raster
# From one size to the next, in its logarithm: between two, the highest pilots (26 cycles per tile)
# turn by half a radian at a centre that is two tiles from the corner.
SIZE_STEP = 0.0025
WHOLE_LOCKS = 3  # as detection.LOCKS.
CORNER = -0.5 / TILE  # tiles: the mark begins at the centre of the corner pixel
# Rounding to whole pixels moves a side by up to 1/2: by two steps at 100 pixels, less where larger.
_FINE = np.exp(SIZE_STEP * np.linspace(-2, 2, 17))
# Width and height of a resized picture, apart.
_AROUND = np.stack(np.meshgrid(_FINE, _FINE), axis=-1).reshape(-1, 2)
# Of the square: rotations, then the same after a flip.
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
    cost : float
        Pixels that were resampled to fit the map to the tiles.
    """

    score: float
    ring_index: int
    variant: int
    polarity: int
    lines: int
    map: NDArray[np.float64]
    centre: NDArray[np.float64]
    high: int = 1
    cost: float = 0.0


def lock_candidates(
    spectrum: Spectrum,
    candidate: Candidate,
    pilots: Pilots,
    ring: list[tuple[int, Carrier]],
    limit: int,
    high: int = 1,
) -> Iterator[Lock]:
    """Try every key, variant, symmetry, polarity and translation on one candidate; best first."""
    lines = pilots.lines
    sampled = np.empty(len(lines), np.complex64)
    standing_out = np.empty(len(lines), np.float32)
    exact, matrix = lines.astype(np.float64), candidate.matrix
    x, y = spectrum.centre
    constellation.sample_lines(spectrum.values, exact, matrix, x, y, sampled)
    constellation.nearest_power(spectrum.power, exact, matrix, standing_out)
    # a line counts by how far it stands out, not by how strong its surroundings are
    amplitude = np.abs(sampled) + np.float32(1e-12)
    sampled *= standing_out ** np.float32(LINE_WEIGHT) / amplitude
    deviation = np.sqrt(np.sum(np.abs(sampled) ** 2) / 2) + 1e-12
    index_of, negative = _permutations(pilots)
    turned = np.where(negative, np.conj(sampled[index_of]), sampled[index_of])
    turned *= pilot_signs(pilots, high).astype(np.float32)
    phases = np.concatenate([carrier.pilot_phases for _, carrier in ring])
    expected = np.exp(1j * phases).astype(np.complex64)
    scores = np.empty((len(expected) * len(SYMMETRIES), 2), np.float32)
    places = np.empty(scores.shape, np.int64)
    translations.best_translations(expected, turned, lines, scores, places)
    best = np.argsort(-np.abs(scores), axis=None)[:RASTER_CANDIDATES]
    row, inverted = np.divmod(best, 2)
    which, symmetry = np.divmod(row, len(SYMMETRIES))
    polarity = 1 - 2 * inverted
    place = np.stack(np.divmod(places[row, inverted], GRID)[::-1], axis=1) / GRID
    total = np.empty(len(best))
    values = expected[which] * np.conj(turned[symmetry]) * polarity.astype(np.float32)[:, None]
    translations.sharpen(values, lines, NEWTON_STEPS, place, total)
    inside = int(np.count_nonzero(standing_out))
    centre = spectrum.origin + spectrum.centre
    for index in np.argsort(-total)[:limit]:
        key, variant = divmod(int(which[index]), len(expected) // len(ring))
        map_ = np.eye(3)
        turn = SYMMETRIES[symmetry[index]]
        map_[:2, :2] = np.linalg.inv(candidate.matrix @ turn / spectrum.size).T
        map_[:2, 2] = centre - map_[:2, :2] @ place[index]
        score = float(total[index] / deviation)
        sign = int(polarity[index])
        yield Lock(score, ring[key][0], variant, sign, inside, map_, centre, high)


def whole_locks(
    spectrum: Spectrum, pilots: Pilots, ring: list[tuple[int, Carrier]], least: float
) -> list[Lock]:
    """Try all sizes of a picture that was resized as a whole, neither cropped nor turned.

    Its tiles begin at its corner: with one unknown in place of four, chance reaches less, and far
    fewer pilots suffice.

    Returns
    -------
    list of Lock
        At most WHOLE_LOCKS with at least this score, best first.
    """
    phases = np.concatenate([carrier.pilot_phases for _, carrier in ring])
    expected = np.exp(1j * phases).astype(np.complex64)
    steps = np.arange(int(np.log(PERIODS[1] / PERIODS[0]) / SIZE_STEP))
    periods = np.repeat(PERIODS[0] * np.exp(SIZE_STEP * steps), 2).reshape(-1, 2)
    scores = _scores_of_sizes(spectrum, pilots, periods, expected)
    locks: list[Lock] = []
    high_enough = np.flatnonzero(scores >= least)
    for index in high_enough[np.argsort(-scores.ravel()[high_enough])][:RASTER_CANDIDATES]:
        row, which = divmod(int(index), scores.shape[1])
        if len(locks) == WHOLE_LOCKS:
            break
        if any(abs(np.log(lock.map[0, 0] / periods[row, 0])) < 6 * SIZE_STEP for lock in locks):
            continue
        # both sides were rounded to whole pixels: they have sizes of their own
        around = periods[row] * _AROUND
        finer = _scores_of_sizes(spectrum, pilots, around, expected[which // 2 : which // 2 + 1])
        finest = int(np.argmax(finer[:, which % 2]))
        map_ = np.diag([*around[finest], 1.0])
        map_[:2, 2] = -0.5 - CORNER * around[finest]
        key, variant = divmod(which // 2, len(expected) // len(ring))
        score, high = float(finer[finest, which % 2]), 1 - 2 * (which % 2)
        inside = len(pilots.lines)
        locks.append(Lock(score, ring[key][0], variant, 1, inside, map_, spectrum.centre, high))
    return sorted(locks, key=lambda lock: -lock.score)


def _scores_of_sizes(
    spectrum: Spectrum,
    pilots: Pilots,
    periods: NDArray[np.float64],
    expected: NDArray[np.complex64],
) -> NDArray[np.float32]:
    """Return each size's scores, float32 (sizes, 2 E): upper pilots upright, then inverted."""
    scores = np.zeros((len(periods), 2 * len(expected)), np.float32)
    signs = pilot_signs(pilots, -1)
    translations.scan_sizes(
        spectrum.values,
        spectrum.power,
        pilots.lines,
        signs,
        spectrum.centre,
        CORNER,
        periods,
        expected,
        scores,
    )
    return scores


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


@lru_cache(maxsize=32)
def pilot_signs(pilots: Pilots, high: int) -> NDArray[np.float64]:
    """Return `high` for the upper pilots, 1 for the others, float64 (n_pilots,), read-only."""
    signs = np.where(np.hypot(*pilots.lines.T) > UPPER_RADIUS * TILE, float(high), 1.0)
    signs.flags.writeable = False
    return signs
