"""A flow while it is fitted: which cells are in use, and what is known about them.

What a flow is, and how it grows, is told in :mod:`flow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import mesh
from indelible.watermark.alignment import grid_of, project
from indelible.watermark.carrier import TILE, Carrier, Pilots
from indelible.watermark.cells import (
    CELLS,
    Reading,
    likeliest,
    normalised,
    smoothed,
    trend,
    widened,
)
from indelible.watermark.locking import Lock, pilot_signs

__all__ = ["FIRST", "STEP", "Flow", "Tracker", "cells_of", "places_of", "tracker_of"]

# Tuned values: what others do is shown by python -m benchmarks.constants tracking.NAME VALUE.
MOST_CELLS = 44  # a side of the grid: bounds time and memory
FIRST = 2  # cells around the start in which the fit begins
# Cells by which it grows at a time: with quarter cells half a tile, where a trend is still true.
STEP = 2
MARGIN = 2  # corners around the cells in use, which the fit predicts
LOWEST = 0.1  # cycles per sample: new cells are judged by pilots up to here, which tolerate more
# Tiles: deviation of a second difference from one quarter cell to the next. A lens of 0.2 has
# 0.015 at its rim, nearly all of it trend.
STIFF = 0.006
LOOSE = 0.02  # waves of a tile have more: a smoother flow misses them, this one overfits
LEAST_AMPLITUDE = 0.1  # of a pilot in a cell, in units of its deviation
MOST_AMPLITUDE = 0.6  # more is the luck of few cells
KEPT = 0.7  # of the largest amplitude so far: where less is seen, the flow is wrong, not the mark
# Deviations of the coherent sum: with less, the fit grows only where the mark is seen.
SURE_FLOW = 11.0
SEEN = 0.35  # of the largest amplitude so far: there it is seen
SHARPNESS = 2.0  # cells: deviation of what smooths the local strength


@dataclass(frozen=True, slots=True)
class Flow:
    """A map from tile coordinates to pixels that bends.

    Attributes
    ----------
    lock : Lock
        Whose map is bent.
    cells : int
        A side of a tile.
    samples : int
        Pixels a side of a resampled tile.
    origin : (int, int)
        Tile coordinates (s, t) of the grid's first corner.
    bend : float64 (rows + 1, columns + 1, 2)
        Displacement of each cell's corner before the lock's map, in tiles.
    strength : float64 (rows, columns)
        The pilots' mean amplitude around each cell, in units of their deviation there, at least 0.
    score : float
        Coherent sum of all cells' pilots over its deviation.
    """

    lock: Lock
    cells: int
    samples: int
    origin: tuple[int, int]
    bend: NDArray[np.float64]
    strength: NDArray[np.float64]
    score: float


def cells_of(tiles: int) -> int | None:
    """Return how many cells a side a tile is divided into; None if there are too many tiles."""
    return next((cells for cells in CELLS if cells * tiles <= MOST_CELLS), None)


def tracker_of(white: NDArray[np.float32], lock: Lock, carrier: Carrier) -> Tracker | None:
    """Return a flow that isn't bent yet; None if there are too many tiles."""
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return None
    cells = cells_of(max(grid.rows, grid.columns) + 2)
    if cells is None:
        return None
    # a tile more on every side: a flow may reach further than the lock's map
    origin = grid.origin[0] - 1, grid.origin[1] - 1
    shape = (grid.rows + 2) * cells, (grid.columns + 2) * cells
    return Tracker(white, lock, carrier, cells, grid.samples, origin, shape)


