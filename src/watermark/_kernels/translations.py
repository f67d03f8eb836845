"""The coherent sum of the pilots over all translations or all sizes, and its maxima."""

from __future__ import annotations

import numpy as np
from numba import complex64, float32, float64, int64, types, void
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel

LINE_SIGNS = types.Array(float64, 1, "C", readonly=True)
GRID = 96  # translations tried per tile and direction: see sharpen
WHOLE = 1 << 30  # of a raster's sums
LEAST_INSIDE = 8  # lines
LEAST_EXCESS = 0.5  # deviations of the lines' power beyond its mean
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


@inlined
def powers_needed(lines: NDArray[np.int64]) -> int:
    """Return how many :func:`wave_powers` the lines (u, v) need."""
    highest = 0
    for line in range(lines.shape[0]):
        highest = max(highest, abs(lines[line, 0]), abs(lines[line, 1]))
    return highest + 1


@inlined
def wave_of(
    u: int, v: int, across: NDArray[np.complex128], down: NDArray[np.complex128]
) -> complex:
    """Return exp(2 pi i (u x + v y)) from the :func:`wave_powers` of x and of y."""
    first = across[u] if u >= 0 else np.conj(across[-u])
    second = down[v] if v >= 0 else np.conj(down[-v])
    wave: complex = first * second
    return wave


@inlined
def _four_places(sums: NDArray[np.float32], values: NDArray[np.int32]) -> None:
    """Write the sums at t, -t, GRID / 2 + t and GRID / 2 - t of a raster's GRID, from one at t.

    There the waves' cosines and sines are the same ones, up to their signs.
    """
    even_cosines, even_sines, odd_cosines, odd_sines = sums[0], sums[1], sums[2], sums[3]
    for ty in range(even_cosines.size):
        near, far = even_cosines[ty] + odd_cosines[ty], even_cosines[ty] - odd_cosines[ty]
        near_sine, far_sine = even_sines[ty] + odd_sines[ty], even_sines[ty] - odd_sines[ty]
        values[0, ty] = np.int32(near - near_sine)
        values[1, ty] = np.int32(near + near_sine)
        values[2, ty] = np.int32(far - far_sine)
        values[3, ty] = np.int32(far + far_sine)


