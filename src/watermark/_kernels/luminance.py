"""Pixels to luminance, reduced by area averaging in the same pass."""

from __future__ import annotations

import numpy as np
from numba import float32, types, uint8, void
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel

# Read-only arrays are common (PIL gives them), and numba converts writable ones to this type.
IMAGE = types.Array(uint8, 3, "C", readonly=True)

# Rec. 601 weights, as in JPEG's YCbCr: what codecs keep best
RED, GREEN, BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)
LEAST_WEIGHT = 1e-4  # of a row that an output row only touches by rounding


@inlined
def _add_row(row: NDArray[np.uint8], weight: np.float32, total: NDArray[np.float32]) -> None:
    for i in range(total.size):
        total[i] += weight * np.float32(row[i])


@inner
def _to_luminance(
    total: NDArray[np.float32], channels: int, scale: np.float32, out: NDArray[np.float32]
) -> None:
    """Weigh the channels of a row; one loop for each known distance of pixels, to be vectorised."""
    red, green, blue = RED * scale, GREEN * scale, BLUE * scale
    if channels == 3:
        for x in range(out.size):
            out[x] = red * total[3 * x] + green * total[3 * x + 1] + blue * total[3 * x + 2]
    elif channels == 4:
        for x in range(out.size):
            out[x] = red * total[4 * x] + green * total[4 * x + 1] + blue * total[4 * x + 2]
    else:
        for x in range(out.size):
            out[x] = scale * total[x]


@inlined
def _spans(
    length: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Divide a line into equal spans: where each begins, its share of the first and last pixel.

    The last pixel of a span is the first of the next one (or the line's last).
    """
    step = length / count
    first = np.empty(count + 1, np.int64)
    lead, trail = np.empty(count, np.float32), np.empty(count, np.float32)
    first[count] = length - 1
    for index in range(count):
        first[index] = min(int(index * step), length - 1)
    for index in range(count):
        left, right = index * step, min((index + 1) * step, float(length))
        inside = first[index + 1] > first[index]
        lead[index] = (first[index] + 1 if inside else right) - left
        trail[index] = right - first[index + 1] if inside else 0.0
    return first, lead, trail


@kernel(void(IMAGE, float32[:, ::1]))
def reduce_area(image: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Average an image's luminance over the area of each output pixel.

    Rows are added up with all their channels, the bulk of the work, before anything else is done.

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
    scale = np.float32(1.0 / (step_y * step_x))
    first, lead, trail = _spans(width, columns)
    total = np.empty(width * channels, np.float32)
    line = np.empty(width, np.float32)
    for row in range(rows):
        top, bottom = row * step_y, min((row + 1) * step_y, float(height))
        total[:] = np.float32(0.0)
        for y in range(int(top), min(int(bottom) + 1, height)):
            weight = min(bottom, y + 1.0) - max(top, float(y))
            if weight > LEAST_WEIGHT:
                _add_row(image[y].reshape(-1), np.float32(weight), total)
        if columns == width:
            _to_luminance(total, channels, scale, out[row])
            continue
        _to_luminance(total, channels, scale, line)
        if 2 * columns == width:  # half resolution, for embedding
            for x in range(columns):
                out[row, x] = line[2 * x] + line[2 * x + 1]
        else:
            for x in range(columns):
                value = line[first[x]] * lead[x]
                for inner in range(first[x] + 1, first[x + 1]):
                    value += line[inner]
                out[row, x] = value + line[first[x + 1]] * trail[x]
