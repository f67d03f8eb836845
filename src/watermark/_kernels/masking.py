"""The perceptual mask, and adding the masked pattern to the pixels."""

from __future__ import annotations

import numpy as np
from numba import float32, float64, types, uint8, void
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inlined, kernel
from indelible.watermark._kernels.luminance import IMAGE
from indelible.watermark._kernels.powers import power

PATTERN = types.Array(float32, 2, "C", readonly=True)
BLACK, WHITE, HALF = np.float32(0.0), np.float32(255.0), np.float32(0.5)
ONE = np.float32(1.0)


@kernel("void(float32[:, ::1], int64, float32[:, ::1])")
def box_mean(values: NDArray[np.float32], radius: int, out: NDArray[np.float32]) -> None:
    """Mean over squares of side ``2 radius + 1``, cut off at the borders.

    Every sum is taken anew: for small radii that costs no more than running sums, runs in vectors,
    and rounding errors do not pile up.
    """
    height, width = values.shape
    # Columns' sums of the rows in reach, with a margin of zeros for the sums along the row
    total = np.empty(width + 2 * radius, np.float32)
    total[:] = np.float32(0.0)
    share = np.empty(width, np.float32)
    for x in range(width):
        share[x] = 1.0 / (min(x + radius, width - 1) - max(x - radius, 0) + 1)
    for y in range(height):
        top, bottom = max(y - radius, 0), min(y + radius + 1, height)
        inner_total = total[radius : radius + width]
        inner_total[:] = np.float32(0.0)
        for row in range(top, bottom):
            line = values[row]
            for x in range(width):
                inner_total[x] += line[x]
        line_mean = out[y]
        line_mean[:] = np.float32(0.0)
        for shift in range(2 * radius + 1):
            shifted_total = total[shift:]
            for x in range(width):
                line_mean[x] += shifted_total[x]
        row_share = np.float32(1.0 / (bottom - top))
        for x in range(width):
            line_mean[x] *= row_share * share[x]


@kernel("void(float32[:, ::1], float32[:, ::1], float32[:, ::1])")
def root_detail(
    luminance: NDArray[np.float32], mean: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Write the square root of the absolute difference."""
    for y in range(luminance.shape[0]):
        levels, means, row = luminance[y], mean[y], out[y]
        for x in range(row.size):
            row[x] = np.sqrt(np.abs(levels[x] - means[x]))


@kernel("void(float32[:, ::1], float64, float64, float64, float32[:, ::1])")
def amplitudes(
    root: NDArray[np.float32],
    exponent: float,
    amplitude: float,
    knee: float,
    out: NDArray[np.float32],
) -> None:
    """Write ``amplitude * (1 + (root ** 2 / knee) ** 2) ** (exponent / 2)``."""
    power_of, factor = np.float32(exponent / 2), np.float32(amplitude)
    scale, one = np.float32(1.0 / knee), np.float32(1.0)
    for y in range(root.shape[0]):
        roots, row = root[y], out[y]
        for x in range(row.size):
            detail = roots[x] * roots[x] * scale
            row[x] = factor * power(one + detail * detail, power_of)


@kernel("float64(float32[:, ::1], float32[:, ::1], int64, float64, float32[:, ::1])")
def level(
    pattern: NDArray[np.float32],
    energy: NDArray[np.float32],
    margin: int,
    least: float,
    out: NDArray[np.float32],
) -> float:
    """Write ``1 / sqrt(energy + least)``, and return the sum of squares of ``out * pattern``.

    Parameters
    ----------
    pattern : float32 (h, w)
    energy : float32 (h + 2 margin, w + 2 margin)
        Its mean square around each place, with a margin.
    margin : int
    least : float
        Positive.
    out : float32 (h, w)
    """
    total, floor = 0.0, np.float32(least)
    for y in range(pattern.shape[0]):
        values, row = pattern[y], out[y]
        around = energy[y + margin, margin : margin + row.size]
        of_row = np.float32(0.0)
        for x in range(row.size):
            factor = np.float32(1.0) / np.sqrt(around[x] + floor)
            row[x] = factor
            of_row += (factor * values[x]) * (factor * values[x])
        total += float(of_row)
    return total


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
    row: NDArray[np.uint8],
    channels: int,
    out: NDArray[np.float32],
) -> None:
    """Give all colour channels the same change; alpha, and what it hides, keeps 0."""
    if channels == 1:
        for x in range(line.size):
            out[x] = line[x]
    elif channels == 3:
        for x in range(line.size):
            out[3 * x] = line[x]
            out[3 * x + 1] = line[x]
            out[3 * x + 2] = line[x]
    else:
        for x in range(line.size):
            change = line[x] if row[4 * x + 3] > 0 else BLACK
            out[4 * x] = change
            out[4 * x + 1] = change
            out[4 * x + 2] = change
            out[4 * x + 3] = BLACK


@inlined
def _add(
    row: NDArray[np.uint8],
    change: NDArray[np.float32],
    least: np.float32,
    slope: np.float32,
    out: NDArray[np.uint8],
) -> None:
    """Add, less where a channel is dark, round and clip; an unchanged value stays what it was."""
    for i in range(change.size):
        level = np.float32(row[i])
        value = level + change[i] * min(least + slope * level, ONE) + HALF
        out[i] = np.uint8(min(max(value, BLACK), WHITE))


@kernel(void(IMAGE, float32[:, ::1], PATTERN, float64, float64, uint8[:, :, ::1]))
def add_pattern(
    image: NDArray[np.uint8],
    mask: NDArray[np.float32],
    pattern: NDArray[np.float32],
    least_shade: float,
    shade_per_level: float,
    out: NDArray[np.uint8],
) -> None:
    """Add mask x pattern to the colour channels, rounded and clipped; copy alpha.

    Parameters
    ----------
    image : uint8 (H, W, C)
        Where a fourth channel (alpha) is 0, nothing is changed.
    mask : float32 (ceil(H / 2), ceil(W / 2))
        Amplitude in grey levels, one value for 2 x 2 pixels.
    pattern : float32 (P, P)
        One period, repeated from the top left corner.
    least_shade, shade_per_level : float
        A channel of a level takes the share ``least_shade + shade_per_level * level``, at most 1.
    out : uint8, like image
    """
    height, width, channels = image.shape
    period = pattern.shape[0]
    least, slope = np.float32(least_shade), np.float32(shade_per_level)
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
        row = image[y].reshape(-1)
        _spread(line, row, channels, change)
        _add(row, change, least, slope, out[y].reshape(-1))
