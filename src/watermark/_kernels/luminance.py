"""Pixels to luminance, reduced by area averaging in the same pass."""

from __future__ import annotations

import numpy as np
from numba import float32, njit, types, uint8, void
from numpy.typing import NDArray

# Read-only arrays are common (PIL gives them); numba converts writable ones to this type, not the reverse.
IMAGE = types.Array(uint8, 3, "C", readonly=True)

# Rec. 601 weights, as in JPEG's YCbCr: what codecs keep best
RED, GREEN, BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)


@njit(void(IMAGE, float32[:, ::1]), cache=True, nogil=True)
def reduce_area(image: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Average an image's luminance over the area of each output pixel.

    Parameters
    ----------
    image : uint8 (H, W, C)
        Grey (C = 1), RGB (3) or RGBA (4, alpha ignored).
    out : float32 (h, w), h <= H, w <= W
        Out: luminance, 0..255. Output pixel i covers the input interval [i H/h, (i+1) H/h).
    """
    height, width, channels = image.shape
    rows, columns = out.shape
    step_y, step_x = height / rows, width / columns
    line = np.empty(width, np.float32)
    total = np.empty(width, np.float32)
    for row in range(rows):
        top, bottom = row * step_y, min((row + 1) * step_y, float(height))
        total[:] = np.float32(0.0)
        y = int(top)
        while y < bottom and y < height:
            weight = np.float32(min(bottom, y + 1.0) - max(top, float(y)))
            if weight > np.float32(1e-4):
                if channels >= 3:
                    for x in range(width):
                        line[x] = (
                            RED * np.float32(image[y, x, 0])
                            + GREEN * np.float32(image[y, x, 1])
                            + BLUE * np.float32(image[y, x, 2])
                        )
                else:
                    for x in range(width):
                        line[x] = np.float32(image[y, x, 0])
                for x in range(width):
                    total[x] += weight * line[x]
            y += 1
        scale = np.float32(1.0 / (step_y * step_x))
        if columns == width:
            for x in range(width):
                out[row, x] = total[x] * scale
            continue
        for column in range(columns):
            left, right = column * step_x, min((column + 1) * step_x, float(width))
            first, last = int(left), min(int(right), width - 1)
            value = total[first] * np.float32(min(right, first + 1.0) - left)
            for x in range(first + 1, last):
                value += total[x]
            if last > first:
                value += total[last] * np.float32(right - last)
            out[row, column] = value * scale
