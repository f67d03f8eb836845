"""Fields over the cells of a flow: what smooths, extends and continues them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import mesh

__all__ = [
    "CELLS",
    "Reading",
    "corners_of",
    "likeliest",
    "normalised",
    "smoothed",
    "trend",
    "widened",
]

Reading = tuple[NDArray[np.complex64], NDArray[np.bool_]]
"""The pilots of cells (rows, columns, n_pilots), and which cells (rows, columns) are seen."""

# Tuned values: what others do is shown by python -m benchmarks.constants cells.NAME VALUE.
CELLS = (4, 2, 1)  # a side of a tile: as many as MOST_CELLS allows
# Tiles that a fit must reach for its trend to be of this degree.
EXTENTS = ((3.0, 3), (1.25, 2), (0.0, 1))
# Steps of conjugate gradients, and of the first residual what is left: less moves nothing.
SOLVING, ENOUGH = 60, 1e-3


def normalised(values: NDArray[np.complex64]) -> Reading:
    """Bring each line, then each cell to a mean square of 2: no texture leads.

    Returns
    -------
    values : complex64, as given
    seen : bool (rows, columns)
        Cells that the picture reaches.
    """
    power = np.square(values.real) + np.square(values.imag)
    seen = power.max(axis=2) > 0
    level = power[seen].mean(axis=0) if seen.any() else np.ones(values.shape[2], np.float32)
    level += np.float32(1e-20)
    power = power @ (1 / (level * level.size))
    least = 0.1 * float(np.sqrt(power).mean()) + 1e-6
    scale = np.sqrt(np.float32(2)) / (np.sqrt(power) + np.float32(least))
    values *= scale[..., None]
    values /= np.sqrt(level)
    return values, seen


def trend(bend: NDArray[np.float64], fitted: NDArray[np.bool_], cells: int) -> NDArray[np.float64]:
    """Return the polynomial that fits the displacements of the fitted cells best, like `bend`."""
    ys, xs = np.nonzero(fitted)
    extent = float(max(np.ptp(ys), np.ptp(xs))) if len(ys) else 0.0
    if extent < max(CELLS) / 2:
        return np.zeros_like(bend)
    degree = next(degree for tiles, degree in EXTENTS if extent >= tiles * cells)
    y, x = np.mgrid[0 : bend.shape[0], 0 : bend.shape[1]]
    y, x = ((values - 0.5 - at.mean()) / (extent / 2 + 1) for values, at in ((y, ys), (x, xs)))
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    basis = np.stack([x**i * y**j for i, j in powers], -1)
    used = np.zeros(bend.shape[:2], np.bool_)
    used[:-1, :-1] |= fitted
    used[1:, 1:] |= fitted
    known = basis[used]
    gram = known.T @ known
    gram += 1e-4 * np.trace(gram) / len(gram) * np.eye(len(gram))  # of parts that say little
    return np.asarray(basis @ np.linalg.solve(gram, known.T @ bend[used]))


def likeliest(
    rest: NDArray[np.float64],
    gradient: NDArray[np.float64],
    curvature: NDArray[np.float64],
    precision: float,
) -> NDArray[np.float64]:
    """Return the step of Newton's method to the likeliest displacements.

    Parameters
    ----------
    rest : float64 (rows + 1, columns + 1, 2)
        Displacements of the corners, less the trend.
    gradient : float64 (rows, columns, 2)
        Of the pilots' likelihood by each cell's displacement, the mean of its four corners'.
    curvature : float64 (rows, columns)
        Expected; the same in all directions, as the pilots' places have the square's symmetry.
    precision : float
        Of a second difference.
    """
    step = np.empty((2, *rest.shape[:2]))
    for axis in (0, 1):
        mesh.smooth_step(
            np.ascontiguousarray(rest[..., axis]),
            np.ascontiguousarray(gradient[..., axis]),
            curvature,
            precision,
            SOLVING,
            ENOUGH,
            step[axis],
        )
    return step.transpose(1, 2, 0)


def widened(cells: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return the cells that are at most so many rows and columns from one of these."""
    for axis in (0, 1):
        place = np.arange(cells.shape[axis])
        near = np.abs(place[:, None] - place) <= by
        cells = near @ cells if axis == 0 else cells @ near
    return cells


def corners_of(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of the cells around each corner, (rows + 1, columns + 1, 2)."""
    edged = np.pad(cells, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return (edged[1:, 1:] + edged[:-1, 1:] + edged[1:, :-1] + edged[:-1, :-1]) / 4


def smoothed(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Smooth by a Gaussian of a deviation in cells; beyond the border the values are 0."""
    for axis in (0, 1):
        place = np.arange(values.shape[axis])
        kernel = np.exp(-0.5 * np.square((place[:, None] - place) / width))
        kernel /= np.sqrt(2 * np.pi) * width
        values = kernel @ values if axis == 0 else values @ kernel
    return values
