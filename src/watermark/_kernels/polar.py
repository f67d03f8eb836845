"""The pilot search: a log-polar map of the spectrum, and sums of its shifted rows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit("void(complex64[:, ::1], int64, float32, float32[:, ::1])", cache=True, nogil=True)
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
    for top in range(0, rows, cell):
        bottom = min(top + cell, rows)
        for left in range(0, columns, cell):
            right = min(left + cell, columns)
            total = 0.0
            for y in range(top, bottom):
                for x in range(left, right):
                    value = spectrum[y, x]
                    power = value.real * value.real + value.imag * value.imag
                    out[y, x] = power
                    total += power
            scale = np.float32((bottom - top) * (right - left) / (total + 1e-20))
            for y in range(top, bottom):
                for x in range(left, right):
                    out[y, x] = min(out[y, x] * scale, cap)


@njit("void(float32[:, ::1], float64, float64, float32[:, ::1])", cache=True, nogil=True)
def log_polar(
    power: NDArray[np.float32], first_radius: float, log_step: float, out: NDArray[np.float32]
) -> None:
    """Sample a half spectrum on a log-polar grid over 180 degrees.

    Row r is the radius ``first_radius * exp(r * log_step)`` in bins; column c of C the angle 180 c / C degrees.
    """
    size, columns = power.shape
    rows, angles = out.shape
    for column in range(angles):
        angle = np.pi * column / angles
        cosine, sine = np.cos(angle), np.sin(angle)
        radius = first_radius
        ratio = np.exp(log_step)
        for row in range(rows):
            x, y = radius * cosine, radius * sine
            if x < 0.0:
                x, y = -x, -y
            i, j = int(x + 0.5), int(np.floor(y + 0.5))
            out[row, column] = power[j % size, min(i, columns - 1)]
            radius *= ratio


@njit(
    "void(int8[:, ::1], int64[::1], int64[::1], int64[::1], int64, float32[:, ::1])",
    cache=True,
    nogil=True,
)
def shifted_sums(
    polar: NDArray[np.int8],
    row_of_line: NDArray[np.int64],
    column_of_line: NDArray[np.int64],
    first_rows: NDArray[np.int64],
    min_lines: int,
    out: NDArray[np.float32],
) -> None:
    """Sum, for every scale and every angle, the map at a constellation's lines.

    Parameters
    ----------
    polar : int8 (R, C)
        Log-polar map, each row of zero mean and one common variance; periodic in columns.
    row_of_line, column_of_line : int64 (n,)
        Place of each line at scale 0 and angle 0; columns in 0..C-1.
    first_rows : int64 (S,)
        Row offset of each scale. Lines that fall outside of the map are left out.
    min_lines : int
        A scale with fewer lines inside gets -1e9.
    out : float32 (S, C)
        Out: sum / sqrt(number of lines inside).
    """
    rows, columns = polar.shape
    total = np.empty(columns, np.int16)
    for scale in range(first_rows.size):
        total[:] = 0
        inside = 0
        for line in range(row_of_line.size):
            row = row_of_line[line] + first_rows[scale]
            if row < 0 or row >= rows:
                continue
            inside += 1
            shift = column_of_line[line]
            head = columns - shift
            for column in range(head):
                total[column] += polar[row, column + shift]
            for column in range(head, columns):
                total[column] += polar[row, column - head]
        if inside < min_lines:
            out[scale, :] = np.float32(-1e9)
            continue
        norm = np.float32(1.0 / np.sqrt(inside))
        for column in range(columns):
            out[scale, column] = norm * total[column]
