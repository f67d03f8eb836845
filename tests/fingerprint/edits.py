"""Edits of pictures for the tests of the fingerprint, with the maps that they amount to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates

from indelible.fingerprint.sampling import inverse

__all__ = ["cropped", "enlarged", "moved", "resized"]

Pixels = NDArray[np.uint8]
Map = NDArray[np.float64]


def resized(image: Pixels, factor: float) -> Pixels:
    height, width = image.shape[:2]
    size = (round(width * factor), round(height * factor))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def enlarged(image: Pixels, side: int) -> Pixels:
    return resized(image, side / max(image.shape[:2]))


def cropped(image: Pixels, top: int, left: int, height: int, width: int) -> tuple[Pixels, Map]:
    part = np.ascontiguousarray(image[top : top + height, left : left + width])
    return part, np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])


def moved(image: Pixels, matrix: Map, height: int, width: int) -> Pixels:
    """Draw an image through a homography, on black."""
    y, x = np.mgrid[:height, :width]
    back = inverse(matrix) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    places = (back[1] / back[2], back[0] / back[2])
    planes = [map_coordinates(image[..., c], places, order=1) for c in range(3)]
    return np.stack(planes, axis=1).reshape(height, width, 3)
