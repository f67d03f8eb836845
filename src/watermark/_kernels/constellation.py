"""Power and phase of a constellation of spectral lines under an affine map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inlined, inner, kernel


@inner
def mean_power(
    power: NDArray[np.float32], lines: NDArray[np.float64], matrix: NDArray[np.float64]
) -> float:
    """Sum the bilinearly interpolated power at `matrix @ line` over the root of their number.

    Parameters
    ----------
    power : float32 (N, N // 2 + 1)
        Half spectrum's normalised power (mean 1 where there is no mark).
    lines : float64 (n, 2)
    matrix : float64 (2, 2)
        Maps a line to bins (x, y).

    Returns
    -------
    float
        Sum of (power - 1) / sqrt(n) over the lines inside the spectrum, n their number.
    """
    size, columns = power.shape
    bins = power.reshape(-1)
    right = np.uint64(1)  # unsigned: an index that cannot be negative needs no wrapping around
    total = 0.0
    inside = 0
    for index in range(lines.shape[0]):
        x = matrix[0, 0] * lines[index, 0] + matrix[0, 1] * lines[index, 1]
        y = matrix[1, 0] * lines[index, 0] + matrix[1, 1] * lines[index, 1]
        if x < 0.0:
            x, y = -x, -y
        i, j = int(x), int(np.floor(y))
        if i >= columns - 1 or j < -(size // 2) or j >= size // 2 - 1:
            continue
        fx, fy = x - i, y - j
        row = j if j >= 0 else j + size
        upper = np.uint64(row * columns + i)
        lower = np.uint64((row + 1) * columns + i if row + 1 < size else i)
        top = bins[upper] + fx * (bins[upper + right] - bins[upper])
        bottom = bins[lower] + fx * (bins[lower + right] - bins[lower])
        total += top + fy * (bottom - top) - 1.0
        inside += 1
    if inside < 8:
        return -1e9
    return float(total / np.sqrt(inside))


@inlined
def climb(
    power: NDArray[np.float32],
    lines: NDArray[np.float64],
    matrix: NDArray[np.float64],
    step: float,
    rounds: int,
) -> float:
    """Refine `matrix` in place by coordinate ascent of :func:`mean_power`; return its value.

    The four directions are scale, rotation, and stretching along the axes and the diagonals; the
    step halves when none of them helps.
    """
    best = mean_power(power, lines, matrix)
    trial = np.empty((2, 2))
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
                value = mean_power(power, lines, trial)
                if value > best:
                    best = value
                    for i in range(2):
                        matrix[i, 0], matrix[i, 1] = trial[i, 0], trial[i, 1]
                    improved = True
        if not improved:
            step *= 0.5
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
    for index in range(matrices.shape[0]):
        scores[index] = climb(power, lines, matrices[index], step, rounds)


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
