"""Resampling through a homography."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inner, kernel

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@inner
def resample(
    source: NDArray[np.float32], matrix: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Sample `source` at ``matrix @ (column, row, 1)`` for each output pixel; outside it is 0.

    Each row is done in two passes, first all places and then all pixels, neither with a branch, so
    that both run in vectors. Places are exact to about a millionth of the width.
    """
    height, width = source.shape
    rows, columns = out.shape
    if height < 2 or width < 2:
        out[:, :] = ZERO
        return
    pixels = source.reshape(-1)
    # unsigned: an index that cannot be negative needs no wrapping around
    right, below, across = np.uint64(1), np.uint64(width), np.uint64(width + 1)
    last_x, last_y = np.float32(width - 1), np.float32(height - 1)
    slope_x, slope_y, slope_z = (
        np.float32(matrix[0, 0]),
        np.float32(matrix[1, 0]),
        np.float32(matrix[2, 0]),
    )
    place = np.empty(columns, np.int32)
    inside = np.empty(columns, np.float32)
    part_x = np.empty(columns, np.float32)
    part_y = np.empty(columns, np.float32)
    for row in range(rows):
        first_x = np.float32(matrix[0, 1] * row + matrix[0, 2])
        first_y = np.float32(matrix[1, 1] * row + matrix[1, 2])
        first_z = np.float32(matrix[2, 1] * row + matrix[2, 2])
        for column in range(columns):
            step = np.float32(column)
            scale = ONE / (slope_z * step + first_z)
            x = (slope_x * step + first_x) * scale
            y = (slope_y * step + first_y) * scale
            found = (x >= ZERO) & (x < last_x) & (y >= ZERO) & (y < last_y)  # not if x is nan
            x, y = (x, y) if found else (ZERO, ZERO)
            i, j = np.int32(x), np.int32(y)
            part_x[column] = x - np.float32(i)
            part_y[column] = y - np.float32(j)
            place[column] = np.int32(j * width + i)
            inside[column] = ONE if found else ZERO
        line = out[row]
        for column in range(columns):
            at, fx, fy = np.uint64(place[column]), part_x[column], part_y[column]
            upper, upper_right = pixels[at], pixels[at + right]
            lower, lower_right = pixels[at + below], pixels[at + across]
            top = upper + fx * (upper_right - upper)
            bottom = lower + fx * (lower_right - lower)
            line[column] = (top + fy * (bottom - top)) * inside[column]


@kernel("void(float32[:, ::1], float64[:, ::1], float32[:, ::1])")
def bilinear(
    source: NDArray[np.float32], matrix: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Call :func:`resample`."""
    resample(source, matrix, out)


@kernel("void(float32[:, ::1], float64[:, ::1], float32[:, ::1])")
def periodic(
    period: NDArray[np.float32], matrix: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Sample a picture of which `period` is one period, as :func:`resample` does."""
    height, width = period.shape
    rows, columns = out.shape
    pixels = period.reshape(-1)
    slope_x, slope_y, slope_z = (
        np.float32(matrix[0, 0] / width),
        np.float32(matrix[1, 0] / height),
        np.float32(matrix[2, 0]),
    )
    span_x, span_y = np.float32(width), np.float32(height)
    last_x, last_y = np.int32(width - 1), np.int32(height - 1)
    place = np.empty((4, columns), np.int32)
    part_x = np.empty(columns, np.float32)
    part_y = np.empty(columns, np.float32)
    for row in range(rows):
        first_x = np.float32((matrix[0, 1] * row + matrix[0, 2]) / width)
        first_y = np.float32((matrix[1, 1] * row + matrix[1, 2]) / height)
        first_z = np.float32(matrix[2, 1] * row + matrix[2, 2])
        for column in range(columns):
            step = np.float32(column)
            scale = ONE / (slope_z * step + first_z)
            x = (slope_x * step + first_x) * scale
            y = (slope_y * step + first_y) * scale
            x = (x - np.floor(x)) * span_x
            y = (y - np.floor(y)) * span_y
            i, j = min(np.int32(x), last_x), min(np.int32(y), last_y)
            part_x[column] = x - np.float32(i)
            part_y[column] = y - np.float32(j)
            beside = np.int32(0) if i == last_x else np.int32(i + 1)
            below = np.int32(0) if j == last_y else np.int32(j + 1)
            place[0, column] = np.int32(j * width + i)
            place[1, column] = np.int32(j * width + beside)
            place[2, column] = np.int32(below * width + i)
            place[3, column] = np.int32(below * width + beside)
        line = out[row]
        for column in range(columns):
            fx, fy = part_x[column], part_y[column]
            upper, upper_right = (
                pixels[np.uint64(place[0, column])],
                pixels[np.uint64(place[1, column])],
            )
            lower, lower_right = (
                pixels[np.uint64(place[2, column])],
                pixels[np.uint64(place[3, column])],
            )
            top = upper + fx * (upper_right - upper)
            bottom = lower + fx * (lower_right - lower)
            line[column] = top + fy * (bottom - top)
