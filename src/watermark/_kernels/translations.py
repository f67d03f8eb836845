"""The coherent sum of the pilots over all translations, and its maxima."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inner, kernel

GRID = 64  # translations tried per tile and direction
HALF = GRID // 2
MIDDLE = np.uint64(HALF)
SMALLEST = np.int32(-(2**31))
LARGEST = np.int32(2**31 - 1)
WITHOUT_SIGN = np.int32(0x7FFFFFFF)
LEAST_CURVATURE = 0.1  # of a line's, where it is far from its maximum


@inner
def wave_tables(n: int, cosine: NDArray[np.float32], sine: NDArray[np.float32]) -> None:
    """Write cos and sin of 2 pi k t / n to k n + t, for k and t below n."""
    for t in range(n):
        angle = 2.0 * np.pi * t / n
        cosine[t], sine[t] = np.float32(1.0), np.float32(0.0)
        cosine[n + t], sine[n + t] = np.cos(angle), np.sin(angle)
    for k in range(2, n):
        at = 0  # k t modulo n
        for t in range(n):
            cosine[k * n + t], sine[k * n + t] = cosine[n + at], sine[n + at]
            at += k
            at -= n if at >= n else 0


@inner
def wave_powers(place: float, out: NDArray[np.complex128]) -> None:
    """Write exp(2 pi i k place) for k = 0, 1, ..."""
    angle = 2.0 * np.pi * place
    step = complex(np.cos(angle), np.sin(angle))
    out[0] = 1.0
    for k in range(1, out.size):
        out[k] = out[k - 1] * step


@inner
def powers_needed(lines: NDArray[np.int64]) -> int:
    """Return how many :func:`wave_powers` the lines (u, v) need."""
    highest = 0
    for line in range(lines.shape[0]):
        highest = max(highest, abs(lines[line, 0]), abs(lines[line, 1]))
    return highest + 1


@inner
def wave_of(
    u: int, v: int, across: NDArray[np.complex128], down: NDArray[np.complex128]
) -> complex:
    """Return exp(2 pi i (u x + v y)) from the :func:`wave_powers` of x and of y."""
    first = across[u] if u >= 0 else np.conj(across[-u])
    second = down[v] if v >= 0 else np.conj(down[-v])
    wave: complex = first * second
    return wave


@inner
def _columns(
    expected: NDArray[np.complex64],
    seen: NDArray[np.complex64],
    lines: NDArray[np.int64],
    cosine: NDArray[np.float32],
    sine: NDArray[np.float32],
    wave: NDArray[np.uint64],
    real: NDArray[np.float32],
    imag: NDArray[np.float32],
) -> int:
    """Add up the lines of each u over all ty; return how many u there are, and note their waves."""
    count = 0
    for line in range(lines.shape[0]):
        if line == 0 or lines[line, 0] != lines[line - 1, 0]:
            wave[count] = np.uint64(lines[line, 0] % GRID * GRID)
            count += 1
        value = expected[line] * np.conj(seen[line])
        a, b = value.real, value.imag
        at, to = np.uint64(lines[line, 1] % GRID * GRID), np.uint64((count - 1) * GRID)
        for t in range(np.uint64(GRID)):
            real[to + t] += a * cosine[at + t] - b * sine[at + t]
            imag[to + t] += a * sine[at + t] + b * cosine[at + t]
    return count


@inner
def _add_four(
    column: NDArray[np.float32],
    waves: NDArray[np.float32],
    wave: NDArray[np.uint64],
    first: int,
    ty: int,
    total: NDArray[np.float32],
) -> None:
    """Add the waves of four u; unsigned offsets need no wrapping around."""
    p, q, r, s = wave[first], wave[first + 1], wave[first + 2], wave[first + 3]
    at = first * GRID + ty
    a, b, c, d = column[at], column[at + GRID], column[at + 2 * GRID], column[at + 3 * GRID]
    for t in range(np.uint64(HALF)):
        total[t] += a * waves[p + t] + b * waves[q + t] + c * waves[r + t] + d * waves[s + t]


@inner
def _extremes(line: NDArray[np.float32]) -> tuple[np.int32, np.int32]:
    """Return the largest and the smallest value, as integers of the same order."""
    bits = line.view(np.int32)
    high, low = SMALLEST, LARGEST
    for i in range(bits.size):
        key = np.int32(bits[i] ^ ((bits[i] >> 31) & WITHOUT_SIGN))
        high = max(high, key)
        low = min(low, key)
    return high, low


@inner
def _place_of(line: NDArray[np.float32], key: np.int32) -> int:
    """Return where :func:`_extremes` found a value."""
    bits = line.view(np.int32)
    for i in range(bits.size):
        if np.int32(bits[i] ^ ((bits[i] >> 31) & WITHOUT_SIGN)) == key:
            return i
    return 0


@kernel("void(complex64[:, ::1], complex64[:, ::1], int64[:, ::1], float32[:, ::1], int64[:, ::1])")
def best_translations(
    expected: NDArray[np.complex64],
    seen: NDArray[np.complex64],
    lines: NDArray[np.int64],
    scores: NDArray[np.float32],
    places: NDArray[np.int64],
) -> None:
    """Find, for each hypothesis, the translation at which its lines add up.

    A hypothesis is a row of `expected` with a row of `seen`, in the order of
    ``expected[:, None] * conj(seen)``; exp(-2 pi i (u tx + v ty)) remains in that product.

    Parameters
    ----------
    expected : complex64 (E, n)
    seen : complex64 (S, n)
    lines : int64 (n, 2)
        Frequencies (u, v) in cycles per tile; lines with equal u follow each other.
    scores : float32 (E * S, 2)
        Out: largest and smallest (for an inverted picture) real sum over a GRID x GRID raster.
    places : int64 (E * S, 2)
        Out: raster index ty * GRID + tx of either.
    """
    cosine, sine = np.empty(GRID * GRID, np.float32), np.empty(GRID * GRID, np.float32)
    wave_tables(GRID, cosine, sine)
    most = lines.shape[0] + 3  # so that four can be added at a time
    wave = np.zeros(most, np.uint64)
    real, imag = np.empty(most * GRID, np.float32), np.empty(most * GRID, np.float32)
    even, odd = np.empty(HALF, np.float32), np.empty(HALF, np.float32)
    line = np.empty(GRID, np.float32)
    for hypothesis in range(scores.shape[0]):
        first, second = hypothesis // seen.shape[0], hypothesis % seen.shape[0]
        for i in range(real.size):
            real[i], imag[i] = np.float32(0.0), np.float32(0.0)
        count = _columns(expected[first], seen[second], lines, cosine, sine, wave, real, imag)
        high, low = SMALLEST, LARGEST
        for ty in range(GRID):
            # cosines are the same at tx and at GRID - tx, sines opposite: half of the row is enough
            for tx in range(HALF):
                even[tx], odd[tx] = np.float32(0.0), np.float32(0.0)
            middle = np.float32(0.0)
            for k in range(0, count, 4):
                _add_four(real, cosine, wave, k, ty, even)
                _add_four(imag, sine, wave, k, ty, odd)
            for k in range(count):
                middle += real[k * GRID + ty] * cosine[wave[k] + MIDDLE]
            for tx in range(HALF):
                line[tx] = even[tx] - odd[tx]
                line[HALF + tx] = even[tx] + odd[tx]  # of GRID - tx
            line[HALF] = middle  # in place of a second 0
            top, bottom = _extremes(line)
            for which in range(2):
                key = top if which == 0 else bottom
                if (which == 0 and top > high) or (which == 1 and bottom < low):
                    at = _place_of(line, key)
                    scores[hypothesis, which] = line[at]
                    places[hypothesis, which] = ty * GRID + (at if at <= HALF else GRID + HALF - at)
            high, low = max(high, top), min(low, bottom)


@kernel("void(complex64[:, ::1], int64[:, ::1], int64, float64[:, ::1], float64[::1])")
def sharpen(
    values: NDArray[np.complex64],
    lines: NDArray[np.int64],
    steps: int,
    place: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    """Climb from raster places to the nearest maxima of the coherent sum, by Newton's method.

    Between the raster's points the highest pilots turn by more than a radian.

    Parameters
    ----------
    values : complex64 (m, n)
        As in :func:`best_translations`, of the hypotheses that are sharpened.
    lines : int64 (n, 2)
    steps : int
    place : float64 (m, 2)
        Tiles (x, y). In: where to begin; out: the maxima.
    total : float64 (m,)
        Out: the coherent sums there.
    """
    powers = powers_needed(lines)
    across, down = np.empty(powers, np.complex128), np.empty(powers, np.complex128)
    for index in range(values.shape[0]):
        for step in range(steps + 1):
            wave_powers(place[index, 0], across)
            wave_powers(place[index, 1], down)
            sum_real, gx, gy, xx, xy, yy = 0.0, 0.0, 0.0, 1e-9, 0.0, 1e-9
            for line in range(lines.shape[0]):
                u, v = lines[line, 0], lines[line, 1]
                value = values[index, line]
                turned = value * wave_of(u, v, across, down)
                squared = value.real * value.real + value.imag * value.imag
                weight = max(turned.real, LEAST_CURVATURE * np.sqrt(squared))
                wave_u, wave_v = 2.0 * np.pi * u, 2.0 * np.pi * v
                sum_real += turned.real
                gx += turned.imag * wave_u
                gy += turned.imag * wave_v
                xx += weight * wave_u * wave_u
                xy += weight * wave_u * wave_v
                yy += weight * wave_v * wave_v
            total[index] = sum_real
            if step < steps:
                determinant = xx * yy - xy * xy
                place[index, 0] -= (yy * gx - xy * gy) / determinant
                place[index, 1] -= (xx * gy - xy * gx) / determinant
