"""Resampling through a mesh of quadrangles: maps that bend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inner, kernel

ZERO = np.float32(0.0)


@kernel("void(float32[:, ::1], float64[:, :, ::1], int64, float32[:, ::1])")
def resample_mesh(
    source: NDArray[np.float32],
    corners: NDArray[np.float64],
    side: int,
    out: NDArray[np.float32],
) -> None:
    """Sample a picture cell by cell, bilinear, between the places of each cell's corners.

    Parameters
    ----------
    source : float32 (h, w)
    corners : float64 (rows + 1, columns + 1, 2)
        Pixel (x, y) of the source at the first sample of each cell, and beyond the last ones.
    side : int
        Samples a side of a cell.
    out : float32 (rows * columns, side * side)
        Out: one cell a row; 0 outside of the source.
    """
    height, width = source.shape
    columns = corners.shape[1] - 1
    step = 1.0 / side
    for cell in range(out.shape[0]):
        row, column = cell // columns, cell % columns
        for j in range(side):
            part = j * step
            first_x = (1.0 - part) * corners[row, column, 0] + part * corners[row + 1, column, 0]
            first_y = (1.0 - part) * corners[row, column, 1] + part * corners[row + 1, column, 1]
            last_x = (1.0 - part) * corners[row, column + 1, 0]
            last_x += part * corners[row + 1, column + 1, 0]
            last_y = (1.0 - part) * corners[row, column + 1, 1]
            last_y += part * corners[row + 1, column + 1, 1]
            slope_x, slope_y = (last_x - first_x) * step, (last_y - first_y) * step
            for i in range(side):
                x, y = first_x + i * slope_x, first_y + i * slope_y
                value = ZERO
                if 0.0 <= x < width - 1 and 0.0 <= y < height - 1:  # not if x is nan
                    left, top = np.int64(x), np.int64(y)
                    fx, fy = np.float32(x - left), np.float32(y - top)
                    upper = source[top, left] + fx * (source[top, left + 1] - source[top, left])
                    lower = source[top + 1, left] + fx * (
                        source[top + 1, left + 1] - source[top + 1, left]
                    )
                    value = upper + fy * (lower - upper)
                out[cell, j * side + i] = value


@inner
def _apply(
    values: NDArray[np.float64],
    curvature: NDArray[np.float64],
    precision: float,
    out: NDArray[np.float64],
) -> None:
    """Write the second derivative of what :func:`smooth_step` minimises, times `values`."""
    rows, columns = values.shape
    out[:, :] = 0.0
    for y in range(rows):
        for x in range(columns - 2):
            bend = precision * (values[y, x] - 2.0 * values[y, x + 1] + values[y, x + 2])
            out[y, x] += bend
            out[y, x + 1] -= 2.0 * bend
            out[y, x + 2] += bend
    for y in range(rows - 2):
        for x in range(columns):
            bend = precision * (values[y, x] - 2.0 * values[y + 1, x] + values[y + 2, x])
            out[y, x] += bend
            out[y + 1, x] -= 2.0 * bend
            out[y + 2, x] += bend
    for y in range(rows - 1):
        for x in range(columns - 1):
            upper, lower = values[y, x] - values[y, x + 1], values[y + 1, x] - values[y + 1, x + 1]
            bend = 2.0 * precision * (upper - lower)
            total = values[y, x] + values[y, x + 1] + values[y + 1, x] + values[y + 1, x + 1]
            pull = total * curvature[y, x] / 16.0
            out[y, x] += pull + bend
            out[y, x + 1] += pull - bend
            out[y + 1, x] += pull - bend
            out[y + 1, x + 1] += pull + bend


@kernel(
    "void(float64[:, ::1], float64[:, ::1], float64[:, ::1], float64, int64, float64,"
    " float64[:, ::1])"
)
def smooth_step(
    rest: NDArray[np.float64],
    gradient: NDArray[np.float64],
    curvature: NDArray[np.float64],
    precision: float,
    most_steps: int,
    enough: float,
    out: NDArray[np.float64],
) -> None:
    """Find the likeliest step of a mesh's corners, in one direction, by conjugate gradients.

    With `cell` for the mean of a cell's four corners, it maximises over the step s, by corner,
    ``sum(gradient * cell(s) - curvature * cell(s)**2 / 2) - precision / 2 * sum(d(rest + s)**2)``
    with all second differences d; the mixed one counts twice.

    Parameters
    ----------
    rest : float64 (rows + 1, columns + 1)
        Displacements so far.
    gradient, curvature : float64 (rows, columns)
        Of each cell's likelihood.
    precision : float
        Of a second difference.
    most_steps : int
    enough : float
        Of the first residual's length: a smaller one ends the search.
    out : float64, like `rest`
        Out: the step.
    """
    rows, columns = rest.shape
    none = np.zeros(gradient.shape)
    product, residual = np.empty(rest.shape), np.empty(rest.shape)
    _apply(rest, none, precision, product)
    total = 0.0
    for y in range(rows):
        for x in range(columns):
            residual[y, x] = -product[y, x]
            out[y, x] = 0.0
    for y in range(rows - 1):
        for x in range(columns - 1):
            part = gradient[y, x] / 4.0
            residual[y, x] += part
            residual[y, x + 1] += part
            residual[y + 1, x] += part
            residual[y + 1, x + 1] += part
    for y in range(rows):
        for x in range(columns):
            total += residual[y, x] * residual[y, x]
    direction = residual.copy()
    least = total * enough * enough
    for _ in range(most_steps):
        if total <= least:
            break
        _apply(direction, curvature, precision, product)
        length = 0.0
        for y in range(rows):
            for x in range(columns):
                length += direction[y, x] * product[y, x]
        if length <= 0.0:
            break
        step, before = total / length, total
        total = 0.0
        for y in range(rows):
            for x in range(columns):
                out[y, x] += step * direction[y, x]
                residual[y, x] -= step * product[y, x]
                total += residual[y, x] * residual[y, x]
        for y in range(rows):
            for x in range(columns):
                direction[y, x] = residual[y, x] + total / before * direction[y, x]
