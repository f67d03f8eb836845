"""Spectral whitening of overlapping blocks, sixteen blocks abreast."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import inlined, kernel
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
def _flatten(spectra: NDArray[np.float32], floor: np.float32, exponent: np.float32) -> None:
    """Multiply by a power of the periodogram, averaged over 3 x 3 bins."""
    column = np.empty(ROW + 2 * LANES, np.float32)  # one more row above and below
    total = np.empty((BINS + 2) * ROW, np.float32)  # one more column left and right
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
    for k in range(BINS):
        window = total[k * ROW : (k + 3) * ROW]
        for i in range(ROW):
            level = window[i] + window[i + ROW] + window[i + 2 * ROW] + floor
            column[i] = power(level, exponent)
        for y in range(SIZE):
            at = k * BUNDLE + PLACE[y] * LANES
            point, gain = spectra[at : at + IMAG + LANES], column[y * LANES : (y + 1) * LANES]
            for lane in range(LANES):
                point[lane] *= gain[lane]
                point[IMAG + lane] *= gain[lane]


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
        _flatten(spectra, np.float32(floor), np.float32(exponent))
        _restore(spectra, pixels)
        for y in range(SIZE):
            row = pixels[y * ROW : (y + 1) * ROW]
            for i in range(ROW):
                row[i] *= WINDOW[y] * NORM * WINDOW_ROW[i]
        for lane in range(min(LANES, n_blocks - first)):
            block = first + lane
            _put(pixels[lane:], (block // n_columns - 1) * HOP, (block % n_columns - 1) * HOP, out)


@kernel(void(LUMINANCE, int64[::1], int64[::1], float32[:, :, ::1], float32[:, :, :, ::1]))
def block_spectra(
    image: NDArray[np.float32],
    row_of: NDArray[np.int64],
    column_of: NDArray[np.int64],
    gains: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Return the unitary half spectra of the blocks that :func:`whiten_blocks` works on.

    Parameters
    ----------
    image, row_of, column_of
        As for :func:`whiten_blocks`.
    gains : float32 (blocks, SIZE, BINS)
        What the spectra are multiplied by; of no blocks, they are left as they are.
    out : float32 (blocks, SIZE, BINS, 2)
        Out: real and imaginary parts.
    """
    n_columns = column_of.size // HOP - 1
    n_blocks = out.shape[0]
    pixels = np.empty(SIZE * SIZE * LANES, np.float32)
    mean = np.empty(ROW, np.float32)
    spectra = np.empty(BINS * BUNDLE, np.float32)
    scale = np.float32(1.0 / SIZE)
    weighted = gains.shape[0] > 0
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
        for lane in range(min(LANES, n_blocks - first)):
            target = out[first + lane]
            for y in range(SIZE):
                for k in range(BINS):
                    at = k * BUNDLE + PLACE[y] * LANES + lane
                    factor = gains[first + lane, y, k] * scale if weighted else scale
                    target[y, k, 0] = spectra[at] * factor
                    target[y, k, 1] = spectra[at + IMAG] * factor


@kernel(void(float32[:, :, :, ::1], float32, float32, float32[:, :, ::1]))
def block_gains(
    spectra: NDArray[np.float32], floor: float, exponent: float, out: NDArray[np.float32]
) -> None:
    """Return the factors that :func:`whiten_blocks` applies to spectra of :func:`block_spectra`.

    Parameters
    ----------
    spectra : float32 (blocks, SIZE, BINS, 2)
    floor, exponent : float
        The floor in units of these spectra, which are unitary.
    out : float32 (blocks, SIZE, BINS)
        Out.
    """
    periodogram = np.empty((SIZE, BINS + 2), np.float32)
    total = np.empty(BINS + 2, np.float32)
    for block in range(spectra.shape[0]):
        for y in range(SIZE):
            line = spectra[block, y].reshape(-1)
            for k in range(BINS):
                periodogram[y, k + 1] = line[2 * k] ** 2 + line[2 * k + 1] ** 2
        # Beyond the half spectrum lies its mirror image, upside down.
        for y in range(SIZE):
            mirrored = (SIZE - y) % SIZE
            periodogram[y, 0] = periodogram[mirrored, 2]
            periodogram[y, BINS + 1] = periodogram[mirrored, BINS - 1]
        for y in range(SIZE):
            above, here = periodogram[(y + SIZE - 1) % SIZE], periodogram[y]
            below = periodogram[(y + 1) % SIZE]
            for k in range(BINS + 2):
                total[k] = above[k] + here[k] + below[k]
            line = out[block, y]
            for k in range(BINS):
                level = (total[k] + total[k + 1] + total[k + 2]) * NINTH + np.float32(floor)
                line[k] = power(level, np.float32(exponent))
