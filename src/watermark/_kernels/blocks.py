"""Spectral whitening of overlapping blocks, sixteen blocks abreast."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from indelible.compiling import inlined, kernel
from indelible.watermark._kernels.fourier import (
    BUNDLE,
    IMAG,
    LANES,
    PLACE,
    SIZE,
    forward,
    inverse,
)
from indelible.watermark._kernels.powers import power

LUMINANCE = types.Array(float32, 2, "C", readonly=True)
HOP = SIZE // 2  # blocks overlap by half
BINS = SIZE // 2 + 1
ROW = SIZE * LANES  # floats of a row of all blocks
# Square-root Hann: used before and after, its square sums to one over the blocks that overlap.
WINDOW = np.sin(np.pi * (np.arange(SIZE) + 0.5) / SIZE).astype(np.float32)
WINDOW_ROW = np.repeat(WINDOW, LANES)
HALF, NINTH = np.float32(0.5), np.float32(1 / 9)
NORM = np.float32(1 / SIZE**2)


@inlined
def _take(
    image: NDArray[np.float32],
    row_of: NDArray[np.int64],
    column_of: NDArray[np.int64],
    lane: NDArray[np.float32],
) -> np.float32:
    """Copy a block into its lane (every LANES-th float); return its mean."""
    total = np.float32(0.0)
    for y in range(SIZE):
        line = image[row_of[y]]
        part = np.float32(0.0)
        for x in range(SIZE):
            value = line[column_of[x]]
            lane[(y * SIZE + x) * LANES] = value
            part += value
        total += part
    return np.float32(total * NORM)


@inlined
def _put(lane: NDArray[np.float32], top: int, left: int, out: NDArray[np.float32]) -> None:
    """Add a block to the image at (top, left), which may lie partly outside of it."""
    height, width = out.shape
    for y in range(max(0, -top), min(SIZE, height - top)):
        line = out[top + y]
        for x in range(max(0, -left), min(SIZE, width - left)):
            line[left + x] += lane[(y * SIZE + x) * LANES]


@inlined
def _transform(pixels: NDArray[np.float32], spectra: NDArray[np.float32]) -> None:
    """Transform the blocks: rows two at a time, as the parts of one complex row; then columns."""
    for y in range(0, SIZE, 2):
        pair = pixels[y * ROW : (y + 2) * ROW]
        forward(pair)
        for k in range(BINS):
            at, mirrored = PLACE[k] * LANES, PLACE[(SIZE - k) % SIZE] * LANES
            point, mirror = pair[at : at + IMAG + LANES], pair[mirrored : mirrored + IMAG + LANES]
            to = k * BUNDLE + y * LANES
            bins = spectra[to : to + IMAG + 2 * LANES]
            for lane in range(LANES):
                real, imag = point[lane], point[IMAG + lane]
                mirror_real, mirror_imag = mirror[lane], mirror[IMAG + lane]
                bins[lane] = HALF * (real + mirror_real)
                bins[IMAG + lane] = HALF * (imag - mirror_imag)
                bins[LANES + lane] = HALF * (imag + mirror_imag)
                bins[LANES + IMAG + lane] = HALF * (mirror_real - real)
    for k in range(BINS):
        forward(spectra[k * BUNDLE : (k + 1) * BUNDLE])


@inlined
def _restore(spectra: NDArray[np.float32], pixels: NDArray[np.float32]) -> None:
    """Undo :func:`_transform`, up to a factor of SIZE^2."""
    for k in range(BINS):
        inverse(spectra[k * BUNDLE : (k + 1) * BUNDLE])
    for y in range(0, SIZE, 2):
        pair = pixels[y * ROW : (y + 2) * ROW]
        for k in range(BINS):
            at, mirrored = PLACE[k] * LANES, PLACE[(SIZE - k) % SIZE] * LANES
            point, mirror = pair[at : at + IMAG + LANES], pair[mirrored : mirrored + IMAG + LANES]
            to = k * BUNDLE + y * LANES
            bins = spectra[to : to + IMAG + 2 * LANES]
            for lane in range(LANES):
                mirror[lane] = bins[lane] + bins[LANES + IMAG + lane]
                mirror[IMAG + lane] = bins[LANES + lane] - bins[IMAG + lane]
            for lane in range(LANES):
                point[lane] = bins[lane] - bins[LANES + IMAG + lane]
                point[IMAG + lane] = bins[LANES + lane] + bins[IMAG + lane]
        inverse(pair)


@inlined
def _smoothed(
    spectra: NDArray[np.float32], column: NDArray[np.float32], total: NDArray[np.float32]
) -> None:
    """Add up the periodogram over three rows of bins, times a ninth.

    Parameters
    ----------
    spectra : float32 (BINS * BUNDLE,)
    column : float32 (ROW + 2 * LANES,)
        One more row above and below; used up.
    total : float32 ((BINS + 2) * ROW,)
        Out: one more column left and right.
    """
    for k in range(BINS):
        for y in range(SIZE):
            at = k * BUNDLE + PLACE[y] * LANES
            point = spectra[at : at + IMAG + LANES]
            target = column[(y + 1) * LANES : (y + 2) * LANES]
            for lane in range(LANES):
                real, imag = point[lane], point[IMAG + lane]
                target[lane] = (real * real + imag * imag) * NINTH
        for lane in range(LANES):
            column[lane] = column[ROW + lane]
            column[ROW + LANES + lane] = column[LANES + lane]
        target = total[(k + 1) * ROW : (k + 2) * ROW]
        for i in range(ROW):
            target[i] = column[i] + column[i + LANES] + column[i + 2 * LANES]
    # Beyond the half spectrum lies its mirror image, upside down.
    for y in range(SIZE):
        here, mirrored = y * LANES, (SIZE - y) % SIZE * LANES
        for lane in range(LANES):
            total[here + lane] = total[2 * ROW + mirrored + lane]
            total[(BINS + 1) * ROW + here + lane] = total[(BINS - 1) * ROW + mirrored + lane]


@inlined
def _gains(
    total: NDArray[np.float32],
    k: int,
    floor: np.float32,
    exponent: np.float32,
    out: NDArray[np.float32],
) -> None:
    """Write the gains of a column of bins: a power of the periodogram, averaged over 3 x 3 bins."""
    window = total[k * ROW : (k + 3) * ROW]
    for i in range(ROW):
        level = window[i] + window[i + ROW] + window[i + 2 * ROW] + floor
        out[i] = power(level, exponent)


@kernel(void(LUMINANCE, int64[::1], int64[::1], float32, float32, float32[:, ::1]))
def whiten_blocks(
    image: NDArray[np.float32],
    row_of: NDArray[np.int64],
    column_of: NDArray[np.int64],
    floor: float,
    exponent: float,
    out: NDArray[np.float32],
) -> None:
    """Multiply each block's spectrum by (smoothed power + floor)^exponent; add the blocks up again.

    Parameters
    ----------
    image : float32 (h, w)
    row_of, column_of : int64 ((n + 1) HOP,)
        Which row (column) of the image stands at each place of the padded image, which begins HOP
        before it and is cut into n blocks a side.
    floor, exponent : float
    out : float32 (h, w)
        Out.
    """
    n_columns = column_of.size // HOP - 1
    n_blocks = (row_of.size // HOP - 1) * n_columns
    out[:, :] = np.float32(0.0)
    pixels = np.empty(SIZE * SIZE * LANES, np.float32)
    mean = np.empty(ROW, np.float32)
    spectra = np.empty(BINS * BUNDLE, np.float32)  # of each frequency k of the rows, the columns
    column = np.empty(ROW + 2 * LANES, np.float32)
    total = np.empty((BINS + 2) * ROW, np.float32)
    for first in range(0, n_blocks, LANES):
        for lane in range(LANES):
            block = min(first + lane, n_blocks - 1)
            top, left = block // n_columns * HOP, block % n_columns * HOP
            mean[lane::LANES] = _take(image, row_of[top:], column_of[left:], pixels[lane:])
        for y in range(SIZE):
            row = pixels[y * ROW : (y + 1) * ROW]
            for i in range(ROW):
                row[i] = (row[i] - mean[i]) * (WINDOW[y] * WINDOW_ROW[i])
        _transform(pixels, spectra)
        _smoothed(spectra, column, total)
        for k in range(BINS):
            _gains(total, k, np.float32(floor), np.float32(exponent), column)
            for y in range(SIZE):
                at = k * BUNDLE + PLACE[y] * LANES
                point, gain = spectra[at : at + IMAG + LANES], column[y * LANES : (y + 1) * LANES]
                for lane in range(LANES):
                    point[lane] *= gain[lane]
                    point[IMAG + lane] *= gain[lane]
        _restore(spectra, pixels)
        for y in range(SIZE):
            row = pixels[y * ROW : (y + 1) * ROW]
            for i in range(ROW):
                row[i] *= WINDOW[y] * NORM * WINDOW_ROW[i]
        for lane in range(min(LANES, n_blocks - first)):
            block = first + lane
            _put(pixels[lane:], (block // n_columns - 1) * HOP, (block % n_columns - 1) * HOP, out)


@kernel(
    void(
        LUMINANCE,
        LUMINANCE,
        int64[::1],
        int64[::1],
        float32,
        float32,
        float32[:, ::1],
        float32[:, :, ::1],
        float32[:, ::1],
    )
)
def block_products(
    image: NDArray[np.float32],
    other: NDArray[np.float32],
    row_of: NDArray[np.int64],
    column_of: NDArray[np.int64],
    floor: float,
    exponent: float,
    position: NDArray[np.float32],
    products: NDArray[np.float32],
    energies: NDArray[np.float32],
) -> None:
    """Compare the blocks of a picture with those of another, both whitened as the picture is.

    Sums are over the half spectra of :func:`whiten_blocks`, made unitary. Bins count for the two
    nodes between which they lie, with weights that add up to one.

    Parameters
    ----------
    image, other : float32 (h, w)
        The picture, and what it is compared with.
    row_of, column_of
        As for :func:`whiten_blocks`.
    floor, exponent : float
        The floor in units of unitary spectra.
    position : float32 (SIZE, BINS)
        Of each bin among the nodes, 0 to nodes - 1.
    products : float32 (blocks, 3, nodes)
        Out: for each node the inner product, the energy of what is compared, and the product of
        that at this node and the next.
    energies : float32 (blocks, 2)
        Out: of the picture's whitened and unwhitened block.
    """
    n_columns = column_of.size // HOP - 1
    n_blocks, _, nodes = products.shape
    pixels = np.empty(SIZE * SIZE * LANES, np.float32)
    mean = np.empty(ROW, np.float32)
    both = np.empty((2, BINS * BUNDLE), np.float32)
    column = np.empty(ROW + 2 * LANES, np.float32)
    total = np.empty((BINS + 2) * ROW, np.float32)
    sums = np.empty(3 * nodes * LANES, np.float32)
    white, plain = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    unitary = np.float32(1.0 / SIZE)
    for first in range(0, n_blocks, LANES):
        for index in range(2):
            source = image if index == 0 else other
            for lane in range(LANES):
                block = min(first + lane, n_blocks - 1)
                top, left = block // n_columns * HOP, block % n_columns * HOP
                mean[lane::LANES] = _take(source, row_of[top:], column_of[left:], pixels[lane:])
            for y in range(SIZE):
                row = pixels[y * ROW : (y + 1) * ROW]
                for i in range(ROW):
                    row[i] = (row[i] - mean[i]) * (unitary * WINDOW[y] * WINDOW_ROW[i])
            _transform(pixels, both[index])
        _smoothed(both[0], column, total)
        sums[:] = np.float32(0.0)
        white[:] = np.float32(0.0)
        plain[:] = np.float32(0.0)
        for k in range(BINS):
            _gains(total, k, np.float32(floor), np.float32(exponent), column)
            for y in range(SIZE):
                at = k * BUNDLE + PLACE[y] * LANES
                seen, mark = both[0, at : at + IMAG + LANES], both[1, at : at + IMAG + LANES]
                gain = column[y * LANES : (y + 1) * LANES]
                node = min(np.uint64(position[y, k]), np.uint64(nodes - 2))
                after = position[y, k] - np.float32(node)
                before = np.float32(1.0) - after
                squared, mixed, next_squared = before * before, before * after, after * after
                here = sums[node * np.uint64(3 * LANES) :][: 6 * LANES]
                for lane in range(LANES):
                    weight = gain[lane] * gain[lane]
                    energy = seen[lane] * seen[lane] + seen[IMAG + lane] * seen[IMAG + lane]
                    plain[lane] += energy
                    white[lane] += weight * energy
                    product = seen[lane] * mark[lane] + seen[IMAG + lane] * mark[IMAG + lane]
                    product *= weight
                    energy = mark[lane] * mark[lane] + mark[IMAG + lane] * mark[IMAG + lane]
                    energy *= weight
                    here[lane] += before * product
                    here[LANES + lane] += squared * energy
                    here[2 * LANES + lane] += mixed * energy
                    here[3 * LANES + lane] += after * product
                    here[4 * LANES + lane] += next_squared * energy
        for lane in range(min(LANES, n_blocks - first)):
            energies[first + lane, 0] = white[lane]
            energies[first + lane, 1] = plain[lane]
            for node_index in range(nodes):
                for which in range(3):
                    value = sums[(3 * node_index + which) * LANES + lane]
                    products[first + lane, which, node_index] = value
