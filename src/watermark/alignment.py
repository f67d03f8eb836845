"""Synchronisation: from a lock to an exact map from the tile to the picture.

Tile coordinates and maps are those of :mod:`locking`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import tiles, warp
from indelible.watermark.carrier import Carrier, Pilots
from indelible.watermark.locking import Lock, pilot_signs

__all__ = [
    "LEAST_FIT",
    "Canonical",
    "approach",
    "canonical_of",
    "grid_of",
    "price_of",
    "project",
    "refine",
    "settle",
]

# Tuned values: what others do is shown by python -m benchmarks.constants alignment.NAME VALUE.
# Results stand for 78 hard draws of the Kodak suite, of which 50 are found.
EVERYWHERE = math.inf  # a radius
LEAST_FIT = 5.0  # deviations of the coherent sum; true locks reach 6 at once: 6 loses none
EVEN = 0.4  # of the best part's coherence: a part below does not fit. Coarse: 0 loses none
GROWTH = 1.4  # of the radius from one step of refine to the next: the tiles double
# Radii, parts of the picture's size, from the best part to all of it.
SETTLING = (0.35, 0.35, 0.5, 0.65, 0.8, 0.95, 1.1, 1.3, EVERYWHERE, EVERYWHERE)
# A side; bounds memory. The longest picture has LONGEST_SIDE / PERIODS[0] = 47 of the smallest
# tiles, and some more where it is turned.
MAX_TILES = 64
# Pixels a side of a resampled tile. The band's edge of 0.22 cycles per sample is at 28 cycles per
# tile, so that 57 are the least; more for larger tiles keep what bilinear sampling blurs.
SAMPLES = (64, 80, 96)
LEAST_TILES = 4  # a projective map has 8 parameters, a tile gives 2


@dataclass(frozen=True, slots=True)
class Canonical:
    """The whitened picture, resampled so that every tile is a square of `samples` pixels a side.

    Attributes
    ----------
    pixels : float32 (rows * samples, columns * samples)
        Zero outside of the picture.
    samples : int
    origin : (int, int)
        Tile coordinates (s, t) of the first pixel.
    """

    pixels: NDArray[np.float32]
    samples: int
    origin: tuple[int, int]

    def step(self) -> NDArray[np.float64]:
        """Return the map from these pixels to tile coordinates, float64 (3, 3)."""
        return _to_tiles(self.samples, self.origin)


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles that a picture may reach under a map.

    Attributes
    ----------
    columns, rows : int
    samples : int
        Pixels a side of a tile, resampled.
    origin : (int, int)
        Tile coordinates (s, t) of the first one.
    """

    columns: int
    rows: int
    samples: int
    origin: tuple[int, int]

    def step(self) -> NDArray[np.float64]:
        """Return the map from the resampled pixels to tile coordinates, float64 (3, 3)."""
        return _to_tiles(self.samples, self.origin)


def _to_tiles(samples: int, origin: tuple[int, int]) -> NDArray[np.float64]:
    return np.array([[1 / samples, 0, origin[0]], [0, 1 / samples, origin[1]], [0, 0, 1]])


def grid_of(shape: tuple[int, ...], map_: NDArray[np.float64]) -> Grid | None:
    """Return the tiles of a picture of a shape; None if the map is unusable."""
    height, width = shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
    try:
        tile = corners @ np.linalg.inv(map_).T
    except np.linalg.LinAlgError:
        return None
    if not tile[:, 2].min() > 1e-9:
        return None
    tile = tile[:, :2] / tile[:, 2:]
    first, last = np.floor(tile.min(axis=0)), np.ceil(tile.max(axis=0))
    columns, rows = (int(value) for value in last - first)
    (a, b), (c, d) = map_[:2, :2].tolist()
    pixels_per_tile = math.sqrt(abs(a * d - b * c))
    if not (0 < rows <= MAX_TILES and 0 < columns <= MAX_TILES):
        return None
    return Grid(columns, rows, _samples(pixels_per_tile), (int(first[0]), int(first[1])))


