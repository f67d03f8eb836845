"""Sheets to look at: original, marked picture and difference, at 1 x and at 2 x."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.attacks import Pixels

__all__ = ["save_sheet", "sheet", "smoothest"]

_GAIN = 8
_SIDE = 700  # of a panel, in pixels
_STEP = 32  # between the windows that are compared, in pixels
_TOUCHED = 0.1  # of a window's pixels: where fewer change there is nothing to look at


def sheet(image: Pixels, marked: Pixels) -> Pixels:
    """Return original, marked picture and their difference, eightfold, side by side, twice.

    Above at 1 x: the middle is cut out, never resized, for resizing hides what one should see.
    Below at 2 x (nearest neighbour): the smoothest part that the mark touches, where it is seen
    first.

    Parameters
    ----------
    image, marked : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    ndarray of uint8, shape (2 h, 3 w, 3)
        h and w are at most 700 pixels and even.
    """
    height, width = (min(side, _SIDE) // 2 * 2 for side in image.shape[:2])
    middle = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    top, left = smoothest(image, marked, height // 2, width // 2)
    near = _panels(image, marked, top, left, height // 2, width // 2)
    near = near.repeat(2, axis=0).repeat(2, axis=1)
    return np.concatenate([_panels(image, marked, *middle, height, width), near])


def save_sheet(folder: Path, name: str, image: Pixels, marked: Pixels) -> None:
    """Save a sheet as a PNG picture, named after `name` without what disturbs in a path."""
    simple = "-".join(re.findall(r"[\w.]+", name)).replace(".", "_")
    Image.fromarray(sheet(image, marked)).save(folder / f"{simple}.png")


def smoothest(image: Pixels, marked: Pixels, height: int, width: int) -> tuple[int, int]:
    """Return top and left of the window with the least texture among those that were changed."""
    grey = image.astype(np.float32).mean(axis=2)
    variance = cv2.blur(grey * grey, (9, 9)) - cv2.blur(grey, (9, 9)) ** 2
    # The root of the root: a few edges in a window count less than texture all over it.
    texture = _window_means(np.maximum(variance, 0) ** 0.25, height, width)
    touched = _window_means((image != marked).any(axis=2).astype(np.float32), height, width)
    texture[touched < min(_TOUCHED, float(touched.max()))] = np.inf
    row, column = np.unravel_index(int(texture.argmin()), texture.shape)
    return int(row) * _STEP, int(column) * _STEP


def _window_means(
    values: npt.NDArray[np.float32], height: int, width: int
) -> npt.NDArray[np.float64]:
    sums = cv2.integral(values, sdepth=cv2.CV_64F)
    total = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
    total = total + sums[:-height, :-width]
    means: npt.NDArray[np.float64] = total[::_STEP, ::_STEP] / (height * width)
    return means


def _panels(image: Pixels, marked: Pixels, top: int, left: int, height: int, width: int) -> Pixels:
    parts = [part[top : top + height, left : left + width] for part in (image, marked)]
    difference = parts[1].astype(np.int16) - parts[0]
    parts.append(np.clip(128 + _GAIN * difference, 0, 255).astype(np.uint8))
    return np.concatenate(parts, axis=1)
