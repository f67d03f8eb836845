"""The perceptual mask, and adding the masked pattern to the pixels."""

from __future__ import annotations

import numpy as np
from numba import float32, njit, types, uint8, void
from numpy.typing import NDArray

from indelible.watermark._kernels.luminance import IMAGE

PATTERN = types.Array(float32, 2, "C", readonly=True)


@njit("void(float32[:, ::1], int64, float32[:, ::1], float32[:, ::1])", cache=True, nogil=True)
def box_moments(
    image: NDArray[np.float32],
    radius: int,
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
) -> None:
    """Mean and variance over squares of side ``2 radius + 1``, cut off at the borders."""
    height, width = image.shape
    column_sum = np.zeros(width, np.float64)
    column_square = np.zeros(width, np.float64)
    for y in range(min(radius, height)):
        for x in range(width):
            value = image[y, x]
            column_sum[x] += value
            column_square[x] += value * value
    for y in range(height):
        if y + radius < height:
            for x in range(width):
                value = image[y + radius, x]
                column_sum[x] += value
                column_square[x] += value * value
        if y - radius - 1 >= 0:
            for x in range(width):
                value = image[y - radius - 1, x]
                column_sum[x] -= value
                column_square[x] -= value * value
        rows = min(y + radius, height - 1) - max(y - radius, 0) + 1
        total, square = 0.0, 0.0
        for x in range(min(radius, width)):
            total += column_sum[x]
            square += column_square[x]
        for x in range(width):
            if x + radius < width:
                total += column_sum[x + radius]
                square += column_square[x + radius]
            if x - radius - 1 >= 0:
                total -= column_sum[x - radius - 1]
                square -= column_square[x - radius - 1]
            count = rows * (min(x + radius, width - 1) - max(x - radius, 0) + 1)
            average = total / count
            mean[y, x] = average
            variance[y, x] = max(square / count - average * average, 0.0)


@njit(
    void(IMAGE, float32[:, ::1], PATTERN, float32[::1], uint8[:, :, ::1]),
    cache=True,
    nogil=True,
)
def add_pattern(
    image: NDArray[np.uint8],
    mask: NDArray[np.float32],
    pattern: NDArray[np.float32],
    weights: NDArray[np.float32],
    out: NDArray[np.uint8],
) -> None:
    """Add mask x pattern to the colour channels, rounded and clipped; copy alpha.

    Parameters
    ----------
    image : uint8 (H, W, C)
    mask : float32 (ceil(H / 2), ceil(W / 2))
        Amplitude in grey levels of luminance, one value for 2 x 2 pixels.
    pattern : float32 (P, P)
        One period, repeated from the top left corner.
    weights : float32 (colour channels,)
        How much of a grey level each channel takes.
    out : uint8, like image
    """
    height, width, channels = image.shape
    period = pattern.shape[0]
    colours = weights.size
    half = np.float32(0.5)
    line = np.empty(width, np.float32)
    for y in range(height):
        source = pattern[y % period]
        strength = mask[y // 2]
        for start in range(0, width, period):
            for x in range(start, min(start + period, width)):
                line[x] = source[x - start] * strength[x // 2]
        for x in range(width):
            for channel in range(colours):
                value = np.float32(image[y, x, channel]) + weights[channel] * line[x] + half
                out[y, x, channel] = np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))
            for channel in range(colours, channels):
                out[y, x, channel] = image[y, x, channel]
