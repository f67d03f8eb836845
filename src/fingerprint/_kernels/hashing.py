"""PDQ's arithmetic: every sum in the order, and of the precision, of the reference's C++.

The reference blurs the whole picture twice in each direction and keeps 64 x 64 values of it.
Running sums make each value depend on all before it, rounding included, so that none of the sums
can be left out; but a picture's rows can be taken one after the other, the second blur has to be
written only where it is kept, and of neither blur more than a window's height is in memory.
"""

from __future__ import annotations

import numpy as np
from numba import float32, types, uint8, void
from numpy.typing import NDArray

from indelible.compiling import inlined, kernel

IMAGE = types.Array(uint8, 3, "C", readonly=True)
SIDE = 64  # of the reduced picture
TERMS = 16  # of the cosine transform that are kept, in each direction
TOGETHER = 4  # rows whose sums run beside each other: a sum waits for its last addition
RED, GREEN, BLUE = 0.299, 0.587, 0.114  # float64: rounded once, at the end


@inlined
def _window(length: int) -> int:
    """Length of a box, of two of which the blur consists: half a span of the reduced picture."""
    return (length + 2 * SIDE - 1) // (2 * SIDE)


@inlined
def _luma(row: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Weigh the channels of a row, uint8 (W, C)."""
    if row.shape[1] >= 3:
        for x in range(out.size):
            red, green, blue = float(row[x, 0]), float(row[x, 1]), float(row[x, 2])
            out[x] = np.float32((red * RED + green * GREEN) + blue * BLUE)
    else:
        for x in range(out.size):
            grey = float(row[x, 0])
            out[x] = np.float32((grey * RED + grey * GREEN) + grey * BLUE)


@inlined
def _running_sums(rows: NDArray[np.float32], window: int, out: NDArray[np.float32]) -> None:
    """Add up the window around each place of four rows, float32 (4, W)."""
    length = rows.shape[1]
    lead = (window + 2) // 2 - 1  # places that the window is ahead of what is written
    a, b, c, d = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for x in range(lead):
        a, b, c, d = a + rows[0, x], b + rows[1, x], c + rows[2, x], d + rows[3, x]
    for x in range(lead, window):
        a, b, c, d = a + rows[0, x], b + rows[1, x], c + rows[2, x], d + rows[3, x]
        out[0, x - lead], out[1, x - lead], out[2, x - lead], out[3, x - lead] = a, b, c, d
    for x in range(window, length):
        left, place = x - window, x - lead
        a, b, c, d = a + rows[0, x], b + rows[1, x], c + rows[2, x], d + rows[3, x]
        a, b, c, d = a - rows[0, left], b - rows[1, left], c - rows[2, left], d - rows[3, left]
        out[0, place], out[1, place], out[2, place], out[3, place] = a, b, c, d
    for x in range(length, length + lead):
        left, place = x - window, x - lead
        a, b, c, d = a - rows[0, left], b - rows[1, left], c - rows[2, left], d - rows[3, left]
        out[0, place], out[1, place], out[2, place], out[3, place] = a, b, c, d


@inlined
def _counts(length: int, window: int, out: NDArray[np.float32]) -> None:
    """Count how many places lie in the window around each."""
    lead = (window + 2) // 2 - 1
    for place in range(length):
        last = min(place + lead, length - 1)
        out[place] = np.float32(last - max(place + lead - window, -1))


@kernel(void(IMAGE, float32[:, ::1]), exact=True)
def reduce(image: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Blur a picture's luminance with PDQ's tent, and keep 64 x 64 values of it.

    Parameters
    ----------
    image : uint8 (H, W, C)
        Grey (C = 1), RGB (3) or RGBA (4, alpha ignored); at least 5 x 5.
    out : float32 (64, 64)
        Out.
    """
    height, width, _ = image.shape
    across, down = _window(width), _window(height)
    lead = (down + 2) // 2 - 1
    counts = np.empty(width, np.float32)
    _counts(width, across, counts)
    kept = np.empty(SIDE, np.int64)
    for j in range(SIDE):
        kept[j] = int(((j + 0.5) * width) / SIDE)

    luma = np.empty((TOGETHER, width), np.float32)
    sums = np.empty((TOGETHER, width), np.float32)
    again = np.empty((TOGETHER, width), np.float32)
    # the last rows of the first blur along rows: as many as a sum of columns takes back
    ring = np.zeros((down + TOGETHER, width), np.float32)
    columns = np.zeros(width, np.float32)
    batch = np.zeros((TOGETHER, width), np.float32)  # of both first blurs
    thin = np.empty((height, SIDE), np.float32)  # and the second along rows, where it is kept
    written = 0
    size = 0
    for top in range(0, height + lead, TOGETHER):
        if top < height:
            for index in range(min(TOGETHER, height - top)):
                _luma(image[top + index], luma[index])
            _running_sums(luma, across, sums)
        for y in range(top, min(top + TOGETHER, height + lead)):
            if y < height:
                line = ring[y % (down + TOGETHER)]
                average = sums[y - top]
                for x in range(width):
                    line[x] = average[x] / counts[x]
                for x in range(width):
                    columns[x] += line[x]
                size += 1
            if y >= down:
                line = ring[(y - down) % (down + TOGETHER)]
                for x in range(width):
                    columns[x] -= line[x]
                size -= 1
            if y < lead:
                continue
            line = batch[(y - lead) % TOGETHER]
            number = np.float32(size)
            for x in range(width):
                line[x] = columns[x] / number
            filled = (y - lead) % TOGETHER + 1
            if filled == TOGETHER or y == height + lead - 1:
                _running_sums(batch, across, again)
                for index in range(filled):
                    for j in range(SIDE):
                        thin[written, j] = again[index, kept[j]] / counts[kept[j]]
                    written += 1
    _decimate_columns(thin, down, out)


@inlined
def _decimate_columns(thin: NDArray[np.float32], window: int, out: NDArray[np.float32]) -> None:
    """Blur along columns once more, and keep 64 of the rows."""
    height = thin.shape[0]
    lead = (window + 2) // 2 - 1
    columns = np.zeros(SIDE, np.float32)
    size = 0
    row = 0
    for y in range(height + lead):
        if y < height:
            columns += thin[y]
            size += 1
        if y >= window:
            columns -= thin[y - window]
            size -= 1
        # a picture of less than 64 rows keeps some of them twice
        while row < SIDE and int(((row + 0.5) * height) / SIDE) == y - lead:
            out[row] = columns / np.float32(size)
            row += 1


@kernel("int64(float32[:, ::1])", exact=True)
def quality(reduced: NDArray[np.float32]) -> int:
    """Add up the steps from pixel to pixel, each rounded towards 0: how much there is to hash."""
    hundred, white = np.float32(100.0), np.float32(255.0)
    total = 0
    for i in range(SIDE):
        for j in range(SIDE):
            if i < SIDE - 1:
                total += abs(int((reduced[i, j] - reduced[i + 1, j]) * hundred / white))
            if j < SIDE - 1:
                total += abs(int((reduced[i, j] - reduced[i, j + 1]) * hundred / white))
    return min(total // 90, 100)


@kernel("void(float32[:, ::1], float32[:, ::1], float32[:, ::1])", exact=True)
def transform(
    reduced: NDArray[np.float32], matrix: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Cosine transform of the reduced picture, without the mean.

    Parameters
    ----------
    reduced : float32 (64, 64)
    matrix : float32 (16, 64)
    out : float32 (16, 16)
        Out: ``matrix @ reduced @ matrix.T``, added up in order.
    """
    halfway = np.zeros((TERMS, SIDE), np.float32)
    for i in range(TERMS):
        for k in range(SIDE):
            for j in range(SIDE):
                halfway[i, j] += matrix[i, k] * reduced[k, j]
    for i in range(TERMS):
        for j in range(TERMS):
            total = np.float32(0.0)
            for k in range(SIDE):
                total += halfway[i, k] * matrix[j, k]
            out[i, j] = total
