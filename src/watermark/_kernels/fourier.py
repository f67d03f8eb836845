"""Fast Fourier transforms of short lines, many lines abreast; and what real long lines need.

A *bundle* is ``LANES`` lines of ``SIZE`` complex points, stored flat: the real parts of all lanes'
point 0, of their point 1, and so on, then the imaginary parts in the same order. All lanes take the
same steps, so the compiler turns each step into a few vector instructions; it can because every
offset below is a constant. The forward transform leaves its result in bit-reversed order
(:data:`PLACE`), the inverse takes it in that order, and neither has to permute.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import inlined, inner, kernel

SIZE = 32  # a power of two, 8 to 64
LANES = 16
IMAG = SIZE * LANES  # floats from the real to the imaginary parts
BUNDLE = 2 * IMAG


def _bit_reversed(size: int) -> NDArray[np.int64]:
    """Return each index with its binary digits in reverse order, int64 (size,)."""
    places = np.zeros(1, np.int64)
    while places.size < size:
        places = np.concatenate([2 * places, 2 * places + 1])
    return places


PLACE = _bit_reversed(SIZE)  # frequency k of a transformed bundle is its point PLACE[k]
_ANGLE = 2 * np.pi * np.arange(SIZE // 2) / SIZE
COSINE = np.cos(_ANGLE).astype(np.float32)
SINE = np.sin(_ANGLE).astype(np.float32)


@inlined
def _split(points: NDArray[np.float32], reach: int) -> None:
    """One stage of decimation in frequency: combine points `reach` apart, then turn the second."""
    for start in range(0, SIZE, 2 * reach):
        for k in range(reach):
            cosine, sine = COSINE[k * (SIZE // 2 // reach)], SINE[k * (SIZE // 2 // reach)]
            first = (start + k) * LANES
            second = first + reach * LANES
            first_imag, second_imag = first + IMAG, second + IMAG
            for lane in range(LANES):
                real, imag = points[first + lane], points[first_imag + lane]
                other_real, other_imag = points[second + lane], points[second_imag + lane]
                points[first + lane] = real + other_real
                points[first_imag + lane] = imag + other_imag
                real -= other_real
                imag -= other_imag
                points[second + lane] = real * cosine + imag * sine
                points[second_imag + lane] = imag * cosine - real * sine


@inlined
def _join(points: NDArray[np.float32], reach: int) -> None:
    """One stage of decimation in time, which undoes :func:`_split` up to a factor of 2."""
    for start in range(0, SIZE, 2 * reach):
        for k in range(reach):
            cosine, sine = COSINE[k * (SIZE // 2 // reach)], SINE[k * (SIZE // 2 // reach)]
            first = (start + k) * LANES
            second = first + reach * LANES
            first_imag, second_imag = first + IMAG, second + IMAG
            for lane in range(LANES):
                other_real, other_imag = points[second + lane], points[second_imag + lane]
                turned_real = other_real * cosine - other_imag * sine
                turned_imag = other_imag * cosine + other_real * sine
                real, imag = points[first + lane], points[first_imag + lane]
                points[first + lane] = real + turned_real
                points[first_imag + lane] = imag + turned_imag
                points[second + lane] = real - turned_real
                points[second_imag + lane] = imag - turned_imag


@inner
def forward(points: NDArray[np.float32]) -> None:
    """Transform a bundle in place, from natural to bit-reversed order."""
    if SIZE >= 64:
        _split(points, 32)
    if SIZE >= 32:
        _split(points, 16)
    if SIZE >= 16:
        _split(points, 8)
    _split(points, 4)
    _split(points, 2)
    _split(points, 1)


@inner
def inverse(points: NDArray[np.float32]) -> None:
    """Transform a bundle back in place, from bit-reversed to natural order, times ``SIZE``."""
    _join(points, 1)
    _join(points, 2)
    _join(points, 4)
    if SIZE >= 16:
        _join(points, 8)
    if SIZE >= 32:
        _join(points, 16)
    if SIZE >= 64:
        _join(points, 32)


@kernel("void(complex64[:, ::1], complex64[::1], complex64[::1], complex64[:, ::1])")
def pack_real(
    spectrum: NDArray[np.complex64],
    here: NDArray[np.complex64],
    opposite: NDArray[np.complex64],
    out: NDArray[np.complex64],
) -> None:
    """Make the spectra of real lines those of half as many complex values.

    The transform back, unscaled, then gives a line's values in even places as real parts, those in
    odd places as imaginary parts.

    Parameters
    ----------
    spectrum : complex64 (rows, columns)
        The first columns of the half spectra, the others being 0; the first of them real.
    here, opposite : complex64 (columns,)
        ``1 + i w`` and ``1 - i w`` for ``w = exp(2 pi i u / n)`` and lines of n values.
    out : complex64 (rows, n // 2), columns <= n // 2
    """
    columns, half = spectrum.shape[1], out.shape[1]
    for y in range(out.shape[0]):
        values, row = spectrum[y], out[y]
        for u in range(columns):
            row[u] = values[u] * here[u]
        row[columns:] = np.complex64(0.0)
        tail = row[half - columns + 1 :]  # column u of the conjugate half is half - u
        for index in range(tail.size):
            column = np.uint64(columns - 1 - index)
            tail[index] += np.conj(values[column] * opposite[column])
