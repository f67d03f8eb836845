"""The perceptual mask, and adding the masked pattern to the pixels."""

from __future__ import annotations

import numpy as np
from numba import float32, types, uint8, void
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inlined, kernel
from indelible.watermark._kernels.luminance import IMAGE
from indelible.watermark._kernels.powers import power

PATTERN = types.Array(float32, 2, "C", readonly=True)
BLACK, WHITE, HALF = np.float32(0.0), np.float32(255.0), np.float32(0.5)
MIDDLE = np.float32(128.0)


@kernel("void(float32[:, ::1], int64, float32[:, ::1], float32[:, ::1])")
def box_moments(
    image: NDArray[np.float32],
    radius: int,
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
) -> None:
    """Mean and variance over squares of side ``2 radius + 1``, cut off at the borders.

    Every sum is taken anew: for small radii that costs no more than running sums, runs in vectors,
    and rounding errors do not pile up. Grey levels 0..255 lose at most 0.02 of variance.
    """
    height, width = image.shape
    # Columns' sums of the rows in reach, with a margin of zeros for the sums along the row
    total = np.empty(width + 2 * radius, np.float32)
    square = np.empty(width + 2 * radius, np.float32)
    total[:] = np.float32(0.0)
    square[:] = np.float32(0.0)
    share = np.empty(width, np.float32)
    for x in range(width):
        share[x] = 1.0 / (min(x + radius, width - 1) - max(x - radius, 0) + 1)
    for y in range(height):
        top, bottom = max(y - radius, 0), min(y + radius + 1, height)
        inner_total, inner_square = total[radius : radius + width], square[radius : radius + width]
        inner_total[:] = np.float32(0.0)
        inner_square[:] = np.float32(0.0)
        for row in range(top, bottom):
            line = image[row]
            for x in range(width):
                value = line[x] - MIDDLE
                inner_total[x] += value
                inner_square[x] += value * value
        line_mean, line_variance = mean[y], variance[y]
        line_mean[:] = np.float32(0.0)
        line_variance[:] = np.float32(0.0)
        for shift in range(2 * radius + 1):
            shifted_total, shifted_square = total[shift:], square[shift:]
            for x in range(width):
                line_mean[x] += shifted_total[x]
                line_variance[x] += shifted_square[x]
        row_share = np.float32(1.0 / (bottom - top))
        for x in range(width):
            average = line_mean[x] * (row_share * share[x])
            spread = line_variance[x] * (row_share * share[x]) - average * average
            line_mean[x] = average + MIDDLE
            line_variance[x] = max(spread, np.float32(0.0))


@kernel("void(float32[:, ::1], float32[:, ::1])")
def least_nearby(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Take the least value of each 3 x 3 square, cut off at the borders."""
    height, width = values.shape
    line = np.empty(width, np.float32)
    for y in range(height):
        above, here, below = values[max(y - 1, 0)], values[y], values[min(y + 1, height - 1)]
        for x in range(width):
            line[x] = min(above[x], here[x], below[x])
        row = out[y]
        row[0], row[width - 1] = line[0], line[width - 1]
        if width > 1:
            row[0] = min(line[0], line[1])
            row[width - 1] = min(line[width - 2], line[width - 1])
        for x in range(1, width - 1):
            row[x] = min(line[x - 1], line[x], line[x + 1])


@kernel(
    "void(float32[:, ::1], float32[:, ::1], float64, float64, float64, float64, float64,"
    " float32[:, ::1])"
)
def amplitudes(
    texture: NDArray[np.float32],
    mean: NDArray[np.float32],
    exponent: float,
    amplitude: float,
    constant: float,
    least_shade: float,
    shade_per_level: float,
    out: NDArray[np.float32],
) -> None:
    """Write ``amplitude * shade * (2 texture + constant) ** exponent``.

    Where the mean is dark, ``shade = least_shade + shade_per_level * mean``; elsewhere it is 1.
    """
    power_of, factor, added = np.float32(exponent), np.float32(amplitude), np.float32(constant)
    least, slope = np.float32(least_shade), np.float32(shade_per_level)
    for y in range(texture.shape[0]):
        variances, levels, row = texture[y], mean[y], out[y]
        for x in range(row.size):
            shade = min(least + slope * levels[x], np.float32(1.0))
            room = power(np.float32(2.0) * variances[x] + added, power_of)
            row[x] = factor * shade * room


@inlined
def _double(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Repeat each value twice, but the last one of an odd line."""
    for x in range(out.size // 2):
        out[2 * x] = values[x]
        out[2 * x + 1] = values[x]
    if out.size % 2:
        out[out.size - 1] = values[out.size // 2]


@inlined
def _spread(
    line: NDArray[np.float32],
    weights: NDArray[np.float32],
    channels: int,
    out: NDArray[np.float32],
) -> None:
    """Share a change of luminance among the channels; alpha, if there is one, keeps 0."""
    if channels == 1:
        for x in range(line.size):
            out[x] = weights[0] * line[x]
        return
    red, green, blue = weights[0], weights[1], weights[2]
    if channels == 3:
        for x in range(line.size):
            out[3 * x] = red * line[x]
            out[3 * x + 1] = green * line[x]
            out[3 * x + 2] = blue * line[x]
    else:
        for x in range(line.size):
            out[4 * x] = red * line[x]
            out[4 * x + 1] = green * line[x]
            out[4 * x + 2] = blue * line[x]
            out[4 * x + 3] = np.float32(0.0)


@inlined
def _add(row: NDArray[np.uint8], change: NDArray[np.float32], out: NDArray[np.uint8]) -> None:
    """Add, round and clip; an unchanged value stays exactly what it was."""
    for i in range(change.size):
        value = np.float32(row[i]) + change[i] + HALF
        out[i] = np.uint8(min(max(value, BLACK), WHITE))


@kernel(void(IMAGE, float32[:, ::1], PATTERN, float32[::1], uint8[:, :, ::1]))
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
        How much of a grey level each channel takes: one value, or three for RGB and RGBA.
    out : uint8, like image
    """
    height, width, channels = image.shape
    period = pattern.shape[0]
    strength = np.empty(width, np.float32)
    line = np.empty(width, np.float32)
    change = np.empty(width * channels, np.float32)
    for y in range(height):
        if y % 2 == 0:
            _double(mask[y // 2], strength)
        source = pattern[y % period]
        for start in range(0, width, period):
            part, factor = line[start : start + period], strength[start : start + period]
            for x in range(part.size):
                part[x] = source[x] * factor[x]
        _spread(line, weights, channels, change)
        _add(image[y].reshape(-1), change, out[y].reshape(-1))
