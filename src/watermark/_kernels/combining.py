"""The data lines: reading, weighing and despreading them."""

from __future__ import annotations

import numpy as np
from numba import complex64, float32, float64, int8, int32, int64, types, uint8, void
from numpy.typing import NDArray

from indelible.compiling import kernel

INDICES = types.Array(int32, 1, "C", readonly=True)
SIGNS = types.Array(int8, 1, "C", readonly=True)
TURNS = types.Array(uint8, 1, "C", readonly=True)
LINES = types.Array(int64, 2, "C", readonly=True)
RINGS = types.Array(int64, 1, "C", readonly=True)
SHIFTS = 4  # tiles in a super-tile, in either direction


@kernel(void(complex64[:, ::1], LINES, RINGS, complex64[::1], float64[::1]))
def read_lines(
    spectrum: NDArray[np.complex64],
    lines: NDArray[np.int64],
    rings: NDArray[np.int64],
    values: NDArray[np.complex64],
    power: NDArray[np.float64],
) -> None:
    """Read the data lines of a half spectrum and add up the power in each ring.

    Parameters
    ----------
    spectrum : complex64 (N, N // 2 + 1)
    lines : int64 (n, 2)
        Bins (u, v), u >= 0.
    rings : int64 (n,)
    values : complex64 (n,)
        Out.
    power : float64 (rings,)
        Out.
    """
    power[:] = 0.0
    side = spectrum.shape[0]
    for i in range(lines.shape[0]):
        u, v = lines[i, 0], lines[i, 1]
        value = spectrum[v if v >= 0 else v + side, u]
        values[i] = value
        power[rings[i]] += np.float64(value.real * value.real + value.imag * value.imag)


@kernel(void(complex64[::1], TURNS, RINGS, float64[::1]))
def weigh(
    values: NDArray[np.complex64],
    turns: NDArray[np.uint8],
    rings: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> None:
    """Turn each line by quarters (0 to 3), and multiply it by its ring's weight, in place."""
    for i in range(values.size):
        real, imag = values[i].real, values[i].imag
        if turns[i] & 1:
            real, imag = -imag, real
        if turns[i] & 2:
            real, imag = -real, -imag
        factor = np.float32(weight[rings[i]])
        values[i] = complex(factor * real, factor * imag)


@kernel(void(complex64[::1], TURNS, INDICES, SIGNS, float32[::1]))
def despread(
    values: NDArray[np.complex64],
    turns: NDArray[np.uint8],
    coded_bit: NDArray[np.int32],
    signs: NDArray[np.int8],
    out: NDArray[np.float32],
) -> None:
    """Sum the signed coefficients of each coded bit.

    Parameters
    ----------
    values : complex64 (n,)
        Data lines.
    turns : uint8 (n,)
        Quarter turns (0 to 3) by which each line is turned first.
    coded_bit : int32 (2 n,)
        The coded bit of each real, then of each imaginary part.
    signs : int8 (2 n,)
    out : float32 (coded bits,)
        Out.
    """
    out[:] = np.float32(0.0)
    n = values.size
    for i in range(n):
        real, imag = values[i].real, values[i].imag
        if turns[i] & 1:
            real, imag = -imag, real
        if turns[i] & 2:
            real, imag = -real, -imag
        out[coded_bit[i]] += np.float32(signs[i]) * real
        out[coded_bit[n + i]] += np.float32(signs[n + i]) * imag


@kernel(void(complex64[::1], TURNS, INDICES, SIGNS, float32[:, ::1]))
def despread_shifts(
    values: NDArray[np.complex64],
    residues: NDArray[np.uint8],
    coded_bit: NDArray[np.int32],
    signs: NDArray[np.int8],
    out: NDArray[np.float32],
) -> None:
    """Do what :func:`despread` does for the turns of all shifts by whole tiles at once.

    A shift by (s, t) turns all lines with the same (u mod 4, v mod 4) alike, by u s + v t quarters.
    Each bit's lines are therefore added up for each of these sixteen residues, and only the sums
    are turned.

    Parameters
    ----------
    values : complex64 (n,)
    residues : uint8 (n,)
        4 (u mod 4) + v mod 4 of each line.
    coded_bit : int32 (2 n,)
    signs : int8 (2 n,)
    out : float32 (16, coded bits)
        Out: shift (s, t) in row 4 s + t.
    """
    n = values.size
    real, imag = np.zeros(out.shape, np.float32), np.zeros(out.shape, np.float32)
    for i in range(n):
        a, b, residue = values[i].real, values[i].imag, residues[i]
        sign, bit = np.float32(signs[i]), coded_bit[i]
        real[residue, bit] += sign * a
        imag[residue, bit] += sign * b
        # an imaginary part is the real part a quarter turn back
        sign, bit = np.float32(signs[n + i]), coded_bit[n + i]
        real[residue, bit] += sign * b
        imag[residue, bit] -= sign * a
    for shift in range(out.shape[0]):
        row = out[shift]
        row[:] = np.float32(0.0)
        for residue in range(out.shape[0]):
            u, v = residue // SHIFTS, residue % SHIFTS
            turns = (u * (shift // SHIFTS) + v * (shift % SHIFTS)) % 4
            part = real[residue] if turns % 2 == 0 else imag[residue]
            sign = np.float32(1.0 if turns in (0, 3) else -1.0)
            for bit in range(row.size):
                row[bit] += sign * part[bit]


@kernel(
    "void(float32[:, ::1], float32[:, ::1], float32[:, ::1], int64, int64, int64,"
    " float32[:, :, ::1])"
)
def cell_products(
    seen: NDArray[np.float32],
    room: NDArray[np.float32],
    pattern: NDArray[np.float32],
    top: int,
    left: int,
    side: int,
    out: NDArray[np.float32],
) -> None:
    """Compare a picture with ``pattern * room``, summed over the pixels of each cell.

    Parameters
    ----------
    seen, room : float32 (h, w)
    pattern : float32 (n, n)
        One period.
    top, left : int
        Where in the period the first pixel is, 0 to n - 1.
    side : int
        Of a cell, pixels.
    out : float32 (3, h // side, w // side)
        Out: inner products, squares of what is expected, and of what is seen.
    """
    _, rows, columns = out.shape
    period = pattern.shape[1]
    width = columns * side
    sums = np.empty((3, width), np.float32)
    wanted = np.empty(width, np.float32)
    for row in range(rows):
        sums[:, :] = np.float32(0.0)
        for y in range(row * side, (row + 1) * side):
            wave = pattern[(top + y) % pattern.shape[0]]
            begin, at = 0, left
            while begin < width:
                count = min(period - at, width - begin)
                to, source = wanted[begin : begin + count], wave[at : at + count]
                for x in range(count):
                    to[x] = source[x]
                begin, at = begin + count, 0
            line, amplitude = seen[y], room[y]
            for x in range(width):
                value, expected = line[x], wanted[x] * amplitude[x]
                sums[0, x] += value * expected
                sums[1, x] += expected * expected
                sums[2, x] += value * value
        for which in range(3):
            target, values = out[which, row], sums[which]
            for column in range(columns):
                part = np.float32(0.0)
                for x in range(column * side, (column + 1) * side):
                    part += values[x]
                target[column] = part
