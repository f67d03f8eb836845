"""From the tile's coordinates to the original picture's: where its corner was.

The mark repeats; it does not say which repetition begins at the original's corner. That is
inferred: the received picture's centre is taken for the original's. After a crop the origin is
therefore one of those that the mark's period of four tiles (512 pixels and more) allows, not always
the true one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark.alignment import project
from indelible.watermark.carrier import TILES_PER_SUPER

__all__ = ["from_full_size", "original_to_received", "to_full_size"]


def to_full_size(
    map_: NDArray[np.float64], working: tuple[int, ...], received: tuple[int, int]
) -> NDArray[np.float64]:
    """Turn a map to the reduced picture's pixels into one to the received picture's."""
    return _enlarge(working, received) @ map_


def from_full_size(
    map_: NDArray[np.float64], working: tuple[int, ...], received: tuple[int, int]
) -> NDArray[np.float64]:
    """Turn a map to the received picture's pixels into one to the reduced picture's."""
    return np.asarray(np.linalg.inv(_enlarge(working, received)) @ map_)


def _enlarge(working: tuple[int, ...], received: tuple[int, int]) -> NDArray[np.float64]:
    scale_y, scale_x = received[0] / working[0], received[1] / working[1]
    return np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])


def original_to_received(
    map_: NDArray[np.float64], period: int, offset: tuple[int, int], received: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the homography from the original's pixels to the received picture's, float64 (3, 3).

    Parameters
    ----------
    map_ : float64 (3, 3)
        From tile coordinates to received pixels.
    period : int
        A tile's, in pixels of the original.
    offset : (int, int)
        Tile coordinates (s, t) of a super-tile's origin.
    received : (int, int)
        Height and width.
    """
    height, width = received
    visible = project(np.asarray(np.linalg.inv(map_), np.float64), _corners(height, width))
    area_in_tiles = _area(visible)
    centre = visible.mean(axis=0)
    original_centre = _size_in_tiles(map_, received, area_in_tiles) / 2
    # the super-tile's origin that puts the original's centre nearest to the received picture's
    shift = np.array(offset, float)
    shift += TILES_PER_SUPER * np.rint((centre - original_centre - shift) / TILES_PER_SUPER)
    to_tiles = np.array([[1 / period, 0, shift[0]], [0, 1 / period, shift[1]], [0, 0, 1]])
    homography = map_ @ to_tiles
    return np.asarray(homography / homography[2, 2])


def _size_in_tiles(
    map_: NDArray[np.float64], received: tuple[int, int], area_in_tiles: float
) -> NDArray[np.float64]:
    """Guess the original's width and height in tiles: the visible area, the received aspect."""
    height, width = received
    column = map_[:2, 0]
    if abs(column[1]) > abs(column[0]):  # nearer to a quarter turn than to upright
        height, width = width, height
    side = np.sqrt(area_in_tiles)
    aspect = np.sqrt(width / height)
    return np.array([side * aspect, side / aspect])


def _corners(height: int, width: int) -> NDArray[np.float64]:
    """Corner pixels' outer corners, float64 (4, 2), around the picture."""
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def _area(polygon: NDArray[np.float64]) -> float:
    """Area of a polygon (n, 2)."""
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
