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
    width = columns * side
    clipped = np.empty(width, np.uint8)
    for row in range(rows):
        out[row] = np.float32(0.0)
        for y in range(row * side, (row + 1) * side):
            line = image[y].reshape(-1)
            if channels == 3:
                for x in range(width):
                    red = np.uint8(line[3 * x] - least) >= most
                    green = np.uint8(line[3 * x + 1] - least) >= most
                    blue = np.uint8(line[3 * x + 2] - least) >= most
                    clipped[x] = red | green | blue
            else:
                for x in range(width):
                    any_of = np.uint8(line[channels * x] - least) >= most
                    for colour in range(1, colours):
                        any_of |= np.uint8(line[channels * x + colour] - least) >= most
                    clipped[x] = any_of
            for column in range(columns):
                total = 0
                for x in range(column * side, (column + 1) * side):
                    total += clipped[x]
                out[row, column] += np.float32(total)
        for column in range(columns):
            out[row, column] *= np.float32(1.0 / (side * side))


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
    width = column_ends[columns]
    plain = np.empty(width, np.uint8)
    for row in range(rows):
        out[row] = np.float32(0.0)
        for sample in range(row_ends[row], row_ends[row + 1]):
            here = image[sample * step].reshape(-1)[channel:]
            there = image[sample * step + down].reshape(-1)[channel + channels * right :]
            if channels == 3:
                for x in range(width):
                    plain[x] = np.uint8(here[3 * x] - there[3 * x] + 1) <= 2
            else:
                for x in range(width):
                    plain[x] = np.uint8(here[channels * x] - there[channels * x] + 1) <= 2
            for column in range(columns):
                total = 0
                for x in range(column_ends[column], column_ends[column + 1]):
                    total += plain[x]
                out[row, column] += np.float32(total)
        lines = row_ends[row + 1] - row_ends[row]
        for column in range(columns):
            count = lines * (column_ends[column + 1] - column_ends[column])
            out[row, column] *= np.float32(1.0 / max(count, 1))
