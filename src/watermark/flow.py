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

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import mesh
from indelible.watermark.alignment import Canonical, grid_of
from indelible.watermark.carrier import Carrier
from indelible.watermark.cells import Reading, corners_of, smoothed
from indelible.watermark.locking import Lock
from indelible.watermark.matching import displacements
from indelible.watermark.tracking import FIRST, STEP, Flow, cells_of, places_of, tracker_of

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
SETTLING = 2  # fits after all cells are in use
# Deviations of the coherent sum: with less, after the first fits, it is no mark. (5, 4.4, 6.3, 7)
# lost two of 12 views: a tile or two, where a fit begins, show a weak mark at 4 to 5.
LEAST_GROWTH = (3.5, 3.2, 5.0, 6.5)
# The same for a lock that fits well before it is bent: of 22 marks the first fit reached 6.9, of
# wallpapers and tables 5.2.
SURE_GROWTH = (5.5, *LEAST_GROWTH[1:])
LEAST_FLOW = 8.0  # in the end: true flows reached 9
# Of matching, coarse and then fine: largest displacement and deviation between neighbours (tiles),
# and what smooths the result (cells). Waves of 4 px differ by 0.03 from one quarter cell to the
# next; what is left is smoother. The first alone read 15 of 30 bent pictures, both 19.
COARSE = (0.20, 0.030, 1.0)
FINE = (0.10, 0.015, 0.0)  # nothing is smoothed any more


def track(
    white: NDArray[np.float32],
    lock: Lock,
    carrier: Carrier,
    reach: float,
    growth: tuple[float, ...] = LEAST_GROWTH,
) -> Flow | None:
    """Follow a lock over all of a picture; None if it proves wrong.

    Parameters
    ----------
    white : float32 (h, w)
    lock : Lock
    carrier : Carrier
        Of the lock's key.
    reach : float
        Part of the picture's size around `lock.centre` in which the lock may fit.
    growth : tuple of float, optional
        `LEAST_GROWTH` or `SURE_GROWTH`: the least score after each of the first fits.
    """
    tracker = tracker_of(white, lock, carrier)
    if tracker is None:
        return None
    tracker.start(reach)
    more = True
    for least in growth:
        more = tracker.grow()
        if tracker.score < least:
            return None
    while more:
        more = tracker.grow() and tracker.score >= growth[-1]
    if tracker.score < LEAST_FLOW:
        return None
    for _ in range(SETTLING):
        tracker.fit()
    return tracker.flow()


def read(white: NDArray[np.float32], lock: Lock, carrier: Carrier) -> Reading | None:
    """Read the pilots of a lock that isn't bent: all keys of a family and variants share them.

    None if there are too many tiles.
    """
    tracker = tracker_of(white, lock, carrier)
    return None if tracker is None else tracker.raw()


def still(white: NDArray[np.float32], lock: Lock, carrier: Carrier, raw: Reading) -> Flow | None:
    """Look at a lock that isn't bent: where in the picture the mark is, as in a collage.

    `raw` is what :func:`read` gives. The score is that of the place where it fits best. None if
    there are too many tiles.
    """
    tracker = tracker_of(white, lock, carrier)
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
    tracker = tracker_of(white, flow.lock, carrier)
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
    tracker = tracker_of(white, flow.lock, carrier)
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
    mesh.resample_mesh(white, places_of(flow.lock, flow.bend, flow.origin, flow.cells), side, cells)
    cells *= (flow.strength / (flow.strength.max() + 1e-12)).reshape(-1, 1).astype(np.float32)
    pixels = cells.reshape(rows, columns, side, side).transpose(0, 2, 1, 3)
    return Canonical(
        np.ascontiguousarray(pixels).reshape(rows * side, columns * side),
        flow.samples,
        flow.origin,
    )


def flattened(white: NDArray[np.float32], flow: Flow) -> Lock:
    """Return the lock with the affine map that fits a flow best, where the mark is seen."""
    places = places_of(flow.lock, flow.bend, flow.origin, flow.cells)
    rows, columns = flow.strength.shape
    middle = (places[:-1, :-1] + places[1:, :-1] + places[:-1, 1:] + places[1:, 1:]) / 4
    t, s = np.mgrid[0:rows, 0:columns]
    tile = (np.stack([s, t], -1) + 0.5) / flow.cells + flow.origin
    height, width = white.shape
    inside = np.all((middle >= 0) & (middle <= (width - 1, height - 1)), axis=2)
    weight = (flow.strength * inside).reshape(-1, 1)
    tiles = np.concatenate([tile, np.ones((rows, columns, 1))], -1).reshape(-1, 3)
    fitted = np.linalg.lstsq(weight * tiles, weight * middle.reshape(-1, 2), rcond=None)[0]
    return replace(flow.lock, map=np.vstack([fitted.T, [0.0, 0.0, 1.0]]))


def price_of(white: NDArray[np.float32], lock: Lock) -> float:
    """Return about how many looks at all tiles tracking costs."""
    grid = grid_of(white.shape, lock.map)
    if grid is None:
        return 0.0
    per_tile = cells_of(max(grid.rows, grid.columns) + 2)
    return 0.5 * (per_tile or 1) * max(grid.rows, grid.columns) / STEP + SETTLING
