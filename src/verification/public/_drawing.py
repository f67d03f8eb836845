"""Pictures laid in other frames, in plain NumPy: for people to look at, not to measure by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Pixels", "fitted", "rgb", "warped"]

Pixels = NDArray[np.uint8]


def rgb(pixels: Pixels) -> Pixels:
    """Return a picture as RGB, (h, w, 3); transparent parts lie on white."""
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        laid = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        return laid.astype(np.uint8)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def fitted(pixels: Pixels, side: int) -> Pixels:
    """Return a picture at most `side` px a side, (h, w, 3); smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    to_pixels = np.diag([width / shape[1], height / shape[0], 1.0])
    to_pixels[:2, 2] = (np.diag(to_pixels)[:2] - 1) / 2
    return warped(pixels, to_pixels, shape)[0]


def warped(
    pixels: Pixels, to_pixels: NDArray[np.float64], shape: tuple[int, int]
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
        The frame, black where the picture does not reach, and where it does.
    """
    height, width = pixels.shape[:2]
    y, x = np.indices(shape, np.float32)
    at = [a * x + b * y + c for a, b, c in to_pixels.tolist()]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        columns, rows = at[0] / at[2], at[1] / at[2]
    inside = (rows > -0.5) & (rows < height - 0.5) & (columns > -0.5) & (columns < width - 0.5)
    inside &= at[2] * np.sign(at[2][shape[0] // 2, shape[1] // 2]) > 0
    if not inside.any():
        return np.zeros((*shape, 3), np.uint8), inside
    # A reduced picture is averaged first, else details would flicker.
    depth = at[2][inside].mean(dtype=np.float64)
    scale = np.sqrt(abs(np.linalg.det(to_pixels) / depth**3))  # from the map's Jacobian
    step = max(1, min(int(scale), height, width))
    small = _averaged(pixels, step)
    where = np.nan_to_num(np.stack([rows, columns]), nan=-1, posinf=-1, neginf=-1)
    where = np.where(inside, (where + 0.5) / step - 0.5, 0)
    drawn = np.zeros((*shape, 3), np.uint8)
    for channel in range(3):
        plane = ndimage.map_coordinates(small[..., channel], where, order=1, mode="nearest")
        drawn[..., channel] = np.where(inside, np.clip(np.rint(plane), 0, 255), 0)
    return drawn, inside


def _averaged(pixels: Pixels, step: int) -> NDArray[np.float32]:
    """Return the means of squares of `step` px; what is left at the edges is left out."""
    height, width = (side // step for side in pixels.shape[:2])
    whole = pixels[: height * step, : width * step].astype(np.float32)
    return np.asarray(whole.reshape(height, step, width, step, 3).mean(axis=(1, 3)))
