"""Where the original may lie in a picture: the maps that a comparison tries.

The watermark says how a picture was turned, scaled and stretched, and where its pattern lies; but
the pattern repeats, so that after a crop the original's corner is one of several places at
multiples of the pattern's period. Without a watermark, or where it misleads, the picture is taken
for the whole original, scaled, in each of the eight ways that it can be turned and mirrored.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from indelible.errors import ArgumentError
from indelible.fingerprint.sampling import frame, inverse, project

__all__ = ["checked", "origins", "whole"]

Map = NDArray[np.float64]

MOST_ORIGINS = 64  # the nearest, beside the one given; a collage of nine has 36
FARTHEST = 1e6  # pixels of the original: a map beyond is none of a picture
# The symmetries of a square about its middle, the identity first.
SYMMETRIES = tuple(
    np.array([[a, b, 0], [c, d, 0], [0, 0, 1]], np.float64)
    for a, b, c, d in (
        (1, 0, 0, 1),
        (-1, 0, 0, 1),
        (1, 0, 0, -1),
        (-1, 0, 0, -1),
        (0, 1, 1, 0),
        (0, -1, 1, 0),
        (0, 1, -1, 0),
        (0, -1, -1, 0),
    )
)


def checked(geometry: NDArray[np.float64]) -> Map:
    """Return a homography as float64 (3, 3), its last element 1.

    Raises
    ------
    ArgumentError
        If it is none: another shape, not finite, or singular.
    """
    matrix = np.asarray(geometry, np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ArgumentError("geometry", "A geometry is a finite 3 x 3 matrix.")
    if abs(matrix[2, 2]) < 1e-12 or abs(np.linalg.det(matrix / matrix[2, 2])) < 1e-12:
        raise ArgumentError("geometry", "A geometry is a homography, which can be inverted.")
    return np.asarray(matrix / matrix[2, 2])


def origins(
    geometry: Map, size: tuple[int, int], received: tuple[int, int], period: float | None
) -> list[Map]:
    """Return the map, and those that begin at another repetition of the pattern, nearest first.

    Parameters
    ----------
    geometry : float64 (3, 3)
        From the original's pixels to the received picture's.
    size, received : (int, int)
        Height and width of the original and of the received picture.
    period : float or None
        The pattern's, in pixels of the original, in both directions; None: the origin is known.

    Raises
    ------
    ArgumentError
        If the period is no length.
    """
    if period is None:
        return [geometry]
    if not 0 < period < math.inf:
        raise ArgumentError("period", f"A period is a length in pixels, not {period}.")
    height, width = received
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = project(inverse(geometry), corners)
    if not np.isfinite(seen).all() or np.abs(seen).max() > FARTHEST:
        return [geometry]
    low, high = seen.min(axis=0), seen.max(axis=0)
    # the shifts by which a picture of the original's size still meets what is seen
    first_x, last_x = _meeting(low[0], high[0], size[1], period)
    first_y, last_y = _meeting(low[1], high[1], size[0], period)
    shifts = [(x, y) for y in range(first_y, last_y + 1) for x in range(first_x, last_x + 1)]
    shifts.sort(key=lambda shift: math.hypot(*shift))
    others = [shift for shift in shifts if shift != (0, 0)][:MOST_ORIGINS]
    moves = [np.array([[1, 0, x * period], [0, 1, y * period], [0, 0, 1]]) for x, y in others]
    return [geometry, *(geometry @ move for move in moves)]


def _meeting(low: float, high: float, length: int, period: float) -> tuple[int, int]:
    """Return the first and last multiple of a period at which a length meets an interval."""
    first = math.floor((low - length) / period) + 1
    last = math.ceil(high / period) - 1
    return max(first, -MOST_ORIGINS), min(last, MOST_ORIGINS)


def whole(size: tuple[int, int], received: tuple[int, int]) -> list[Map]:
    """Return the eight maps that lay the whole original on the whole of a picture."""
    unit = frame(size, (1, 1))  # a single cell, its middle at 0
    back = inverse(frame(received, (1, 1)))
    return [back @ symmetry @ unit for symmetry in SYMMETRIES]