@inlined
def _place_of(values: NDArray[np.int32], wanted: np.int32, t: int) -> int:
    """Return the raster index ty * GRID + tx of one of the values of :func:`_four_places`."""
    for ty in range(GRID):
        for quarter in range(4):
            if values[quarter, ty] == wanted:
                tx = t if quarter % 2 == 0 else GRID - t
                return ty * GRID + (tx + GRID // 2 * (quarter // 2)) % GRID
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
    n = lines.shape[0]
    columns = np.empty((2, n, GRID), np.float32)  # of each u: real and imaginary parts, for each ty
    tables = np.empty((2, GRID * GRID), np.float32)
    wave_tables(columns.shape[2], tables[0], tables[1])  # of a literal it is compiled once more
    wave_real, wave_imag = tables[0].reshape(GRID, GRID), tables[1].reshape(GRID, GRID)
    ordinals = np.empty(n, np.int64)  # u modulo GRID
    sums = np.empty((4, GRID), np.float32)  # cosines and sines of even u, then of odd u
    values = np.empty((4, GRID), np.int32)
    for hypothesis in range(scores.shape[0]):
        first, second = hypothesis // seen.shape[0], hypothesis % seen.shape[0]
        bound, count, line = np.float32(1e-20), 0, 0
        while line < n:
            u = lines[line, 0]
            real_parts, imag_parts = columns[0, count], columns[1, count]
            real_parts[:] = 0.0
            imag_parts[:] = 0.0
            while line < n and lines[line, 0] == u:
                value = expected[first, line] * np.conj(seen[second, line])
                real, imag = value.real, value.imag
                bound += abs(real) + abs(imag)
                v = lines[line, 1] % GRID
                waves_real, waves_imag = wave_real[v], wave_imag[v]
                for t in range(GRID):
                    real_parts[t] += real * waves_real[t] - imag * waves_imag[t]
                    imag_parts[t] += real * waves_imag[t] + imag * waves_real[t]
                line += 1
            ordinals[count] = u % GRID
            count += 1
        # Whole numbers, since a maximum of those is taken by vector instructions.
        scale = np.float32(WHOLE / bound)
        high, low, high_at, low_at = np.int32(-WHOLE), np.int32(WHOLE), 0, 0
        for t in range(GRID // 4 + 1):
            sums[:, :] = 0.0
            for index in range(count):
                k = ordinals[index]
                cosine, sine = scale * wave_real[k, t], scale * wave_imag[k, t]
                cosines, sines = sums[2 * (k % 2)], sums[2 * (k % 2) + 1]
                real_parts, imag_parts = columns[0, index], columns[1, index]
                for ty in range(GRID):
                    cosines[ty] += cosine * real_parts[ty]
                    sines[ty] += sine * imag_parts[ty]
            _four_places(sums, values)
            top, bottom = np.int32(-WHOLE), np.int32(WHOLE)
            for quarter in range(4):
                for ty in range(GRID):
                    top = np.int32(max(top, values[quarter, ty]))
                    bottom = np.int32(min(bottom, values[quarter, ty]))
            if top > high:
                high, high_at = top, _place_of(values, top, t)
            if bottom < low:
                low, low_at = bottom, _place_of(values, bottom, t)
        scores[hypothesis, 0], scores[hypothesis, 1] = high / scale, low / scale
        places[hypothesis, 0], places[hypothesis, 1] = high_at, low_at


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


@kernel(
    void(
        complex64[:, ::1],
        float32[:, ::1],
        int64[:, ::1],
        LINE_SIGNS,
        float64[::1],
        float64,
        float64[:, ::1],
        complex64[:, ::1],
        float32[:, ::1],
    )
)
def scan_sizes(
    spectrum: NDArray[np.complex64],
    power: NDArray[np.float32],
    lines: NDArray[np.int64],
    signs: NDArray[np.float64],
    centre: NDArray[np.float64],
    corner: float,
    periods: NDArray[np.float64],
    expected: NDArray[np.complex64],
    scores: NDArray[np.float32],
) -> None:
    """Sum the lines for each size of a picture whose tiles begin at its corner.

    Parameters
    ----------
    spectrum : complex64 (N, N // 2 + 1)
    power : float32, same shape
        Relative to its surroundings: a line counts by how far it stands out.
    lines : int64 (n, 2)
        Frequencies (u, v) in cycles per tile, u >= 0.
    signs : float64 (n,)
        -1 for lines that are taken with both signs.
    centre : float64 (2,)
        The picture's centre (x, y) in pixels.
    corner : float
        The picture's corner, x and y, in tiles.
    periods : float64 (sizes, 2)
        Of a tile, in pixels: width and height.
    expected : complex64 (E, n)
    scores : float32 (sizes, 2 E)
        In: 0. Out: real sum over its deviation where the lines' power stands out at all; for each
        row of `expected` first with the lines as they are, then with `signs`.
    """
    size, columns = spectrum.shape
    n, rows = lines.shape[0], expected.shape[0]
    real, imag = np.empty((n, rows), np.float32), np.empty((n, rows), np.float32)
    for line in range(n):
        for row in range(rows):
            real[line, row], imag[line, row] = expected[row, line].real, expected[row, line].imag
    sums = np.empty((2, rows), np.float32)  # of the lines with sign 1, with sign -1
    seen, heights = np.empty(n, np.complex64), np.empty(n)
    for index in range(periods.shape[0]):
        across, down = size / periods[index, 0], size / periods[index, 1]
        inside, standing_out = 0, 0.0
        for line in range(n):
            i, j = int(np.rint(across * lines[line, 0])), int(np.rint(down * lines[line, 1]))
            heights[line] = 0.0
            if i < columns and abs(j) < size // 2:
                heights[line] = power[j % size, i]
                inside += 1
                standing_out += heights[line]
        if inside < LEAST_INSIDE or standing_out < inside + LEAST_EXCESS * np.sqrt(inside):
            continue
        for line in range(n):
            seen[line] = 0.0
            if heights[line] > 0.0:
                u, v = across * lines[line, 0], down * lines[line, 1]
                i, j = int(np.rint(u)), int(np.rint(v))
                value = spectrum[j % size, i]
                # to the centre at the bin's frequency, from it to the corner at the line's own
                x, y = centre[0] + 0.5, centre[1] + 0.5
                turns = (i * centre[0] + j * centre[1] - u * x - v * y) / size
                angle = 2.0 * np.pi * (turns - corner * (lines[line, 0] + lines[line, 1]))
                weight = np.sqrt(heights[line]) / (abs(value) + 1e-12)
                seen[line] = weight * value * complex(np.cos(angle), np.sin(angle))
        sums[:, :] = np.float32(0.0)
        for line in range(n):
            total = sums[0] if signs[line] > 0.0 else sums[1]
            seen_real, seen_imag = seen[line].real, seen[line].imag
            line_real, line_imag = real[line], imag[line]
            for row in range(rows):
                total[row] += line_real[row] * seen_real + line_imag[row] * seen_imag
        scale = np.float32(1.0 / np.sqrt(0.5 * standing_out))
        for row in range(rows):
            scores[index, 2 * row] = scale * (sums[0, row] + sums[1, row])
            scores[index, 2 * row + 1] = scale * (sums[0, row] - sums[1, row])
