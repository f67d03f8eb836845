"""Belief propagation over a grid of cells, each with as many states as there are displacements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inner, kernel

ZERO, ONE, TINY = np.float32(0.0), np.float32(1.0), np.float32(1e-30)
LEAST = np.float32(1e-6)  # of a mean of 1: nobody is sure, and no product is nearly 0


@inner
def _blur(
    source: NDArray[np.float32], weights: NDArray[np.float32], step: int, out: NDArray[np.float32]
) -> None:
    """Write a blur of a flat array along neighbours that are `step` apart; beyond it there is 0."""
    size = source.size
    weight = weights[0]
    for i in range(size):
        out[i] = weight * source[i]
    for tap in range(1, weights.size):
        shift, weight = tap * step, weights[tap]
        if shift >= size:
            break
        ahead, behind = source[shift:], source[: size - shift]
        before, after = out[: size - shift], out[shift:]
        for i in range(size - shift):
            before[i] += weight * ahead[i]
        for i in range(size - shift):
            after[i] += weight * behind[i]


@inner
def _tell(
    told: NDArray[np.float32],
    weights: NDArray[np.float32],
    level: NDArray[np.float32],
    half: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Blur a cell's states along both axes, and bring them to a mean of 1.

    All are flat; between two lines of states there is a gap of zeros, as wide as the blur.
    """
    side, width = level.size, told.size // level.size
    _blur(told, weights, width, half)
    _blur(half, weights, 1, out)
    total = ZERO
    for y in range(side):
        row = out[y * width : (y + 1) * width]
        for x in range(side):
            row[x] *= level[y] * level[x]
            total += row[x]
    scale = ONE / (total / np.float32(side * side) + TINY)
    for i in range(out.size):
        out[i] = out[i] * scale + LEAST


@kernel("void(float32[:, :, :, ::1], float32[::1])")
def propagate(beliefs: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
    """Let each cell know what the others say: along rows both ways, then along columns.

    Parameters
    ----------
    beliefs : float32 (rows, columns, side, side)
        What each cell says about its own state; in place, what all of them say about it, times any
        factor.
    weights : float32 (n,)
        How likely neighbours differ by 0, 1, .. states along one axis.
    """
    rows, columns, side, _ = beliefs.shape
    cells = beliefs.reshape(rows * columns, side, side)
    level = np.empty(side, np.float32)  # over the states that there are, all weights add up to 1
    for x in range(side):
        total = ZERO
        for other in range(side):
            if abs(x - other) < weights.size:
                total += weights[abs(x - other)]
        level[x] = ONE / total
    width = side + weights.size - 1
    ahead = np.zeros((max(rows, columns), side * width), np.float32)
    back = np.zeros(side * width, np.float32)
    told, half = np.zeros(side * width, np.float32), np.zeros(side * width, np.float32)
    for line in range(rows + columns):
        if line < rows:
            first, step, count = line * columns, 1, columns
        else:
            first, step, count = line - rows, columns, rows
        ahead[0] = ONE
        for place in range(1, count):
            cell, before = cells[first + (place - 1) * step], ahead[place - 1]
            for y in range(side):
                for x in range(side):
                    told[y * width + x] = cell[y, x] * before[y * width + x]
            _tell(told, weights, level, half, ahead[place])
        back[:] = ONE
        for place in range(count - 1, -1, -1):
            cell, before = cells[first + place * step], ahead[place]
            for y in range(side):
                for x in range(side):
                    value = cell[y, x] * back[y * width + x]
                    told[y * width + x] = value
                    cell[y, x] = value * before[y * width + x]
            if place:
                _tell(told, weights, level, half, back)
