"""The perceptual mask, and adding the masked pattern to the pixels."""

from __future__ import annotations

import numpy as np
from numba import float32, float64, types, uint8, void
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel
from indelible.watermark._kernels.luminance import IMAGE
from indelible.watermark._kernels.powers import power

PATTERN = types.Array(float32, 2, "C", readonly=True)
BLACK, WHITE = np.int32(0), np.int32(255)
NOTHING, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


@inlined
def _shares(width: int, radius: int) -> NDArray[np.float32]:
    """Return one over how many columns lie within reach of each."""
    share = np.empty(width, np.float32)
    for x in range(width):
        share[x] = 1.0 / (min(x + radius, width - 1) - max(x - radius, 0) + 1)
    return share


@inner
def _add_beside(line: NDArray[np.float32], radius: int, out: NDArray[np.float32]) -> None:
    """Add up ``2 radius + 1`` neighbours; the line has a margin of `radius` on both sides."""
    middle = line[radius : radius + out.size]
    for x in range(out.size):
        out[x] = middle[x]
    for away in range(1, radius + 1):
        before, after = line[radius - away :], line[radius + away :]
        for x in range(out.size):
            out[x] += before[x] + after[x]


@inner
def _box_row(
    values: NDArray[np.float32],
    y: int,
    radius: int,
    share: NDArray[np.float32],
    total: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Write a row of :func:`box_mean`; the margins of `total` (width + 2 radius) are 0.

    Every sum is taken anew: for small radii that costs no more than running sums, runs in vectors,
    and rounding errors do not pile up.
    """
    top, bottom = max(y - radius, 0), min(y + radius + 1, values.shape[0])
    inner_total = total[radius : radius + out.size]
    inner_total[:] = np.float32(0.0)
    for row in range(top, bottom):
        line = values[row]
        for x in range(out.size):
            inner_total[x] += line[x]
    _add_beside(total, radius, out)
    row_share = np.float32(1.0 / (bottom - top))
    for x in range(out.size):
        out[x] *= row_share * share[x]


@kernel("void(float32[:, ::1], int64, float32[:, ::1])")
def box_mean(values: NDArray[np.float32], radius: int, out: NDArray[np.float32]) -> None:
    """Mean over squares of side ``2 radius + 1``, cut off at the borders."""
    height, width = values.shape
    share = _shares(width, radius)
    total = np.empty(width + 2 * radius, np.float32)
    total[:] = np.float32(0.0)
    for y in range(height):
        _box_row(values, y, radius, share, total, out[y])


@kernel("void(float32[:, ::1], int64, float32[:, ::1])")
def root_detail(luminance: NDArray[np.float32], radius: int, out: NDArray[np.float32]) -> None:
    """Write the square root of the absolute difference from :func:`box_mean`."""
    height, width = luminance.shape
    share = _shares(width, radius)
    total, mean = np.empty(width + 2 * radius, np.float32), np.empty(width, np.float32)
    total[:] = np.float32(0.0)
    for y in range(height):
        _box_row(luminance, y, radius, share, total, mean)
        levels, row = luminance[y], out[y]
        for x in range(width):
            row[x] = np.sqrt(np.abs(levels[x] - mean[x]))


@kernel("void(float32[:, ::1], float32[:, ::1], int64, float64, float64, float32[:, ::1])")
def whitened_room(
    luminance: NDArray[np.float32],
    mask: NDArray[np.float32],
    radius: int,
    floor: float,
    exponent: float,
    out: NDArray[np.float32],
) -> None:
    """Write ``mask * (variance + floor) ** exponent``, of squares as :func:`box_mean` has them."""
    height, width = luminance.shape
    share = _shares(width, radius)
    total = np.empty(width + 2 * radius, np.float32)
    total[:] = np.float32(0.0)
    squares = np.empty((height, width), np.float32)
    for y in range(height):
        line, row = luminance[y], squares[y]
        for x in range(width):
            row[x] = line[x] * line[x]
    mean, square = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        _box_row(luminance, y, radius, share, total, mean)
        _box_row(squares, y, radius, share, total, square)
        amplitude, row = mask[y], out[y]
        for x in range(width):
            variance = max(square[x] - mean[x] * mean[x], np.float32(0.0))
            row[x] = amplitude[x] * power(variance + np.float32(floor), np.float32(exponent))


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


@kernel(void(IMAGE, float32[:, ::1], float32[::1], float64, float64, float32[:, ::1]))
def shade(
    image: NDArray[np.uint8],
    mask: NDArray[np.float32],
    weights: NDArray[np.float32],
    least_shade: float,
    shade_per_level: float,
    out: NDArray[np.float32],
) -> None:
    """Write ``mask`` times the share that the luminance of a colour takes of a change.

    Parameters
    ----------
    image : uint8 (h, w, C)
        Colours without alpha: 1 or 3.
    mask : float32 (h, w)
    weights : float32 (C,)
        Of the channels in the luminance.
    least_shade, shade_per_level : float
        As for :func:`add_pattern`.
    out : float32 (h, w)
        Out.
    """
    least, slope = np.float32(least_shade), np.float32(shade_per_level)
    channels = image.shape[2]
    shares = np.empty(mask.shape[1] * channels, np.float32)
    for y in range(mask.shape[0]):
        levels, amplitude, row = image[y].reshape(-1), mask[y], out[y]
        for i in range(shares.size):
            shares[i] = min(least + slope * np.float32(levels[i]), ONE)
        if channels == 3:
            for x in range(row.size):
                share = weights[0] * shares[3 * x] + weights[1] * shares[3 * x + 1]
                row[x] = amplitude[x] * (share + weights[2] * shares[3 * x + 2])
        else:
            for x in range(row.size):
                row[x] = amplitude[x] * weights[0] * shares[x]


@inlined
def _wrap(line: NDArray[np.float32], radius: int) -> None:
    """Fill the margins of a line of a periodic picture."""
    width = line.size - 2 * radius
    for x in range(radius):
        line[x] = line[width + x]
        line[radius + width + x] = line[radius + x]


@kernel("float64(float32[:, ::1], float32[:, ::1], int64, float64)")
def level(
    pattern: NDArray[np.float32], values: NDArray[np.float32], radius: int, least: float
) -> float:
    """Divide `values` by the root of a periodic pattern's local energy; say what that leaves of it.

    Parameters
    ----------
    pattern : float32 (h, w), h >= 2 radius + 1, w >= radius
        One period.
    values : float32 (h, w)
        Changed in place; may be `pattern` itself.
    radius : int
        The energy is the mean square over squares of side ``2 radius + 1``, plus `least`.
    least : float
        Positive.

    Returns
    -------
    float
        Sum of squares of the pattern, were it divided likewise.
    """
    height, width = pattern.shape
    side = 2 * radius + 1
    share, floor = np.float32(1.0 / (side * side)), np.float32(least)
    # The squares of the rows in reach are summed up as rows come and go, in double precision, so
    # that rounding errors do not pile up. The last rows come round to the first, by then changed.
    squares = np.empty((side, width), np.float32)
    first = np.empty((radius, width), np.float32)
    for index in range(radius):
        line, kept = pattern[index], first[index]
        for x in range(width):
            kept[x] = line[x]
    total = np.empty(width, np.float64)
    total[:] = 0.0
    for index in range(side):
        line, kept = pattern[(height - radius - 1 + index) % height], squares[index]
        for x in range(width):
            kept[x] = line[x] * line[x]
            total[x] += kept[x]
    around = np.empty(width + 2 * radius, np.float32)
    energy, left = np.empty(width, np.float32), np.empty(width, np.float32)
    left[:] = np.float32(0.0)
    for y in range(height):
        ahead = y + radius
        line = pattern[ahead] if ahead < height else first[ahead - height]
        kept, middle = squares[y % side], around[radius : radius + width]
        for x in range(width):
            square = line[x] * line[x]
            total[x] += np.float64(square) - np.float64(kept[x])
            kept[x] = square
            middle[x] = share * np.float32(total[x])
        _wrap(around, radius)
        _add_beside(around, radius, energy)
        here, row = pattern[y], values[y]
        for x in range(width):
            energy[x] = ONE / np.sqrt(energy[x] + floor)
            left[x] += (energy[x] * here[x]) * (energy[x] * here[x])
        for x in range(width):
            row[x] *= energy[x]
    sum_of_squares = 0.0
    for x in range(width):
        sum_of_squares += left[x]
    return sum_of_squares


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
            change = line[x] if row[4 * x + 3] > 0 else NOTHING
            out[4 * x] = change
            out[4 * x + 1] = change
            out[4 * x + 2] = change
            out[4 * x + 3] = NOTHING


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
        value = (level + HALF) + change[i] * min(least + slope * level, ONE)
        out[i] = np.uint8(min(max(np.int32(value), BLACK), WHITE))  # packing clips integers


@kernel(void(IMAGE, float32[:, ::1], float64, PATTERN, float64, float64, uint8[:, :, ::1]))
def add_pattern(
    image: NDArray[np.uint8],
    mask: NDArray[np.float32],
    amplitude: float,
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
    mask : float32 (h, w), h <= ceil(H / 2), w <= ceil(W / 2)
        Amplitudes, spread over squares of 2 x 2 pixels: the square in row r of R has the amplitude
        in row ``r * h // R``.
    amplitude : float
        Factor of all amplitudes, which then are grey levels.
    pattern : float32 (P, P)
        One period, repeated from the top left corner.
    least_shade, shade_per_level : float
        A channel of a level takes the share ``least_shade + shade_per_level * level``, at most 1.
    out : uint8, like image
    """
    height, width, channels = image.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    period = pattern.shape[0]
    least, slope = np.float32(least_shade), np.float32(shade_per_level)
    factor = np.float32(amplitude)
    place = np.empty(columns, np.uint64)
    for x in range(columns):
        place[x] = x * mask.shape[1] // columns
    strength = np.empty(2 * columns, np.float32)
    line = np.empty(width, np.float32)
    change = np.empty(width * channels, np.float32)
    last = -1
    for y in range(height):
        index = y // 2 * mask.shape[0] // rows
        if index != last:
            amplitudes_here = mask[index]
            for x in range(columns):
                value = factor * amplitudes_here[place[x]]
                strength[2 * x] = value
                strength[2 * x + 1] = value
            last = index
        source = pattern[y % period]
        for start in range(0, width, period):
            part, here = line[start : start + period], strength[start : start + period]
            for x in range(part.size):
                part[x] = source[x] * here[x]
        row = image[y].reshape(-1)
        _spread(line, row, channels, change)
        _add(row, change, least, slope, out[y].reshape(-1))
