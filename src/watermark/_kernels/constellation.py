"""Power and phase of a constellation of spectral lines under an affine map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inlined, kernel, summing

ZERO, ONE = np.float32(0.0), np.float32(1.0)
LEAST_INSIDE = np.float32(8.0)  # lines
# Of a climb's step: what the first step moves by half a bin or two, an eighth of it hardly moves.
MOST_HALVINGS = 3


@inlined
def _find_places(
    lines: NDArray[np.float32],
    matrix: NDArray[np.float64],
    shape: tuple[int, int],
    at: NDArray[np.int32],
    share: NDArray[np.float32],
) -> None:
    """Write where `matrix @ line` is: the bins above and below, and how far right and down of them.

    A line outside of the spectrum gets any bin, and the weight (share[2]) 0.
    """
    size, columns = np.int32(shape[0]), np.int32(shape[1])
    half = np.int32(size // 2)
    a, b = np.float32(matrix[0, 0]), np.float32(matrix[0, 1])
    c, d = np.float32(matrix[1, 0]), np.float32(matrix[1, 1])
    upper, lower, across, down, weight = at[0], at[1], share[0], share[1], share[2]
    us, vs = lines[0], lines[1]
    for index in range(us.size):
        u, v = us[index], vs[index]
        x, y = a * u + b * v, c * u + d * v
        y = -y if x < ZERO else y
        x = abs(x)
        left, above = np.floor(x), np.floor(y)
        i, j = np.int32(left), np.int32(above)
        inside = (i < columns - 1) & (j >= -half) & (j < half - 1)
        row = np.int32(j + size) if j < 0 else j
        below = np.int32(0) if row + 1 >= size else np.int32(row + 1)
        upper[index] = np.int32(row * columns + i) if inside else np.int32(0)
        lower[index] = np.int32(below * columns + i) if inside else np.int32(0)
        across[index], down[index] = x - left, y - above
        weight[index] = ONE if inside else ZERO


@inlined
def _gather(
    bins: NDArray[np.float32],
    at: NDArray[np.int32],
    left: NDArray[np.float32],
    right: NDArray[np.float32],
) -> None:
    """Read the bins at places, and those right of them."""
    one = np.uint64(1)  # unsigned: an index that cannot be negative needs no wrapping around
    for index in range(at.size):
        place = np.uint64(at[index])
        left[index], right[index] = bins[place], bins[place + one]


@summing
def mean_power(
    power: NDArray[np.float32],
    lines: NDArray[np.float32],
    matrix: NDArray[np.float64],
    at: NDArray[np.int32],
    share: NDArray[np.float32],
) -> float:
    """Sum the bilinearly interpolated power at `matrix @ line` over the root of their number.

    Parameters
    ----------
    power : float32 (N, N // 2 + 1)
        Half spectrum's normalised power (mean 1 where there is no mark).
    lines : float32 (2, n)
    matrix : float64 (2, 2)
        Maps a line to bins (x, y).
    at, share : int32 (2, n), float32 (7, n)
        Work space.

    Returns
    -------
    float
        Sum of (power - 1) / sqrt(n) over the lines inside the spectrum, n their number.
    """
    _find_places(lines, matrix, power.shape, at, share)
    bins = power.reshape(-1)
    _gather(bins, at[0], share[3], share[4])
    _gather(bins, at[1], share[5], share[6])
    across, down, weight = share[0], share[1], share[2]
    left, right, left_below, right_below = share[3], share[4], share[5], share[6]
    total, inside = ZERO, ZERO
    for index in range(weight.size):
        top = left[index] + across[index] * (right[index] - left[index])
        bottom = left_below[index] + across[index] * (right_below[index] - left_below[index])
        total += weight[index] * (top + down[index] * (bottom - top) - ONE)
        inside += weight[index]
    if inside < LEAST_INSIDE:
        return -1e9
    return float(total / np.sqrt(inside))


@inlined
def climb(
    power: NDArray[np.float32],
    lines: NDArray[np.float32],
    matrix: NDArray[np.float64],
    step: float,
    rounds: int,
    at: NDArray[np.int32],
    share: NDArray[np.float32],
) -> float:
    """Refine `matrix` in place by coordinate ascent of :func:`mean_power`; return its value.

    The four directions are scale, rotation, and stretching along the axes and the diagonals; the
    step halves when none of them helps, at most MOST_HALVINGS times.
    """
    best = mean_power(power, lines, matrix, at, share)
    trial = np.empty((2, 2))
    least = step * 0.6 * 0.5**MOST_HALVINGS
    for _ in range(rounds):
        improved = False
        for direction in range(4):
            for sign in range(2):
                s = step if sign == 0 else -step
                a, b, c, d = 1.0, 0.0, 0.0, 1.0
                if direction == 0:
                    a, d = 1.0 + s, 1.0 + s
                elif direction == 1:
                    b, c = -s, s
                elif direction == 2:
                    a, d = 1.0 + s, 1.0 - s
                else:
                    b, c = s, s
                trial[0, 0] = a * matrix[0, 0] + b * matrix[1, 0]
                trial[0, 1] = a * matrix[0, 1] + b * matrix[1, 1]
                trial[1, 0] = c * matrix[0, 0] + d * matrix[1, 0]
                trial[1, 1] = c * matrix[0, 1] + d * matrix[1, 1]
                value = mean_power(power, lines, trial, at, share)
                if value > best:
                    best = value
                    for i in range(2):
                        matrix[i, 0], matrix[i, 1] = trial[i, 0], trial[i, 1]
                    improved = True
                    break  # the other way is back
        if not improved:
            step *= 0.5
            if step < least:
                break
    return best


@kernel("void(float32[:, ::1], float64[:, ::1], float64[:, :, ::1], float64, int64, float64[::1])")
def climb_each(
    power: NDArray[np.float32],
    lines: NDArray[np.float64],
    matrices: NDArray[np.float64],
    step: float,
    rounds: int,
    scores: NDArray[np.float64],
) -> None:
    """Refine every matrix of (n, 2, 2) in place by :func:`climb`; write their values."""
    n = len(lines)
    at, share = np.empty((2, n), np.int32), np.empty((7, n), np.float32)
    places = np.empty((2, n), np.float32)
    for line in range(n):
        places[0, line], places[1, line] = lines[line, 0], lines[line, 1]
    for index in range(matrices.shape[0]):
        scores[index] = climb(power, places, matrices[index], step, rounds, at, share)


@kernel(
    "void(complex64[:, ::1], float64[:, ::1], float64[:, ::1], float64, float64, complex64[::1])"
)
def sample_lines(
    spectrum: NDArray[np.complex64],
    lines: NDArray[np.float64],
    matrix: NDArray[np.float64],
    centre_x: float,
    centre_y: float,
    out: NDArray[np.complex64],
) -> None:
    """Interpolate a half spectrum at `matrix @ line`, with phases relative to the picture's centre.

    Relative to the centre the phase varies slowly between bins, so that neighbours can be averaged.
    Lines outside of the spectrum give 0.
    """
    size, columns = spectrum.shape
    for index in range(lines.shape[0]):
        x = matrix[0, 0] * lines[index, 0] + matrix[0, 1] * lines[index, 1]
        y = matrix[1, 0] * lines[index, 0] + matrix[1, 1] * lines[index, 1]
        mirrored = x < 0.0
        if mirrored:
            x, y = -x, -y
        i, j = int(np.floor(x)), int(np.floor(y))
        out[index] = 0.0
        if i >= columns - 1 or j < -(size // 2) or j >= size // 2 - 1:
            continue
        fx, fy = x - i, y - j
        total = 0.0 + 0.0j
        for dy in range(2):
            for dx in range(2):
                weight = (fx if dx else 1.0 - fx) * (fy if dy else 1.0 - fy)
                phase = 2.0 * np.pi * ((i + dx) * centre_x + (j + dy) * centre_y) / size
                turned = spectrum[(j + dy) % size, i + dx] * (np.cos(phase) + 1j * np.sin(phase))
                total += weight * turned
        out[index] = np.conj(total) if mirrored else total


@kernel("void(float32[:, ::1], float64[:, ::1], float64[:, ::1], float32[::1])")
def nearest_power(
    power: NDArray[np.float32],
    lines: NDArray[np.float64],
    matrix: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Read the power at the bin nearest to `matrix @ line`; outside of the spectrum it is 0."""
    size, columns = power.shape
    for index in range(lines.shape[0]):
        x = int(np.rint(matrix[0, 0] * lines[index, 0] + matrix[0, 1] * lines[index, 1]))
        y = int(np.rint(matrix[1, 0] * lines[index, 0] + matrix[1, 1] * lines[index, 1]))
        if x < 0:
            x, y = -x, -y
        inside = x < columns and abs(y) < size // 2
        out[index] = power[y % size, x] if inside else np.float32(0.0)
