"""Which displacement each cell of a bent picture has, all of them at once.

A cell's pilots say how well it fits at each of many displacements, with many maxima: no cell can be
asked alone, and a fit that climbs from no displacement stays in the nearest maximum. Neighbours
differ little, so that belief propagation on the grid of cells finds what all of them agree on
(J. Pearl, Probabilistic Reasoning in Intelligent Systems, 1988).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark.carrier import Pilots

__all__ = ["displacements"]

STEP = 0.02  # tiles: less than half a cycle of the highest pilots
AMPLITUDE = 0.25  # of a pilot in a cell, in units of its deviation
SWEEPS = 1  # over the grid, in each of its four directions: more find no more


def displacements(
    values: NDArray[np.complex128],
    seen: NDArray[np.bool_],
    pilots: Pilots,
    reach: float,
    deviation: float,
) -> NDArray[np.float64]:
    """Return the mean of each cell's displacement given all cells, in tiles.

    Parameters
    ----------
    values : complex128 (rows, columns, n_pilots)
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
    both = np.concatenate([values.real, values.imag], axis=2) * seen[..., None]
    fit = AMPLITUDE * (both.reshape(rows * columns, -1).astype(np.float32) @ waves)
    fit -= fit.max(axis=1, keepdims=True)
    own = np.exp(fit).reshape(rows, columns, side, side)
    differing = (shifts[:, None] - shifts) / deviation
    kernel = np.exp(-0.5 * np.square(differing)).astype(np.float32)
    kernel /= kernel.sum(axis=1, keepdims=True)
    messages = [np.ones(own.shape, np.float32) for _ in range(4)]
    from_left, from_right, from_above, from_below = messages
    for _ in range(SWEEPS):
        for x in range(1, columns):
            told = own[:, x - 1] * from_left[:, x - 1] * from_above[:, x - 1] * from_below[:, x - 1]
            from_left[:, x] = _message(told, kernel)
        for x in range(columns - 2, -1, -1):
            told = own[:, x + 1] * from_right[:, x + 1]
            told *= from_above[:, x + 1] * from_below[:, x + 1]
            from_right[:, x] = _message(told, kernel)
        for y in range(1, rows):
            told = own[y - 1] * from_above[y - 1] * from_left[y - 1] * from_right[y - 1]
            from_above[y] = _message(told, kernel)
        for y in range(rows - 2, -1, -1):
            told = own[y + 1] * from_below[y + 1] * from_left[y + 1] * from_right[y + 1]
            from_below[y] = _message(told, kernel)
    belief = own * from_left * from_right * from_above * from_below
    belief /= belief.sum(axis=(2, 3), keepdims=True) + np.float32(1e-30)
    return np.stack([belief.sum(axis=2) @ shifts, belief.sum(axis=3) @ shifts], axis=-1)


def _message(told: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what cells (n, side, side) tell their neighbours, of mean 1."""
    blurred = kernel @ told @ kernel.T
    return np.asarray(blurred / (blurred.mean(axis=(1, 2), keepdims=True) + np.float32(1e-30)))


@lru_cache(maxsize=16)
def _waves(pilots: Pilots, reach: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the displacements along an axis, and what reads the fit at each (y, x) of them."""
    count = round(reach / STEP)
    shifts = np.asarray(STEP * np.arange(-count, count + 1), np.float64)
    y, x = (values.ravel() for values in np.meshgrid(shifts, shifts, indexing="ij"))
    phase = 2 * np.pi * (np.outer(pilots.lines[:, 0], x) + np.outer(pilots.lines[:, 1], y))
    return shifts, np.concatenate([np.cos(phase), -np.sin(phase)]).astype(np.float32)
