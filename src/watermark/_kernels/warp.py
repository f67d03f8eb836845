"""Resampling through a homography."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import kernel


@kernel("void(float32[:, ::1], float64[:, ::1], float32[:, ::1])")
def bilinear(
    source: NDArray[np.float32], matrix: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Sample `source` at ``matrix @ (column, row, 1)`` for each output pixel; outside it is 0."""
    height, width = source.shape
    rows, columns = out.shape
    for row in range(rows):
        for column in range(columns):
            z = matrix[2, 0] * column + matrix[2, 1] * row + matrix[2, 2]
            x = (matrix[0, 0] * column + matrix[0, 1] * row + matrix[0, 2]) / z
            y = (matrix[1, 0] * column + matrix[1, 1] * row + matrix[1, 2]) / z
            if not (0.0 <= x < width - 1 and 0.0 <= y < height - 1):
                out[row, column] = 0.0
                continue
            i, j = int(x), int(y)
            fx, fy = np.float32(x - i), np.float32(y - j)
            top = source[j, i] + fx * (source[j, i + 1] - source[j, i])
            bottom = source[j + 1, i] + fx * (source[j + 1, i + 1] - source[j + 1, i])
            out[row, column] = top + fy * (bottom - top)
