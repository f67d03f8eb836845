"""A picture on a grid of cells: laid there by a map, with how much of each cell it covers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint._kernels import sampling

__all__ = ["frame", "inverse", "on_grid", "project"]

PIXELS = 1 << 18  # of a picture that are taken, about: some 90 for each cell of a reference
LEAST_COVERED = 0.7  # of a cell, for its mean to count


def frame(size: tuple[int, int], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the map from a picture's pixels to the cells of a grid that it fills.

    Parameters
    ----------
    size : (int, int)
        The picture's height and width.
    shape : (int, int)
        The grid's rows and columns.

    Returns
    -------
    float64 (3, 3)
        From (x, y, 1) to (column, row, 1), pixels' and cells' middles at integers.
    """
    scale_y, scale_x = shape[0] / size[0], shape[1] / size[1]
    return np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])


def on_grid(
    pixels: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    shape: tuple[int, int],
    samples: int = PIXELS,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], float]:
    """Average a picture's luminance over each cell of a grid and its neighbourhood.

    Parameters
    ----------
    pixels : uint8 (H, W, C)
    matrix : float64 (3, 3)
        From the grid's (column, row, 1) to the picture's (x, y, 1); not singular.
    shape : (int, int)
        Rows and columns.
    samples : int, optional
        How many pixels are taken, about, spread evenly.

    Returns
    -------
    values : float32 (rows, columns)
        0..255; 0 where nothing is known.
    covered : bool (rows, columns)
        Where the picture covers the cell.
    area : float
        Of the covered cells, in the picture's pixels.
    """
    height, width = pixels.shape[:2]
    back = inverse(matrix)
    middle = back @ np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
    back = np.ascontiguousarray(back * np.sign(middle[2]))  # in front of the horizon is positive
    step = max(1, math.isqrt(height * width // samples))
    total, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    sampling.splat(pixels, back, step, total, weight)
    # how many pixels a cell has that is wholly inside: the map's Jacobian
    columns, rows = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    depth = matrix[2, 0] * columns + matrix[2, 1] * rows + matrix[2, 2]
    with np.errstate(divide="ignore", over="ignore"):
        area = np.abs(np.linalg.det(matrix) / depth**3)
    covered = weight * step**2 > LEAST_COVERED * area
    covered &= weight > LEAST_COVERED
    values = np.where(covered, total / np.maximum(weight, np.float32(1e-3)), np.float32(0))
    return values, covered, float(area[covered].sum())


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a map's inverse, float64 (3, 3)."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def project(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a homography to points, float64 (n, 2)."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])