def canonical_of(white: NDArray[np.float32], map_: NDArray[np.float64]) -> Canonical | None:
    """Resample a whitened picture to the tile's grid; None if the map is unusable."""
    grid = grid_of(white.shape, map_)
    if grid is None:
        return None
    pixels = np.empty((grid.rows * grid.samples, grid.columns * grid.samples), np.float32)
    warp.bilinear(white, np.ascontiguousarray(map_ @ grid.step()), pixels)
    return Canonical(pixels, grid.samples, grid.origin)


def price_of(white: NDArray[np.float32], map_: NDArray[np.float64]) -> float:
    """Return how many pixels one look at all tiles under a map resamples."""
    pixels_per_tile = math.sqrt(abs(float(np.linalg.det(map_[:2, :2])))) + 1e-9
    samples = _samples(pixels_per_tile)
    return min(white.size * (samples / pixels_per_tile) ** 2, float((MAX_TILES * samples) ** 2))


def _samples(pixels_per_tile: float) -> int:
    """Return how many pixels a side of a tile are resampled."""
    return next((n for n in SAMPLES if pixels_per_tile <= 1.1 * n), SAMPLES[-1])


def approach(white: NDArray[np.float32], lock: Lock, carrier: Carrier, reach: float) -> Lock:
    """Sharpen a lock's map with the pilots of each tile within its reach.

    The pilots' phases in a tile show how far it is from its place; one smooth map (affine, then
    projective) is fitted to all tiles at once by Newton's method on the coherent sum, so that tiles
    too weak to be measured alone still count.

    Parameters
    ----------
    white : float32 (h, w)
    lock : Lock
    carrier : Carrier
        Of the lock's key.
    reach : float
        Part of the picture's size around `lock.centre` in which the lock's map is good.
    """
    return _stages(white, lock, carrier, [(reach, 6), (reach, 6)])


def refine(white: NDArray[np.float32], lock: Lock, carrier: Carrier, reach: float) -> Lock:
    """Go on with a lock that was approached: the fit grows from its reach to all of the picture."""
    stages = []
    while reach < 1.0:
        reach *= GROWTH
        stages.append((reach, 8))
    return _stages(white, lock, carrier, [*stages, (EVERYWHERE, 8)])


def _stages(
    white: NDArray[np.float32], lock: Lock, carrier: Carrier, stages: list[tuple[float, int]]
) -> Lock:
    for radius, basis in stages:
        lock = _step(white, lock, carrier, radius, basis)
        if lock.score < LEAST_FIT:
            break
    return lock


def settle(white: NDArray[np.float32], lock: Lock, carrier: Carrier) -> Lock:
    """Finish a lock that decoded: where a part does not fit, grow the fit from the best part.

    A map that is right in one part may be off by more than a pilot's period elsewhere in a picture
    in perspective, where a fit to all tiles at once does not bring it back.
    """
    lock = _step(white, lock, carrier, EVERYWHERE, 8)
    lock = replace(lock, cost=lock.cost + price_of(white, lock.map))  # of what follows
    coherence, places = _coherence(white, lock, carrier)
    if coherence.min() >= EVEN * coherence.max():
        return lock
    grown = replace(lock, centre=places[np.argmax(coherence)])
    for radius in SETTLING:
        grown = _step(white, grown, carrier, radius, 6 if radius < 0.6 else 8)
    return grown if grown.score > lock.score else replace(lock, cost=grown.cost)


