"""Resampling through a mesh of quadrangles: maps that bend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import kernel

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