class Tracker:
    """A flow while it is fitted: which cells are in use, and what is known about them."""

    def __init__(
        self,
        white: NDArray[np.float32],
        lock: Lock,
        carrier: Carrier,
        cells: int,
        samples: int,
        origin: tuple[int, int],
        shape: tuple[int, int],
    ) -> None:
        self.white, self.lock, self.cells, self.samples = white, lock, cells, samples
        self.origin, self.shape = origin, shape
        self.lines = carrier.pilots.lines.astype(np.float64)
        self.low = np.hypot(*self.lines.T) < LOWEST * TILE
        self.waves = _waves(carrier.pilots, samples, cells)
        signs = lock.polarity * pilot_signs(carrier.pilots, lock.high)
        phases = carrier.pilot_phases[lock.variant]
        self.expected = (signs * np.exp(-1j * phases)).astype(np.complex64)
        self.bend = np.zeros((shape[0] + 1, shape[1] + 1, 2))
        self.fitted = np.zeros(shape, np.bool_)  # cells that were in use before
        self.smoothness = STIFF * (max(CELLS) / cells) ** 2
        self.box = (0, shape[0], 0, shape[1])  # of cells that are looked at: rows, columns
        self.used = np.zeros(shape, np.bool_)
        self.peak, self.score = 0.0, 0.0
        self.strength = np.zeros(shape)

    def start(self, reach: float) -> None:
        """Choose the place within the lock's reach where it fits best."""
        rows, columns = self.shape
        t, s = np.mgrid[0:rows, 0:columns]
        centre = (np.stack([s, t], -1) + 0.5) / self.cells + self.origin
        pixel = project(self.lock.map, centre.reshape(-1, 2)).reshape(rows, columns, 2)
        near = np.abs(pixel - self.lock.centre).max(axis=2) <= reach * max(self.white.shape) / 2
        self.box = self._around(near, 0)
        y0, _, x0, _ = self.box
        real = smoothed(self._read()[0].real.sum(axis=2), FIRST / 1.5)
        y, x = np.unravel_index(int(np.argmax(real)), real.shape)
        self.used = (np.abs(s - x0 - x) <= FIRST) & (np.abs(t - y0 - y) <= FIRST)
        self.box = self._around(self.used, MARGIN)

    def look(self, raw: Reading | None = None) -> Reading:
        """Take all cells in as they are; return their pilots, and which of them are seen.

        `raw` is what :meth:`raw` gives, if it is known already.
        """
        self.box = (0, self.shape[0], 0, self.shape[1])
        values, seen = self.raw() if raw is None else raw
        values = values * self.expected
        self.used[:] = self.fitted[:] = True
        self.strength[:] = values.real.mean(axis=2) * seen
        self.score = float(self.strength.sum()) * np.sqrt(len(self.lines) / max(seen.sum(), 1))
        return values, seen

    def resume(self, flow: Flow) -> None:
        """Go on from a flow, less smooth."""
        self.bend[:] = flow.bend
        self.used[:] = self.fitted[:] = True
        self.peak = float(flow.strength.max())
        self.smoothness *= LOOSE / STIFF

    def grow(self) -> bool:
        """Fit to the cells in use, take in their neighbours; return whether there were any."""
        self.fit()
        front = self.used
        if self.score < SURE_FLOW:
            front = front & (smoothed(self.strength, SHARPNESS) >= SEEN * self.peak)
        front = self.used | widened(front, STEP)
        if np.array_equal(front, self.used):
            return False
        self.used = front
        old = self.box
        self.box = self._around(front, MARGIN)
        self._extend(old)
        return True

    def fit(self) -> None:
        """Look once, and move the corners to where they are likeliest."""
        y0, y1, x0, x1 = self.box
        values, seen = self._read()
        used = seen & self.used[y0:y1, x0:x1]
        known = used & self.fitted[y0:y1, x0:x1]
        real = values.real.mean(axis=2)
        now = float(real[known if known.any() else used].mean()) if used.any() else 0.0
        self.peak = max(self.peak, min(now, MOST_AMPLITUDE))
        amplitude = max(now, KEPT * self.peak, LEAST_AMPLITUDE)
        self.score = float(real[used].sum()) * np.sqrt(len(self.lines) / max(used.sum(), 1))
        weight = (known[..., None] | self.low) & used[..., None]
        omega = 2 * np.pi * self.lines
        gradient = -amplitude * ((weight * values.imag) @ omega.astype(np.float32)).astype(float)
        curvature = amplitude**2 * (weight @ (omega**2).mean(axis=1))
        part = self.bend[y0 : y1 + 1, x0 : x1 + 1]
        fitted = self.fitted[y0:y1, x0:x1]
        rest = part - trend(part, fitted, self.cells)
        part += likeliest(rest, gradient, curvature, self.smoothness**-2)
        fitted |= used
        self.strength[:] = 0.0
        self.strength[y0:y1, x0:x1] = real * used

    def flow(self) -> Flow:
        """Return what was found."""
        strength = np.maximum(smoothed(self.strength, SHARPNESS), 0.0)
        return Flow(
            self.lock, self.cells, self.samples, self.origin, self.bend, strength, self.score
        )

    def _around(self, cells: NDArray[np.bool_], margin: int) -> tuple[int, int, int, int]:
        rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
        if not len(rows):
            return 0, self.shape[0], 0, self.shape[1]
        return (
            max(int(rows[0]) - margin, 0), min(int(rows[-1]) + 1 + margin, self.shape[0]),
            max(int(columns[0]) - margin, 0), min(int(columns[-1]) + 1 + margin, self.shape[1]),
        )  # fmt: skip

    def _extend(self, old: tuple[int, int, int, int]) -> None:
        """Continue the displacements in a straight line from an old box to the new one."""
        y0, y1, x0, x1 = old
        top, bottom, left, right = self.box
        bend = self.bend
        for y in range(y0 - 1, top - 1, -1):
            bend[y, x0 : x1 + 1] = 2 * bend[y + 1, x0 : x1 + 1] - bend[y + 2, x0 : x1 + 1]
        for y in range(y1 + 1, bottom + 1):
            bend[y, x0 : x1 + 1] = 2 * bend[y - 1, x0 : x1 + 1] - bend[y - 2, x0 : x1 + 1]
        part = bend[top : bottom + 1]
        for x in range(x0 - 1, left - 1, -1):
            part[:, x] = 2 * part[:, x + 1] - part[:, x + 2]
        for x in range(x1 + 1, right + 1):
            part[:, x] = 2 * part[:, x - 1] - part[:, x - 2]

    def _read(self) -> Reading:
        """Return the pilots of each cell in the box, of mean square 2, and which cells are seen."""
        values, seen = self.raw()
        return values * self.expected, seen

    def raw(self) -> Reading:
        """Return the same before the phases that the lock expects are removed."""
        y0, y1, x0, x1 = self.box
        rows, columns, n = y1 - y0, x1 - x0, len(self.lines)
        origin = self.origin[0] + x0 / self.cells, self.origin[1] + y0 / self.cells
        side = self.samples // self.cells
        cells = np.empty((rows * columns, side * side), np.float32)
        bend = self.bend[y0 : y1 + 1, x0 : x1 + 1]
        mesh.resample_mesh(self.white, places_of(self.lock, bend, origin, self.cells), side, cells)
        both = (cells @ self.waves).reshape(rows, columns, 2 * n)
        values = np.empty((rows, columns, n), np.complex64)
        values.real, values.imag = both[..., :n], both[..., n:]
        across = np.arange(columns)[:, None] / self.cells + origin[0]
        down = np.arange(rows)[:, None] / self.cells + origin[1]
        values *= np.exp(-2j * np.pi * across * self.lines[:, 0]).astype(np.complex64)
        values *= np.exp(-2j * np.pi * down * self.lines[:, 1]).astype(np.complex64)[:, None]
        return normalised(values)


@lru_cache(maxsize=8)
def _waves(pilots: Pilots, samples: int, cells: int) -> NDArray[np.float32]:
    """Return what reads the pilots of a cell: real parts, then imaginary ones, (pixels, 2 n)."""
    side = samples // cells
    y, x = np.divmod(np.arange(side * side), side)
    phase = np.outer(x, pilots.lines[:, 0]) + np.outer(y, pilots.lines[:, 1])
    waves = np.asarray(np.exp(-2j * np.pi * phase / samples), np.complex128)
    return np.concatenate([waves.real, waves.imag], axis=1).astype(np.float32)


def places_of(
    lock: Lock, bend: NDArray[np.float64], origin: tuple[float, float], cells: int
) -> NDArray[np.float64]:
    """Return the pixel (x, y) of each corner, float64 like `bend`."""
    rows, columns, _ = bend.shape
    t, s = np.mgrid[0:rows, 0:columns] / cells
    tile = np.stack([s + origin[0], t + origin[1]], -1) + bend
    return np.ascontiguousarray(project(lock.map, tile.reshape(-1, 2)).reshape(bend.shape))
