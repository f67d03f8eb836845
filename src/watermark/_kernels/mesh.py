"""Resampling through a mesh of quadrangles: maps that bend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@inlined
def _is_beside(
    corners: NDArray[np.float64], row: int, column: int, last_x: float, last_y: float
) -> bool:
    """Return whether all four corners of a cell lie beyond the same side of the source."""
    left, right, above, below = 0, 0, 0, 0
    for index in range(4):
        x = corners[row + index // 2, column + index % 2, 0]
        y = corners[row + index // 2, column + index % 2, 1]
        left += x < 0.0
        right += x >= last_x
        above += y < 0.0
        below += y >= last_y
    return max(left, right, above, below) == 4


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
    out[:, :] = ZERO
    if height < 2 or width < 2:
        return
    pixels = source.reshape(-1)
    # unsigned: an index that cannot be negative needs no wrapping around
    right, below, across = np.uint64(1), np.uint64(width), np.uint64(width + 1)
    last_x, last_y = np.float32(width - 1), np.float32(height - 1)
    size = side * side
    place, inside = np.empty(size, np.int32), np.empty(size, np.float32)
    part_x, part_y = np.empty(size, np.float32), np.empty(size, np.float32)
    columns = corners.shape[1] - 1
    step = 1.0 / side
    for cell in range(out.shape[0]):
        row, column = cell // columns, cell % columns
        if _is_beside(corners, row, column, width - 1.0, height - 1.0):
            continue
        # two passes, first all places and then all pixels, neither with a branch: both are vectors
        for j in range(side):
            part = j * step
            first_x = (1.0 - part) * corners[row, column, 0] + part * corners[row + 1, column, 0]
            first_y = (1.0 - part) * corners[row, column, 1] + part * corners[row + 1, column, 1]
            end_x = (1.0 - part) * corners[row, column + 1, 0]
            end_x += part * corners[row + 1, column + 1, 0]
            end_y = (1.0 - part) * corners[row, column + 1, 1]
            end_y += part * corners[row + 1, column + 1, 1]
            slope_x, slope_y = (
                np.float32((end_x - first_x) * step),
                np.float32((end_y - first_y) * step),
            )
            start_x, start_y = np.float32(first_x), np.float32(first_y)
            begin = np.uint64(j * side)
            for i in range(np.uint64(side)):
                x = start_x + np.float32(np.int32(i)) * slope_x
                y = start_y + np.float32(np.int32(i)) * slope_y
                found = (x >= ZERO) & (x < last_x) & (y >= ZERO) & (y < last_y)  # not if x is nan
                x, y = (x, y) if found else (ZERO, ZERO)
                left, top = np.int32(x), np.int32(y)
                part_x[begin + i] = x - np.float32(left)
                part_y[begin + i] = y - np.float32(top)
                place[begin + i] = np.int32(top * width + left)
                inside[begin + i] = ONE if found else ZERO
        line = out[cell]
        for i in range(np.uint64(size)):
            at, fx, fy = np.uint64(place[i]), part_x[i], part_y[i]
            upper, lower = pixels[at], pixels[at + below]
            upper += fx * (pixels[at + right] - upper)
            lower += fx * (pixels[at + across] - lower)
            line[i] = (upper + fy * (lower - upper)) * inside[i]


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
