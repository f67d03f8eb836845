"""Pictures laid in other frames, in plain NumPy: for people to look at, not to measure by."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Homography", "Pixels", "fitted", "projected", "rgb", "scaling", "warped"]

Pixels: TypeAlias = NDArray[np.uint8]
Homography: TypeAlias = NDArray[np.float64]


def rgb(pixels: Pixels) -> Pixels:
    """Return a picture as RGB, (h, w, 3); transparent parts lie on white."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    laid = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return laid.astype(np.uint8)


def fitted(pixels: Pixels, side: int) -> Pixels:
    """Return a picture at most `side` px a side, (h, w, 3); smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    return warped(pixels, scaling(shape, (height, width)), shape)[0]


def scaling(shape: tuple[int, int], to: tuple[int, int]) -> Homography:
    """Return the map between two sizes of a picture, pixels' middles at integers."""
    y, x = to[0] / shape[0], to[1] / shape[1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def projected(
    matrix: Homography, shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return where each pixel of a frame lies by a map: x, y, and whether it lies in front."""
    middle = matrix[2] @ np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1.0])
    matrix = matrix * (np.sign(middle) or 1.0)
    y, x = np.indices(shape, np.float64)
    at = [a * x + b * y + c for a, b, c in matrix.tolist()]
    front = at[2] > 0
    depth = np.where(front, at[2], 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        across, down = at[0] / depth, at[1] / depth
    return across, down, front & np.isfinite(across) & np.isfinite(down)


def warped(
    pixels: Pixels, to_pixels: Homography, shape: tuple[int, int]
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Lay a picture in a frame.

    Parameters
    ----------
    pixels : uint8 (h, w, 3)
        The picture.
    to_pixels : float64 (3, 3)
        Homography from the frame's (x, y, 1) to the picture's.
    shape : (int, int)
        Height and width of the frame.

    Returns
    -------
    uint8 (height, width, 3), bool (height, width)
        The frame, black where the picture does not reach; and where it does.
    """
    height, width = pixels.shape[:2]
    columns, rows, inside = projected(to_pixels, shape)
    inside &= (rows > -0.5) & (rows < height - 0.5) & (columns > -0.5) & (columns < width - 0.5)
    # A reduced picture is averaged first, else details would flicker.
    step = min(_reduction(to_pixels, shape), height, width)
    small = _averaged(pixels, step)
    where = [(np.where(inside, line, 0) + 0.5) / step - 0.5 for line in (rows, columns)]
    drawn = np.zeros((*shape, 3), np.uint8)
    for channel in range(3):
        plane = ndimage.map_coordinates(small[..., channel], where, order=1, mode="nearest")
        drawn[..., channel] = np.where(inside, np.clip(np.rint(plane), 0, 255), 0)
    return drawn, inside


def _reduction(matrix: Homography, shape: tuple[int, int]) -> int:
    """Return how many of the picture's pixels one of the frame spans, a side, in its middle."""
    depth = float(matrix[2] @ np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1.0]))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = np.sqrt(np.abs(np.linalg.det(matrix) / np.float64(depth) ** 3))
    return max(1, int(min(scale, 1 << 14))) if np.isfinite(scale) else 1


def _averaged(pixels: Pixels, step: int) -> NDArray[np.float32]:
    """Return the means of squares of `step` px; what is left at the edges is left out."""
    height, width = (side // step for side in pixels.shape[:2])
    whole = pixels[: height * step, : width * step].astype(np.float32)
    return np.asarray(whole.reshape(height, step, width, step, 3).mean(axis=(1, 3)))
