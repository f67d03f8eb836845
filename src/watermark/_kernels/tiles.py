"""Tile by tile: resampling a picture, reading its pilots, and fitting one smooth map to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel
from indelible.watermark._kernels.translations import (
    powers_needed,
    wave_of,
    wave_powers,
    wave_tables,
)
from indelible.watermark._kernels.warp import resample

LEAST_CURVATURE = 0.05  # of a line's, where it is far from its maximum
MOST_STEPS = 30
BESIDE = 0.1  # pixels: more than resampling rounds a place
ZERO = np.float32(0.0)
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-3, 1e4
ENOUGH = 1e-4  # of the sum: a step that gains less is the last one


@inlined
def _is_beside(corner: NDArray[np.float64], samples: int, width: int, height: int) -> bool:
    """Return whether all four corners of a tile lie beyond the same side of the source."""
    left, right, above, below = 0, 0, 0, 0
    for index in range(4):
        i, j = index % 2 * (samples - 1), index // 2 * (samples - 1)
        z = corner[2, 0] * i + corner[2, 1] * j + corner[2, 2]
        if z <= 0.0:
            return False  # the tile's image is not the quadrangle of its corners'
        x = (corner[0, 0] * i + corner[0, 1] * j + corner[0, 2]) / z
        y = (corner[1, 0] * i + corner[1, 1] * j + corner[1, 2]) / z
        left += x < -BESIDE
        right += x > width - 1 + BESIDE
        above += y < -BESIDE
        below += y > height - 1 + BESIDE
    return max(left, right, above, below) == 4


@inlined
def _is_empty(tile: NDArray[np.float32]) -> bool:
    for y in range(tile.shape[0]):
        row = tile[y]
        for x in range(row.size):
            if row[x] != ZERO:
                return False
    return True


@inlined
def _halved(tile: NDArray[np.float32], even: NDArray[np.float32], odd: NDArray[np.float32]) -> None:
    """Write each row plus and minus its mirror row n - y, 0 <= y <= n / 2; they are flat."""
    n = tile.shape[0]
    for y in range(n // 2 + 1):
        alone = 2 * y % n == 0  # its own mirror row
        row, mirror = tile[y], tile[y] if alone else tile[n - y]
        weight = np.float32(0.5 if alone else 1.0)
        plus, minus = even[y * n : (y + 1) * n], odd[y * n : (y + 1) * n]
        for x in range(n):
            plus[x] = weight * (row[x] + mirror[x])
            minus[x] = row[x] - mirror[x]


@inner
def _along(half: NDArray[np.float32], wave: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Sum all rows of a flat half, each times its value of a wave; four rows at a time."""
    for x in range(out.size):
        out[x] = np.float32(0.0)
    n = np.uint64(out.size)  # unsigned: an index that cannot be negative needs no wrapping around
    rows = half.size // out.size
    for y in range(0, rows - 3, 4):
        a, b, c, d = wave[y], wave[y + 1], wave[y + 2], wave[y + 3]
        p = np.uint64(y) * n
        q, r, s = p + n, p + n + n, p + n + n + n
        for x in range(n):
            out[x] += a * half[p + x] + b * half[q + x] + c * half[r + x] + d * half[s + x]
    for y in range(rows // 4 * 4, rows):
        p, a = np.uint64(y) * n, wave[y]
        for x in range(n):
            out[x] += a * half[p + x]


@inlined
def _across(
    real: NDArray[np.float32],
    imag: NDArray[np.float32],
    cosine: NDArray[np.float32],
    sine: NDArray[np.float32],
) -> tuple[complex, complex]:
    """Sum C + i S and C - i S, times exp(-i u x), along the row, given C and S."""
    cc, cs = np.float32(0.0), np.float32(0.0)
    sc, ss = np.float32(0.0), np.float32(0.0)
    for x in range(real.size):
        cc += real[x] * cosine[x]
        cs += real[x] * sine[x]
        sc += imag[x] * cosine[x]
        ss += imag[x] * sine[x]
    return complex(cc + ss, sc - cs), complex(cc - ss, -sc - cs)


@kernel(
    "int64(float32[:, ::1], float64[:, ::1], int64[:, ::1], int64, int64[:, ::1], int64[::1],"
    " complex128[::1], complex128[:, ::1], int64[::1])"
)
def tile_pilots(
    source: NDArray[np.float32],
    matrix: NDArray[np.float64],
    tiles: NDArray[np.int64],
    samples: int,
    pairs: NDArray[np.int64],
    pair_of: NDArray[np.int64],
    expected: NDArray[np.complex128],
    values: NDArray[np.complex128],
    reached: NDArray[np.int64],
) -> int:
    """Resample a picture one tile at a time and read the pilots of each.

    Parameters
    ----------
    source : float32 (h, w)
    matrix : float64 (3, 3)
        Map from the pixels of the resampled picture to the source's.
    tiles : int64 (n_tiles, 2)
        Their columns and rows in the resampled picture.
    samples : int
        Pixels a side of a tile.
    pairs : int64 (m, 2)
        Frequencies (u, v) in cycles per tile, both positive; (u, -v) is read, too.
    pair_of : int64 (n,)
        Which frequency each pilot is: 2 i for that of pair i, 2 i + 1 for its mirror image.
    expected : complex128 (n,)
        Factor of each pilot.
    values : complex128 (n_tiles, n)
        Out: each tile's pilots; only of tiles that the picture reaches, in their order.
    reached : int64 (n_tiles,)
        Out: which of `tiles` these are.

    Returns
    -------
    int
        How many tiles these are.
    """
    half = samples // 2 + 1
    cosine = np.empty(samples * samples, np.float32)
    sine = np.empty(samples * samples, np.float32)
    wave_tables(samples, cosine, sine)
    tile = np.empty((samples, samples), np.float32)
    even, odd = np.empty(half * samples, np.float32), np.empty(half * samples, np.float32)
    real, imag = np.empty(samples, np.float32), np.empty(samples, np.float32)
    seen = np.empty(2 * pairs.shape[0], np.complex128)
    corner = np.empty((3, 3))
    for i in range(3):
        corner[i, 0], corner[i, 1] = matrix[i, 0], matrix[i, 1]
    found = 0
    for index in range(tiles.shape[0]):
        column, row = tiles[index, 0], tiles[index, 1]
        for i in range(3):
            corner[i, 2] = matrix[i, 2] + samples * (matrix[i, 0] * column + matrix[i, 1] * row)
        if _is_beside(corner, samples, source.shape[1], source.shape[0]):
            continue
        resample(source, corner, tile)
        if _is_empty(tile):
            continue
        _halved(tile, even, odd)
        for pair in range(pairs.shape[0]):
            u, v = pairs[pair, 0] % samples * samples, pairs[pair, 1] % samples * samples
            _along(even, cosine[v : v + half], real)
            _along(odd, sine[v : v + half], imag)
            seen[2 * pair + 1], seen[2 * pair] = _across(
                real, imag, cosine[u : u + samples], sine[u : u + samples]
            )
        for line in range(pair_of.size):
            values[found, line] = expected[line] * seen[pair_of[line]]
        reached[found] = index
        found += 1
    return found


@inlined
def _basis(x: float, y: float, out: NDArray[np.float64]) -> None:
    """Displacement (across, down) at a place for a unit of each parameter, if it is not 0."""
    out[0, 0], out[1, 1] = 1.0, 1.0
    out[0, 2], out[1, 3] = x, x
    out[0, 4], out[1, 5] = y, y
    out[0, 6], out[1, 6] = x * x, x * y
    out[0, 7], out[1, 7] = x * y, y * y


@inner
def _sums(
    values: NDArray[np.complex128],
    places: NDArray[np.float64],
    lines: NDArray[np.int64],
    parameters: NDArray[np.float64],
    gradient: NDArray[np.float64],
    curvature: NDArray[np.float64],
) -> float:
    """Return the coherent sum under a displacement; write its gradient and curvature."""
    size = parameters.size
    powers = powers_needed(lines)
    across, down = np.empty(powers, np.complex128), np.empty(powers, np.complex128)
    basis = np.empty((2, 8))
    basis[:, :] = 0.0
    for p in range(size):
        gradient[p] = 0.0
        for q in range(size):
            curvature[p, q] = 0.0
    total = 0.0
    for tile in range(values.shape[0]):
        _basis(places[tile, 0], places[tile, 1], basis)
        dx, dy = 0.0, 0.0
        for p in range(size):
            dx += basis[0, p] * parameters[p]
            dy += basis[1, p] * parameters[p]
        wave_powers(-dx, across)
        wave_powers(-dy, down)
        gx, gy, xx, xy, yy = 0.0, 0.0, 0.0, 0.0, 0.0
        for line in range(lines.shape[0]):
            u, v = lines[line, 0], lines[line, 1]
            value = values[tile, line]
            turned = value * wave_of(u, v, across, down)
            squared = value.real * value.real + value.imag * value.imag
            weight = max(turned.real, LEAST_CURVATURE * np.sqrt(squared))
            wave_u, wave_v = 2.0 * np.pi * u, 2.0 * np.pi * v
            total += turned.real
            gx += turned.imag * wave_u
            gy += turned.imag * wave_v
            xx += weight * wave_u * wave_u
            xy += weight * wave_u * wave_v
            yy += weight * wave_v * wave_v
        for p in range(size):
            bx, by = basis[0, p], basis[1, p]
            gradient[p] += bx * gx + by * gy
            for q in range(p + 1):
                cx, cy = basis[0, q], basis[1, q]
                curvature[p, q] += bx * (xx * cx + xy * cy) + by * (xy * cx + yy * cy)
    return total


@inner
def _solve(
    matrix: NDArray[np.float64],
    damping: float,
    right: NDArray[np.float64],
    root: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Solve a positive definite system, its diagonal enlarged, by Cholesky's method.

    Of `matrix` only the lower half is read; `root` is room for its square root.
    """
    size = right.size
    for p in range(size):
        for q in range(p + 1):
            value = matrix[p, q] * (1.0 + damping) + 1e-9 if p == q else matrix[p, q]
            for k in range(q):
                value -= root[p, k] * root[q, k]
            root[p, q] = np.sqrt(max(value, 1e-30)) if p == q else value / root[q, q]
        out[p] = right[p]
        for k in range(p):
            out[p] -= root[p, k] * out[k]
        out[p] /= root[p, p]
    for p in range(size - 1, -1, -1):
        for k in range(p + 1, size):
            out[p] -= root[k, p] * out[k]
        out[p] /= root[p, p]


@kernel("float64(complex128[:, ::1], float64[:, ::1], int64[:, ::1], float64[::1])")
def fit(
    values: NDArray[np.complex128],
    places: NDArray[np.float64],
    lines: NDArray[np.int64],
    parameters: NDArray[np.float64],
) -> float:
    """Maximise the coherent sum of all tiles' pilots over smooth displacements.

    Newton's method with the curvature held positive and damped as Levenberg and Marquardt do, from
    no displacement on. Each line is divided by its own level before.

    Parameters
    ----------
    values : complex128 (tiles, n)
        Pilots, expected phases removed; overwritten.
    places : float64 (tiles, 2)
        The tiles' middles, about -1..1.
    lines : int64 (n, 2)
        Cycles per tile.
    parameters : float64 (6,) for affine displacements or (8,), to first order projective ones
        Out: tiles.

    Returns
    -------
    float
        The sum over its deviation without a mark.
    """
    n_tiles, n = values.shape
    power = 0.0
    for line in range(n):
        level = 0.0
        for tile in range(n_tiles):
            value = values[tile, line]
            level += value.real * value.real + value.imag * value.imag
        scale = 1.0 / (np.sqrt(level / n_tiles) + 1e-12)
        power += level * scale * scale
        for tile in range(n_tiles):
            values[tile, line] *= scale
    size = parameters.size
    parameters[:] = 0.0
    step, trial = np.empty(size), np.empty(size)
    gradient, trial_gradient = np.empty(size), np.empty(size)
    curvature, trial_curvature = np.empty((size, size)), np.empty((size, size))
    root = np.empty((size, size))
    best = _sums(values, places, lines, parameters, gradient, curvature)
    damping = FIRST_DAMPING
    for _ in range(MOST_STEPS):
        _solve(curvature, damping, gradient, root, step)
        for p in range(size):
            trial[p] = parameters[p] + step[p]
        total = _sums(values, places, lines, trial, trial_gradient, trial_curvature)
        if total > best:
            gain = total - best
            best = total
            for p in range(size):
                parameters[p], gradient[p] = trial[p], trial_gradient[p]
                for q in range(p + 1):
                    curvature[p, q] = trial_curvature[p, q]
            damping = max(damping / 4.0, LEAST_DAMPING)
            if gain < ENOUGH * best:
                break
        else:
            damping *= 8.0
            if damping > MOST_DAMPING:
                break
    return float(best / (np.sqrt(power / 2.0) + 1e-12))
