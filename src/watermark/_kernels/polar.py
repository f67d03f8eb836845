"""The pilot search: a log-polar map of the spectrum, and sums of its shifted rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import kernel


@kernel("void(complex64[:, ::1], int64, float32, float32[:, ::1])")
def normalised_power(
    spectrum: NDArray[np.complex64], cell: int, cap: float, out: NDArray[np.float32]
) -> None:
    """Divide a half spectrum's power by its mean over a square cell, and cap it.

    Parameters
    ----------
    spectrum : complex64 (N, N // 2 + 1)
    cell : int
        Side of the cells over which the mean is taken, in bins.
    cap : float
        Upper limit of the result: no single line may decide.
    out : float32, same shape
    """
    rows, columns = spectrum.shape
    cells = -(-columns // cell)
    total = np.empty(cells, np.float32)
    for top in range(0, rows, cell):
        bottom = min(top + cell, rows)
        total[:] = 0.0
        for y in range(top, bottom):
            for index in range(cells):
                left = index * cell
                part = np.float32(0.0)
                for x in range(left, min(left + cell, columns)):
                    value = spectrum[y, x]
                    power = value.real * value.real + value.imag * value.imag
                    out[y, x] = power
                    part += power
                total[index] += part
        for index in range(cells):
            left = index * cell
            right = min(left + cell, columns)
            scale = np.float32((bottom - top) * (right - left) / (total[index] + 1e-20))
            for y in range(top, bottom):
                for x in range(left, right):
                    out[y, x] = min(out[y, x] * scale, cap)


@kernel("void(float32[:, ::1], float32[:, ::1])")
def smoothed(power: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Average each bin of a half spectrum over 3 x 3: periodic in rows, mirrored at the sides."""
    rows, columns = power.shape
    line = np.empty(columns, np.float32)
    ninth = np.float32(1.0 / 9.0)
    for y in range(rows):
        above, below = power[y - 1], power[(y + 1) % rows]
        for x in range(columns):
            line[x] = (above[x] + power[y, x] + below[x]) * ninth
        out[y, 0] = line[0] + np.float32(2.0) * line[1]
        out[y, columns - 1] = line[columns - 1] + np.float32(2.0) * line[columns - 2]
        for x in range(1, columns - 1):
            out[y, x] = line[x - 1] + line[x] + line[x + 1]


@kernel("void(float32[:, ::1], float64, float64, boolean, int16[:, ::1])")
def log_polar(
    power: NDArray[np.float32],
    first_radius: float,
    log_step: float,
    folded: bool,
    out: NDArray[np.int16],
) -> None:
    """Sample a half spectrum on a log-polar grid; bring each row to mean 0 and deviation 16.

    Parameters
    ----------
    power : float32 (N, N // 2 + 1)
    first_radius : float
        Bins; row r has the radius ``first_radius * exp(r * log_step)``.
    folded : bool
        Whether the columns cover 90 degrees, each the sum of two places 90 degrees apart, or 180.
    out : int16 (R, 2 C)
        Out: column c of C is the angle 90 c / C (or 180 c / C) degrees; all columns stand twice, so
        that a shifted row needs no wrapping around.
    """
    size, columns = power.shape
    rows, angles = out.shape[0], out.shape[1] // 2
    span = np.pi / 2 if folded else np.pi
    cosine = np.cos(np.arange(angles) * (span / angles)).astype(np.float32)
    sine = np.sin(np.arange(angles) * (span / angles)).astype(np.float32)
    line = np.empty(angles, np.float32)
    half = np.float32(0.5)
    for row in range(rows):
        radius = np.float32(first_radius * np.exp(row * log_step))
        total, square = np.float32(0.0), np.float32(0.0)
        for column in range(angles):
            x, y = radius * cosine[column], radius * sine[column]
            if x < 0.0:
                i, j = int(half - x), -int(y + half)
            else:
                i, j = int(x + half), int(y + half)
            value = power[j % size, min(i, columns - 1)]
            if folded:  # the same place turned by 90 degrees: (-y, x), and by symmetry (y, -x)
                value += power[(-i) % size, min(abs(j), columns - 1)]
            line[column] = value
            total += value
            square += value * value
        mean = total / angles
        scale = np.float32(16.0) / np.sqrt(max(square / angles - mean * mean, np.float32(1e-6)))
        for column in range(angles):
            value = np.int16(min(max((line[column] - mean) * scale, -127.0), 127.0))
            out[row, column] = value
            out[row, column + angles] = value


@kernel("void(int16[:, ::1], int64[::1], int64[::1], int64, int64, float32[:, ::1])")
def shifted_sums(
    polar: NDArray[np.int16],
    row_of_line: NDArray[np.int64],
    column_of_line: NDArray[np.int64],
    first_scale: int,
    min_lines: int,
    out: NDArray[np.float32],
) -> None:
    """Sum, for every scale and every angle, the map at a constellation's lines.

    Parameters
    ----------
    polar : int16 (R, 2 C)
        From :func:`log_polar`.
    row_of_line, column_of_line : int64 (n,)
        Place of each line at scale 0 and angle 0; columns in 0..C-1.
    first_scale : int
        Row offset of the first scale; the others follow one row apart.
    min_lines : int
        A scale with fewer lines inside of the map gets -1e9.
    out : float32 (S, C)
        Out: sum / (16 sqrt(number of lines inside)).
    """
    rows = polar.shape[0]
    scales, columns = out.shape
    total = np.empty(columns, np.int16)
    for scale in range(scales):
        total[:] = 0
        inside = 0
        for line in range(row_of_line.size):
            row = row_of_line[line] + scale + first_scale
            if 0 <= row < rows:
                inside += 1
                source = polar[row, column_of_line[line] :]
                for column in range(columns):
                    total[column] += source[column]
        if inside < min_lines:
            out[scale, :] = np.float32(-1e9)
            continue
        norm = np.float32(1.0 / (16.0 * np.sqrt(inside)))
        for column in range(columns):
            out[scale, column] = norm * total[column]


@kernel(
    "void(int16[:, ::1], int64, int64[:, ::1], int64[:, ::1], int64, int64, float32[::1],"
    " int64[:, ::1])"
)
def best_shifts(
    polar: NDArray[np.int16],
    rows: int,
    row_of_line: NDArray[np.int64],
    column_of_line: NDArray[np.int64],
    scales: int,
    shifts: int,
    score: NDArray[np.float32],
    place: NDArray[np.int64],
) -> None:
    """Find each constellation's best shift (scale, angle) in a log-polar map.

    Parameters
    ----------
    polar : int16 (C, W)
        Transposed from :func:`log_polar`, each column once: one row here is one angle, so that the
        inner loop over scales reads what lies side by side. W is at least the largest row of a line
        + `scales`.
    rows : int
        Radii in the map; beyond, it holds zeros.
    row_of_line, column_of_line : int64 (K, n)
        The lines of each of K constellations.
    scales : int
        Row offsets 0 .. scales - 1 are tried; where fewer than 3 in 4 lines are inside, none is.
    shifts : int
        Angles 0 .. shifts - 1 columns further are tried; C for all.
    score : float32 (K,)
        Out: the largest sum / (16 sqrt(number of lines inside)).
    place : int64 (K, 2)
        Out: its row offset and shift.
    """
    columns = polar.shape[0]
    lines = row_of_line.shape[1]
    total = np.empty(scales, np.int16)
    norm = np.empty(scales, np.float32)
    for which in range(row_of_line.shape[0]):
        for scale in range(scales):
            inside = 0
            for line in range(lines):
                if row_of_line[which, line] + scale < rows:
                    inside += 1
            norm[scale] = 1.0 / (16.0 * np.sqrt(inside)) if 4 * inside >= 3 * lines else 0.0
        score[which] = np.float32(-1e9)
        for shift in range(shifts):
            total[:] = 0
            for line in range(lines):
                column = column_of_line[which, line] + shift
                if column >= columns:
                    column -= columns
                first = row_of_line[which, line]
                source = polar[column, first : first + scales]
                for scale in range(scales):
                    total[scale] += source[scale]
            top = np.float32(-1e9)
            for scale in range(scales):
                top = max(top, norm[scale] * total[scale])
            if top > score[which]:
                score[which] = top
                place[which, 1] = shift
                for scale in range(scales):
                    if norm[scale] * total[scale] == top:
                        place[which, 0] = scale
                        break
