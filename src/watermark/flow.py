"""Maps that bend: from a lock in one place, cell by cell, over all of the picture.

A lens, a wave or a push of the liquify tool moves every place a little differently from its
neighbours: a homography that is right here is wrong a tile further. So the tile's plane is divided
into cells, whose corners are displaced each by itself. The displacements are those that are
likeliest: each cell's pilots want to be in phase, and the flow is smooth (its second differences
are small, but for a trend that is a polynomial). The fit begins where the lock fits best and grows;
the trend says where the next cells are.

Tile coordinates and maps are those of :mod:`locking`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import mesh
from indelible.watermark.alignment import Canonical, grid_of, project
from indelible.watermark.carrier import TILE, Carrier, Pilots
from indelible.watermark.cells import (
    CELLS,
    Reading,
    corners_of,
    likeliest,
    normalised,
    smoothed,
    trend,
    widened,
)
from indelible.watermark.locking import Lock, pilot_signs
from indelible.watermark.matching import displacements

__all__ = [
    "COARSE",
    "FINE",
    "LEAST_FLOW",
    "Flow",
    "Reading",
    "canonical_of",
    "flattened",
    "loosened",
    "matched",
    "price_of",
    "read",
    "still",
    "track",
]

# Tuned values: what others do is shown by python -m benchmarks.constants flow.NAME VALUE.
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
SETTLING = 2  # fits after all cells are in use
# Deviations of the coherent sum: with less, the fit grows only where the mark is seen ...
SURE_FLOW = 11.0
SEEN = 0.35  # of the largest amplitude so far: there it is seen
# ... and with less, after the first fits, it is no mark. (5, 4.4, 6.3, 7) lost two of 12 views:
# a tile or two, where a fit begins, show a weak mark at 4 to 5.
LEAST_GROWTH = (3.5, 3.2, 5.0, 6.5)
LEAST_FLOW = 8.0  # in the end: true flows reached 9
SHARPNESS = 2.0  # cells: deviation of what smooths the local strength
# Of matching, coarse and then fine: largest displacement and deviation between neighbours (tiles),
# and what smooths the result (cells). Waves of 4 px differ by 0.03 from one quarter cell to the
# next; what is left is smoother. The first alone read 15 of 30 bent pictures, both 19.
COARSE = (0.20, 0.030, 1.0)
FINE = (0.10, 0.015, 0.0)  # nothing is smoothed any more


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


def track(white: NDArray[np.float32], lock: Lock, carrier: Carrier, reach: float) -> Flow | None:
    """Follow a lock over all of a picture; None if it proves wrong.

    Parameters
    ----------
    white : float32 (h, w)
    lock : Lock
    carrier : Carrier
        Of the lock's key.
    reach : float
        Part of the picture's size around `lock.centre` in which the lock may fit.
    """
    tracker = _tracker_of(white, lock, carrier)
    if tracker is None:
        return None
    tracker.start(reach)
    more = True
    for least in LEAST_GROWTH:
        more = tracker.grow()
        if tracker.score < least:
            return None
    while more:
        more = tracker.grow() and tracker.score >= LEAST_GROWTH[-1]
    if tracker.score < LEAST_FLOW:
        return None
    for _ in range(SETTLING):
        tracker.fit()
    return tracker.flow()


def read(white: NDArray[np.float32], lock: Lock, carrier: Carrier) -> Reading | None:
    """Read the pilots of a lock that isn't bent: all keys of a family and variants share them.

    None if there are too many tiles.
    """
    tracker = _tracker_of(white, lock, carrier)
    return None if tracker is None else tracker.raw()


def still(white: NDArray[np.float32], lock: Lock, carrier: Carrier, raw: Reading) -> Flow | None:
    """Look at a lock that isn't bent: where in the picture the mark is, as in a collage.

    `raw` is what :func:`read` gives. The score is that of the place where it fits best. None if
    there are too many tiles.
    """
    tracker = _tracker_of(white, lock, carrier)
    if tracker is None:
        return None
    tracker.look(raw)
    best = smoothed(tracker.strength, FIRST / 1.5).max()
    tracker.score = float(best) * np.sqrt(len(tracker.lines)) * (2 * FIRST + 1)
    return tracker.flow()


def matched(
    white: NDArray[np.float32],
    flow: Flow,
    carrier: Carrier,
    how: tuple[float, float, float],
    raw: Reading | None = None,
) -> Flow:
    """Bend a flow to what all its cells agree on, wherever it was right before.

    Parameters
    ----------
    white : float32 (h, w)
    flow : Flow
    carrier : Carrier
        Of the lock's key.
    how : (float, float, float)
        `COARSE` or `FINE`.
    raw : Reading, optional
        What :func:`read` gives, if the flow isn't bent yet.
    """
    tracker = _tracker_of(white, flow.lock, carrier)
    if tracker is None:
        return flow
    reach, deviation, smooth = how
    tracker.bend[:] = flow.bend
    values, seen = tracker.look(raw)
    tracker.bend += corners_of(displacements(values, seen, carrier.pilots, reach, deviation))
    if smooth:
        edge = smoothed(np.ones(tracker.bend.shape[:2]), smooth)
        for axis in (0, 1):
            tracker.bend[..., axis] = smoothed(tracker.bend[..., axis], smooth) / edge
    tracker.look()
    return tracker.flow()


def loosened(white: NDArray[np.float32], flow: Flow, carrier: Carrier) -> Flow:
    """Fit a flow again, less smooth, for waves that are hardly longer than a tile."""
    tracker = _tracker_of(white, flow.lock, carrier)
    if tracker is None:
        return flow
    tracker.resume(flow)
    for _ in range(SETTLING):
        tracker.fit()
    return tracker.flow()


def canonical_of(white: NDArray[np.float32], flow: Flow) -> Canonical:
    """Resample a whitened picture to the tile's grid, each place weighted by the mark's strength.

    Where nothing of the mark is seen, in a pasted part or in another picture of a collage, there is
    noise only. The pilots alone decide that.
    """
    rows, columns = flow.strength.shape
    side = flow.samples // flow.cells
    cells = np.empty((rows * columns, side * side), np.float32)
    mesh.resample_mesh(white, _places(flow.lock, flow.bend, flow.origin, flow.cells), side, cells)
    cells *= (flow.strength / (flow.strength.max() + 1e-12)).reshape(-1, 1).astype(np.float32)
    pixels = cells.reshape(rows, columns, side, side).transpose(0, 2, 1, 3)
    return Canonical(
        np.ascontiguousarray(pixels).reshape(rows * side, columns * side),
        flow.samples,
        flow.origin,
    )


def flattened(white: NDArray[np.float32], flow: Flow) -> Lock:
    """Return the lock with the affine map that fits a flow best, where the mark is seen."""
    places = _places(flow.lock, flow.bend, flow.origin, flow.cells)
    rows, columns = flow.strength.shape
    middle = (places[:-1, :-1] + places[1:, :-1] + places[:-1, 1:] + places[1:, 1:]) / 4
    t, s = np.mgrid[0:rows, 0:columns]
    tile = (np.stack([s, t], -1) + 0.5) / flow.cells + flow.origin
    height, width = white.shape
    inside = np.all((middle >= 0) & (middle <= (width - 1, height - 1)), axis=2)
    weight = (flow.strength * inside).reshape(-1, 1)
    places_of = np.concatenate([tile, np.ones((rows, columns, 1))], -1).reshape(-1, 3)
    fitted = np.linalg.lstsq(weight * places_of, weight * middle.reshape(-1, 2), rcond=None)[0]
    return replace(flow.lock, map=np.vstack([fitted.T, [0.0, 0.0, 1.0]]))


def price_of(white: NDArray[np.float32], lock: Lock) -> float:
    """Return about how many looks at all tiles tracking costs."""
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return 0.0
    per_tile = _cells_of(max(grid.rows, grid.columns) + 2)
    return 0.5 * (per_tile or 1) * max(grid.rows, grid.columns) / STEP + SETTLING


def _cells_of(tiles: int) -> int | None:
    return next((cells for cells in CELLS if cells * tiles <= MOST_CELLS), None)


def _tracker_of(white: NDArray[np.float32], lock: Lock, carrier: Carrier) -> _Tracker | None:
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return None
    cells = _cells_of(max(grid.rows, grid.columns) + 2)
    if cells is None:
        return None
    # a tile more on every side: a flow may reach further than the lock's map
    origin = grid.origin[0] - 1, grid.origin[1] - 1
    shape = (grid.rows + 2) * cells, (grid.columns + 2) * cells
    return _Tracker(white, lock, carrier, cells, grid.samples, origin, shape)


class _Tracker:
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
        mesh.resample_mesh(self.white, _places(self.lock, bend, origin, self.cells), side, cells)
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


def _places(
    lock: Lock, bend: NDArray[np.float64], origin: tuple[float, float], cells: int
) -> NDArray[np.float64]:
    """Return the pixel (x, y) of each corner, float64 like `bend`."""
    rows, columns, _ = bend.shape
    t, s = np.mgrid[0:rows, 0:columns] / cells
    tile = np.stack([s + origin[0], t + origin[1]], -1) + bend
    return np.ascontiguousarray(project(lock.map, tile.reshape(-1, 2)).reshape(bend.shape))
