"""Averaging a picture's luminance over the cells of a grid, wherever its pixels lie there."""

from __future__ import annotations

import numpy as np
from numba import float32, float64, int64, types, uint8, void
from numpy.typing import NDArray

from indelible.compiling import kernel

IMAGE = types.Array(uint8, 3, "C", readonly=True)
RED, GREEN, BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)  # Rec. 601


@kernel(void(IMAGE, float64[:, ::1], int64, float32[:, ::1], float32[:, ::1]))
def splat(
    image: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    step: int,
    total: NDArray[np.float32],
    weight: NDArray[np.float32],
) -> None:
    """Share each pixel's luminance among the four nearest cells.

    Parameters
    ----------
    image : uint8 (H, W, C)
        Grey (C = 1), RGB (3) or RGBA (4, alpha ignored).
    matrix : float64 (3, 3)
        From the picture's (x, y, 1) to the grid's, whose cells' middles are at integers.
    step : int
        Each so many-th row and column is taken.
    total, weight : float32 (h, w)
        Out, added to: luminance times share, and shares.
    """
    height, width, channels = image.shape
    rows, columns = total.shape
    for y in range(step // 2, height, step):
        first_x = matrix[0, 1] * y + matrix[0, 2]
        first_y = matrix[1, 1] * y + matrix[1, 2]
        first_z = matrix[2, 1] * y + matrix[2, 2]
        for x in range(step // 2, width, step):
            z = matrix[2, 0] * x + first_z
            if z <= 0.0:  # behind the horizon
                continue
            u = (matrix[0, 0] * x + first_x) / z
            v = (matrix[1, 0] * x + first_y) / z
            if not (u > -1.0 and v > -1.0 and u < columns and v < rows):
                continue
            i, j = int(np.floor(u)), int(np.floor(v))
            right, below = np.float32(u - i), np.float32(v - j)
            if channels >= 3:
                grey = (
                    RED * np.float32(image[y, x, 0])
                    + GREEN * np.float32(image[y, x, 1])
                    + BLUE * np.float32(image[y, x, 2])
                )
            else:
                grey = np.float32(image[y, x, 0])
            for dy in range(2):
                row = j + dy
                if row < 0 or row >= rows:
                    continue
                part = below if dy == 1 else np.float32(1.0) - below
                for dx in range(2):
                    column = i + dx
                    if 0 <= column < columns:
                        share = part * (right if dx == 1 else np.float32(1.0) - right)
                        weight[row, column] += share
                        total[row, column] += share * grey
