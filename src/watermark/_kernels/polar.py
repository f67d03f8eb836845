"""The pilot search: a log-polar map of the spectrum, and sums of its shifted rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inlined, kernel

ABREAST = 32  # sums that the compiler's vector loop takes at a time
ZERO, HALF = np.float32(0.0), np.float32(0.5)
DEVIATION, LIMIT = np.float32(16.0), np.float32(127.0)  # of a row of the log-polar map


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
    limit = np.float32(cap)
    total = np.empty(columns, np.float32)  # of each column, then each one's factor
    for top in range(0, rows, cell):
        bottom = min(top + cell, rows)
        total[:] = ZERO
        for y in range(top, bottom):
            values, line = spectrum[y], out[y]
            for x in range(columns):
                real, imag = values[x].real, values[x].imag
                power = real * real + imag * imag
                line[x] = power
                total[x] += power
        for left in range(0, columns, cell):
            part = total[left : left + cell]
            level = np.float32(1e-20)
            for x in range(part.size):
                level += part[x]
            part[:] = np.float32((bottom - top) * part.size) / level
        for y in range(top, bottom):
            line = out[y]
            for x in range(columns):
                line[x] = min(line[x] * total[x], limit)


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


@inlined
def _nearest_bins(
    radius: np.float32,
    cosine: NDArray[np.float32],
    sine: NDArray[np.float32],
    shape: tuple[int, int],
    upright: NDArray[np.int32],
    turned: NDArray[np.int32],
) -> None:
    """Find the (flat) bin of each angle in 0..180 degrees, and of the one 90 degrees further."""
    rows, columns = np.int32(shape[0]), np.int32(shape[1])
    last = np.int32(columns - 1)
    for c in range(cosine.size):
        x, y = radius * cosine[c], radius * sine[c]
        across, down = np.int32(abs(x) + HALF), np.int32(y + HALF)
        row = np.int32(rows - down) if x < ZERO else down  # (-x, -y) has the same power
        row = row if row < rows else np.int32(0)
        upright[c] = np.int32(row * columns + min(across, last))
        # turned by 90 degrees: (-y, x), and for x > 0 by symmetry (y, -x)
        row = across if x < ZERO else np.int32(rows - across)
        row = row if row < rows else np.int32(0)
        turned[c] = np.int32(row * columns + min(down, last))


@inlined
def _standardise(line: NDArray[np.float32], out: NDArray[np.int8]) -> None:
    """Bring a line to mean 0 and deviation 16; write it twice."""
    total, square = ZERO, ZERO
    for c in range(line.size):
        total += line[c]
        square += line[c] * line[c]
    share = np.float32(1.0 / line.size)
    mean = total * share
    scale = DEVIATION / np.sqrt(max(square * share - mean * mean, np.float32(1e-6)))
    for c in range(line.size):
        value = np.int8(min(max((line[c] - mean) * scale, -LIMIT), LIMIT))
        out[c] = value
        out[c + line.size] = value


@kernel("void(float32[:, ::1], float64, float64, boolean, int8[:, ::1])")
def log_polar(
    power: NDArray[np.float32],
    first_radius: float,
    log_step: float,
    folded: bool,
    out: NDArray[np.int8],
) -> None:
    """Sample a half spectrum on a log-polar grid; bring each row to mean 0 and deviation 16.

    Parameters
    ----------
    power : float32 (N, N // 2 + 1)
    first_radius : float
        Bins; row r has the radius ``first_radius * exp(r * log_step)``, at most N / 2.
    folded : bool
        Whether the columns cover 90 degrees, each the sum of two places 90 degrees apart, or 180.
    out : int8 (R, 2 C)
        Out: column c of C is the angle 90 c / C (or 180 c / C) degrees; all columns stand twice, so
        that a shifted row needs no wrapping around.
    """
    rows, angles = out.shape[0], out.shape[1] // 2
    span = np.pi / 2 if folded else np.pi
    cosine, sine = np.empty(angles, np.float32), np.empty(angles, np.float32)
    for c in range(angles):
        cosine[c], sine[c] = np.cos(c * span / angles), np.sin(c * span / angles)
    line = np.empty(angles, np.float32)
    upright, turned = np.empty(angles, np.int32), np.empty(angles, np.int32)
    bins = power.reshape(-1)
    for row in range(rows):
        radius = np.float32(first_radius * np.exp(row * log_step))
        _nearest_bins(radius, cosine, sine, power.shape, upright, turned)
        if folded:
            for c in range(angles):
                line[c] = bins[np.uint64(upright[c])] + bins[np.uint64(turned[c])]
        else:
            for c in range(angles):
                line[c] = bins[np.uint64(upright[c])]
        _standardise(line, out[row])


@kernel("void(int8[:, ::1], int64[::1], int64[::1], int64, int64, float32[:, ::1])")
def shifted_sums(
    polar: NDArray[np.int8],
    row_of_line: NDArray[np.int64],
    column_of_line: NDArray[np.int64],
    first_scale: int,
    min_lines: int,
    out: NDArray[np.float32],
) -> None:
    """Sum, for every scale and every angle, the map at a constellation's lines.

    Parameters
    ----------
    polar : int8 (R, 2 C)
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


@kernel("void(float32[:, ::1], int64, float32[:, ::1], int64[:, ::1])")
def cell_peaks(
    sums: NDArray[np.float32],
    cell: int,
    tops: NDArray[np.float32],
    places: NDArray[np.int64],
) -> None:
    """Find the largest value of each square cell of a map, and its flat index in the map.

    Parameters
    ----------
    sums : float32 (S, C)
    cell : int
    tops : float32 (S // cell, C // cell)
        Out.
    places : int64, same shape
        Out; of equal values the first one's.
    """
    columns = sums.shape[1]
    for row in range(tops.shape[0]):
        tops[row, :] = np.float32(-np.inf)
        places[row, :] = row * cell * columns
        for y in range(row * cell, (row + 1) * cell):
            line = sums[y]
            for index in range(tops.shape[1]):
                for x in range(index * cell, (index + 1) * cell):
                    if line[x] > tops[row, index]:
                        tops[row, index] = line[x]
                        places[row, index] = y * columns + x


@inlined
def _add_four(
    cells: NDArray[np.int8],
    at: NDArray[np.uint64],
    first: int,
    total: NDArray[np.int16],
) -> None:
    """Add what lies from four places on; unsigned offsets need no wrapping around."""
    a, b, c, d = at[first], at[first + 1], at[first + 2], at[first + 3]
    for i in range(np.uint64(total.size)):
        total[i] += cells[a + i] + cells[b + i] + cells[c + i] + cells[d + i]


@inlined
def _add_eight(
    cells: NDArray[np.int8],
    at: NDArray[np.uint64],
    first: int,
    total: NDArray[np.int16],
) -> None:
    """Do the same from eight places on."""
    a, b, c, d = at[first], at[first + 1], at[first + 2], at[first + 3]
    e, f, g, h = at[first + 4], at[first + 5], at[first + 6], at[first + 7]
    for i in range(np.uint64(total.size)):
        four = cells[a + i] + cells[b + i] + cells[c + i] + cells[d + i]
        total[i] += four + cells[e + i] + cells[f + i] + cells[g + i] + cells[h + i]


@inlined
def _scales_of_leaving(
    row_of_line: NDArray[np.int64], rows: int, leaving: NDArray[np.int64]
) -> None:
    """Sort the row offsets at which the lines leave a map (by insertion: they are few)."""
    for line in range(row_of_line.size):
        offset = rows - row_of_line[line]
        place = line
        while place > 0 and leaving[place - 1] > offset:
            leaving[place] = leaving[place - 1]
            place -= 1
        leaving[place] = offset


@inlined
def _largest(values: NDArray[np.int16]) -> np.int16:
    top = np.int16(-32768)
    for i in range(values.size):
        top = np.int16(max(top, values[i]))
    return top


@kernel(
    "void(int8[:, ::1], int64, int64[:, ::1], int64[:, ::1], int64, int64, float32[::1],"
    " int64[:, ::1])"
)
def best_shifts(
    polar: NDArray[np.int8],
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
    polar : int8 (C, W)
        Transposed from :func:`log_polar`, each column once: one row here is one angle, so that the
        inner loop over scales reads what lies side by side. W is at least the largest row of a line
        + `scales`, rounded up to whole `ABREAST`.
    rows : int
        Radii in the map; beyond, it holds zeros.
    row_of_line, column_of_line : int64 (K, n)
        The lines of each of K constellations, n a multiple of 4.
    scales : int
        Row offsets 0 .. scales - 1 are tried; where fewer than 3 in 4 lines are inside, none is.
    shifts : int
        Angles 0 .. shifts - 1 columns further are tried; C for all.
    score : float32 (K,)
        Out: the largest sum / (16 sqrt(number of lines inside)).
    place : int64 (K, 2)
        Out: its row offset and shift.
    """
    columns, width = polar.shape
    lines = row_of_line.shape[1]
    cells = polar.reshape(-1)
    step, end = np.uint64(width), np.uint64(columns * width)
    at = np.empty(lines, np.uint64)
    leaving = np.empty(lines, np.int64)
    sums = np.empty(scales + ABREAST, np.int16)
    most = np.float32(1.0 / (16.0 * np.sqrt(lines - lines // 4)))
    for which in range(row_of_line.shape[0]):
        _scales_of_leaving(row_of_line[which], rows, leaving)
        # Of scales that are tried, whole vectors: a remainder would be added one by one.
        tried = min(max(leaving[lines // 4], 0), scales)
        total = sums[: -(-tried // ABREAST) * ABREAST]
        score[which] = np.float32(-1e9)
        for line in range(lines):
            at[line] = np.uint64(column_of_line[which, line] * width + row_of_line[which, line])
        for shift in range(shifts):
            total[:] = 0
            for line in range(0, lines - 7, 8):
                _add_eight(cells, at, line, total)
            if lines % 8:
                _add_four(cells, at, lines - 4, total)
            for line in range(lines):
                following = at[line] + step
                at[line] = following - end if following >= end else following
            if most * np.float32(_largest(total)) <= score[which]:
                continue
            start = 0
            for gone in range(lines // 4 + 1):
                stop = min(max(leaving[gone], 0), scales)
                if stop > start:
                    norm = np.float32(1.0 / (16.0 * np.sqrt(lines - gone)))
                    top = _largest(total[start:stop])
                    if norm * np.float32(top) > score[which]:
                        score[which] = norm * np.float32(top)
                        place[which, 1] = shift
                        for scale in range(start, stop):
                            if total[scale] == top:
                                place[which, 0] = scale
                                break
                    start = stop
