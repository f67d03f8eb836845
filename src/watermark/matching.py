"""Which displacement each cell of a bent picture has, all of them at once.

A cell's pilots say how well it fits at each of many displacements, with many maxima: no cell can be
asked alone, and a fit that climbs from no displacement stays in the nearest maximum. Neighbours
differ little, so that belief propagation on the grid of cells finds what all of them agree on
(J. Pearl, Probabilistic Reasoning in Intelligent Systems, 1988). Rows are swept both ways, then
columns; more sweeps find no more.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import beliefs
from indelible.watermark.carrier import Pilots

__all__ = ["displacements"]

STEP = 0.02  # tiles: less than half a cycle of the highest pilots
LEAST_FIT = -12.0  # below the best of a cell: products of less are too small for the processor
WIDEST = 3.0  # deviations by which neighbours differ at most
AMPLITUDE = 0.25  # of a pilot in a cell, in units of its deviation


def displacements(
    values: NDArray[np.complex64],
    seen: NDArray[np.bool_],
    pilots: Pilots,
    reach: float,
    deviation: float,
) -> NDArray[np.float64]:
    """Return the mean of each cell's displacement given all cells, in tiles.

    Parameters
    ----------
    values : complex64 (rows, columns, n_pilots)
        Each cell's pilots, expected phases removed, of mean square 2.
    seen : bool (rows, columns)
        Cells that the picture reaches; the others say nothing themselves.
    pilots : Pilots
    reach : float
        Largest displacement along x and y, tiles.
    deviation : float
        Of the difference between neighbours along x and y, tiles.

    Returns
    -------
    float64 (rows, columns, 2)
    """
    rows, columns, _ = values.shape
    shifts, waves = _waves(pilots, reach)
    side = len(shifts)
    both = np.concatenate([values.real, values.imag], axis=2) * (AMPLITUDE * seen[..., None])
    fit = both.reshape(rows * columns, -1).astype(np.float32) @ waves
    fit -= fit.max(axis=1)[:, None]
    np.exp(np.maximum(fit, LEAST_FIT, out=fit), out=fit)
    belief = fit.reshape(rows, columns, side, side)
    differing = np.arange(int(WIDEST * deviation / STEP) + 1) * STEP / deviation
    beliefs.propagate(belief, np.exp(-0.5 * np.square(differing[:side])).astype(np.float32))
    across, down = belief.sum(axis=2), belief.sum(axis=3)
    total = across.sum(axis=2)[..., None] + np.float32(1e-30)
    return np.stack([(across / total) @ shifts, (down / total) @ shifts], axis=-1)


@lru_cache(maxsize=16)
def _waves(pilots: Pilots, reach: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the displacements along an axis, and what reads the fit at each (y, x) of them."""
    count = round(reach / STEP)
    shifts = np.asarray(STEP * np.arange(-count, count + 1), np.float64)
    y, x = (values.ravel() for values in np.meshgrid(shifts, shifts, indexing="ij"))
    phase = 2 * np.pi * (np.outer(pilots.lines[:, 0], x) + np.outer(pilots.lines[:, 1], y))
    return shifts, np.concatenate([np.cos(phase), -np.sin(phase)]).astype(np.float32)