def _coherence(
    white: NDArray[np.float32], lock: Lock, carrier: Carrier
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how well the pilots fit in each of 3 x 3 parts (0 to 1), and their centres (px)."""
    extent = np.array([white.shape[1], white.shape[0]], float)
    thirds = np.stack(np.meshgrid([1 / 6, 0.5, 5 / 6], [1 / 6, 0.5, 5 / 6]), -1).reshape(9, 2)
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return np.ones(9), thirds * extent
    values, centres = pilot_values(white, grid, lock, carrier)
    place = project(lock.map, centres) / extent
    inside = np.all((place > 0) & (place < 1), axis=1)
    part = (np.floor(3 * place[inside]) @ (1, 3)).astype(np.int64)
    real = np.bincount(part, values[inside].real.sum(axis=1), 9)
    return real / (np.bincount(part, np.abs(values[inside]).sum(axis=1), 9) + 1e-9), thirds * extent


def project(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a homography (3, 3) to points (n, 2)."""
    image = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(image[:, :2] / image[:, 2:])


def _step(
    white: NDArray[np.float32], lock: Lock, carrier: Carrier, radius: float, basis: int
) -> Lock:
    """Fit once to the tiles within a radius (part of the picture's size) of the lock's centre."""
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return lock
    values, centres = pilot_values(white, grid, lock, carrier, radius)
    cost = lock.cost + len(values) * grid.samples**2
    if len(values) < LEAST_TILES:
        return replace(lock, score=0.0, cost=cost)
    # in units of half the tiles' extent around their middle the fit is well conditioned
    middle, reach = centres.mean(axis=0), float(np.ptp(centres, axis=0).max()) / 2 + 0.5
    parameters = np.zeros(8)
    places = (centres - middle) / reach
    score = tiles.fit(values, places, carrier.pilots.lines, parameters[:basis])
    correction = _correction(parameters / reach, middle, reach)
    return replace(lock, score=score, map=lock.map @ correction, cost=cost)


def pilot_values(
    white: NDArray[np.float32],
    grid: Grid,
    lock: Lock,
    carrier: Carrier,
    radius: float = EVERYWHERE,
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Return each tile's pilots with their expected phases removed, and the tiles' centres.

    Only tiles that the picture reaches are returned: the frame of a turned one is mostly empty.

    Returns
    -------
    values : complex128 (n_tiles, n_pilots)
    centres : float64 (n_tiles, 2)
        Tile coordinates.
    """
    pairs, pair_of = _pairs(carrier.pilots)
    phases = carrier.pilot_phases[lock.variant]
    expected = lock.polarity * pilot_signs(carrier.pilots, lock.high) * np.exp(-1j * phases)
    wanted = _within(white.shape, grid, lock, radius)
    values = np.empty((len(wanted), len(phases)), np.complex128)
    reached = np.empty(len(wanted), np.int64)
    matrix = np.ascontiguousarray(lock.map @ grid.step())
    found = tiles.tile_pilots(
        white, matrix, wanted, grid.samples, pairs, pair_of, expected, values, reached
    )
    return values[:found], wanted[reached[:found]] + np.array(grid.origin) + 0.5


def _within(shape: tuple[int, ...], grid: Grid, lock: Lock, radius: float) -> NDArray[np.int64]:
    """Return columns and rows of the tiles within a radius of the lock's centre, int64 (n, 2).

    All tiles, if hardly any of the picture's is within.
    """
    rows, columns = np.divmod(np.arange(grid.rows * grid.columns), grid.columns)
    every = np.stack([columns, rows], axis=1)
    if radius == EVERYWHERE:
        return every
    place = project(lock.map, every + np.array(grid.origin) + 0.5)
    near = np.abs(place - lock.centre).max(axis=1) <= radius * max(shape) / 2
    inside = np.all((place > 0) & (place < (shape[1], shape[0])), axis=1)
    return every[near] if np.count_nonzero(near & inside) >= LEAST_TILES else every


@lru_cache(maxsize=16)
def _pairs(pilots: Pilots) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pilots' frequencies (u, abs(v)), and which of them each pilot is.

    Returns
    -------
    pairs : int64 (m, 2)
    pair_of : int64 (n_pilots,)
        Twice the pair's index, plus 1 where v is negative.
    """
    pairs, index = np.unique(np.abs(pilots.lines), axis=0, return_inverse=True)
    return pairs, 2 * index.reshape(-1) + (pilots.lines[:, 1] < 0)


def _correction(
    p: NDArray[np.float64], middle: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """Return the homography that undoes a fitted displacement, to first order."""
    x, y = middle
    displaced = np.array([[1 + p[2], p[4], p[0]], [p[3], 1 + p[5], p[1]], [-p[6], -p[7], 1]])
    enlarge = np.array([[reach, 0, x], [0, reach, y], [0, 0, 1]])
    shrink = np.array([[1 / reach, 0, -x / reach], [0, 1 / reach, -y / reach], [0, 0, 1]])
    return np.asarray(enlarge @ np.linalg.inv(displaced) @ shrink)
