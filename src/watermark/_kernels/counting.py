"""Counting pixels in which no mark can stand: clipped ones, and those of drawn areas."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, uint8, void
from numpy.typing import NDArray

from indelible.compiling import kernel
from indelible.watermark._kernels.luminance import IMAGE


@kernel(void(IMAGE, int64, uint8, uint8, float32[:, ::1]))
def clipped_shares(
    image: NDArray[np.uint8], side: int, black: int, white: int, out: NDArray[np.float32]
) -> None:
    """Return the share of pixels in each cell of which a colour is clipped.

    Parameters
    ----------
    image : uint8 (H, W, C)
        Grey (C = 1), RGB (3) or RGBA (4, alpha ignored).
    side : int
        Of a cell, pixels.
    black, white : uint8
        Up to the one, and from the other on, a colour is clipped.
    out : float32 (H // side, W // side)
        Out: 0..1.
    """
    rows, columns = out.shape
    channels = image.shape[2]
    colours = min(channels, 3)
    least = np.uint8(black + 1)
    most = np.uint8(white - black - 1)  # unsigned, what is below `least` is above this, too
    # A row is a flat line: whether a value is clipped, then that and its pixel's other colours,
    # for each value as if a pixel began there. The sums are right where one does.
    length = columns * side * channels
    clipped, any_of = np.zeros(length + 3, np.uint8), np.empty(length, np.uint8)
    sums = np.empty(length, np.uint16)
    for row in range(rows):
        sums[:] = np.uint16(0)
        for y in range(row * side, (row + 1) * side):
            line = image[y].reshape(-1)
            for i in range(length):
                clipped[i] = np.uint8(line[i] - least) >= most
            for i in range(length):
                any_of[i] = clipped[i]
            for colour in range(1, colours):
                others = clipped[colour:]
                for i in range(length):
                    any_of[i] |= others[i]
            for i in range(length):
                sums[i] += any_of[i]
        for column in range(columns):
            total = 0
            for x in range(column * side, (column + 1) * side):
                total += sums[x * channels]
            out[row, column] = np.float32(total) * np.float32(1.0 / (side * side))


@kernel(void(IMAGE, int64, int64, int64, int64, int64[::1], int64[::1], float32[:, ::1]))
def plain_shares(
    image: NDArray[np.uint8],
    channel: int,
    step: int,
    down: int,
    right: int,
    row_ends: NDArray[np.int64],
    column_ends: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """Return the share of pixels in each cell that equal their neighbour, but for one level.

    Parameters
    ----------
    image : uint8 (H, W, C)
    channel : int
        Which one is compared.
    step : int
        Each step-th row is looked at.
    down, right : int
        Where the neighbour is, pixels.
    row_ends, column_ends : int64 (rows + 1,), (columns + 1,)
        Where cells begin and end, in rows that are looked at, and in pixels.
    out : float32 (rows, columns)
        Out: 0..1.
    """
    rows, columns = out.shape
    channels = image.shape[2]
    length = column_ends[columns] * channels
    sums = np.empty(length, np.uint16)  # of all channels, in flat lines
    for row in range(rows):
        sums[:] = np.uint16(0)
        for sample in range(row_ends[row], row_ends[row + 1]):
            here = image[sample * step].reshape(-1)
            there = image[sample * step + down].reshape(-1)[channels * right :]
            for i in range(length):
                sums[i] += np.uint8(here[i] - there[i] + 1) <= 2
        lines = row_ends[row + 1] - row_ends[row]
        for column in range(columns):
            total = 0
            for x in range(column_ends[column], column_ends[column + 1]):
                total += sums[x * channels + channel]
            count = lines * (column_ends[column + 1] - column_ends[column])
            out[row, column] = np.float32(total) * np.float32(1.0 / max(count, 1))
