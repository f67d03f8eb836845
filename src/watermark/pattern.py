"""Synthesis of the mark: one period of the pattern that a payload, a key and a variant give."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark import coding
from indelible.watermark._kernels import fourier, masking
from indelible.watermark._scratch import Scratch
from indelible.watermark.carrier import (
    PILOT_SHARE,
    SUPER_TILE,
    TILE,
    TILES_PER_SUPER,
    VARIANTS,
    Carrier,
    amplitude_at,
    data_lines,
)  # fmt: skip
from indelible.watermark.coding import SIZE_BITS
from indelible.watermark.keys import Key

__all__ = [
    "Response",
    "drawn",
    "period_of",
    "size_class_for",
    "synthesise",
    "synthesise_canonical",
    "variant_for",
]

Response: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# These belong to version 2, as carrier's constants do. GROWTH between 0 and 1 trades thumbnails of
# large pictures against crops of them: python -m benchmarks.robustness --groups resize crop.
REFERENCE_SIDE = 640.0  # pixels: up to this root of the area a sample is a pixel
GROWTH = 0.85  # beyond, samples grow as the side to this power
LEVEL_RADIUS = 2.0  # samples: squares of 5, about the mean wave
LEAST_ENERGY = 0.05  # of the mean: where the waves cancel, nothing is blown up without limit
CLASS_RATIO = 1.2  # between classes: to the power 15 / GROWTH it is 25, for sides up to 16,000 px
# Pixels in a tile, by class: the even number nearest to TILE * CLASS_RATIO**class without a prime
# factor above 11, since an FFT of a multiple takes up to four times as long otherwise.
PERIODS = (128, 154, 180, 220, 264, 320, 384, 462, 550, 660, 792, 960, 1134, 1372, 1650, 1980)


def size_class_for(height: int, width: int) -> int:
    """Return the size class, 0 to 15, that a picture of this size is marked with.

    If tiles did not grow with the picture, they would vanish when it is shrunk; if they grew in
    proportion, a crop would hold too few of them.
    """
    growth = (np.sqrt(height * width) / REFERENCE_SIDE) ** GROWTH
    nearest = round(float(np.log(growth) / np.log(CLASS_RATIO)))
    return min(max(nearest, 0), (1 << SIZE_BITS) - 1)


def period_of(size_class: int) -> int:
    """Return the tile's period in pixels of the original."""
    return PERIODS[size_class]


def variant_for(key: Key, payload: bytes) -> int:
    """Return the variant of a payload's mark: pseudo-random, the same for the same payload."""
    return int(key.stream(f"variant of {payload.hex()}", 1)[0]) % VARIANTS


def synthesise(
    carrier: Carrier, variant: int, payload: bytes, size_class: int
) -> NDArray[np.float32]:
    """Return one period of the mark in pixels, float32 (side, side), of unit variance."""
    period = period_of(size_class)
    return synthesise_canonical(carrier, variant, payload, size_class, period)


def synthesise_canonical(
    carrier: Carrier,
    variant: int,
    payload: bytes,
    size_class: int,
    samples: int,
    response: Response | None = None,
) -> NDArray[np.float32]:
    """Return one period of the mark with `samples` pixels to the tile.

    Parameters
    ----------
    carrier, variant, payload, size_class, samples
        What the mark is made of.
    response : callable, optional
        Factor of each frequency: of a radius in cycles per sample of the original, (n,) to (n,).
    """
    if response is None:
        pattern, factor = drawn(carrier, variant, payload, size_class, samples, Scratch())
        return np.multiply(pattern, np.float32(factor), out=pattern)
    plain = _sum_of_lines(carrier, variant, payload, size_class, samples, Scratch())
    part = _sum_of_lines(carrier, variant, payload, size_class, samples, Scratch(), response)
    factor = _level(plain, part, samples)
    return np.multiply(part, np.float32(factor), out=part)


def drawn(
    carrier: Carrier, variant: int, payload: bytes, size_class: int, samples: int, memory: Scratch
) -> tuple[NDArray[np.float32], float]:
    """Return one period of the mark, which lies in `memory`, and what gives it unit variance."""
    pattern = _sum_of_lines(carrier, variant, payload, size_class, samples, memory)
    return pattern, _level(pattern, pattern, samples)


def _level(plain: NDArray[np.float32], values: NDArray[np.float32], samples: int) -> float:
    """Multiply `values` by what makes a pattern equally strong everywhere, but for a factor.

    A sum of many waves has places where they add up and others where they cancel. The eye sees the
    former, a detector sums over both: what is taken from the former and given to the latter is seen
    less and found as well. The factor gives the levelled pattern unit variance.
    """
    radius = max(1, round(LEVEL_RADIUS * samples / TILE))
    return float(np.sqrt(plain.size / masking.level(plain, values, radius, LEAST_ENERGY)))


def _sum_of_lines(
    carrier: Carrier,
    variant: int,
    payload: bytes,
    size_class: int,
    samples: int,
    memory: Scratch,
    response: Response | None = None,
) -> NDArray[np.float32]:
    """Return one period of the sum of all lines, of unit variance, in `memory`."""
    side = TILES_PER_SUPER * samples
    lines, pilots = data_lines(), carrier.pilots.lines * TILES_PER_SUPER
    n = len(lines)
    word = coding.encode(carrier.cipher.encrypt(payload), size_class)
    bits = word[carrier.coded_bit] * carrier.signs[variant]
    values = np.empty(n, np.complex64)
    np.multiply(_data_amplitude(), bits[:n], out=values.real)
    np.multiply(_data_amplitude(), bits[n:], out=values.imag)
    phases = np.exp(1j * carrier.pilot_phases[variant])
    pilot_values = np.sqrt(PILOT_SHARE / (2 * len(pilots))) * phases
    if response is not None:
        values *= response(np.hypot(*lines.T) / SUPER_TILE)
        pilot_values *= response(np.hypot(*pilots.T) / SUPER_TILE)
    columns = int(lines[:, 0].max()) + 1  # the others are empty; pilots are within the band
    spectrum = memory.array("lines", (side, columns), np.complex64)
    spectrum[:] = 0
    spectrum.ravel()[_places(side, columns)] = values
    spectrum[pilots[:, 1], pilots[:, 0]] = pilot_values
    # The column u = 0 holds both halves of its lines.
    column = spectrum[:, 0].copy()
    spectrum[1:, 0] += np.conj(column[:0:-1])
    return _transformed(spectrum, memory)


@lru_cache(maxsize=4)
def _places(side: int, columns: int) -> NDArray[np.int64]:
    """Return where each data line is in an array of spectral lines (side, columns), flat."""
    lines = data_lines()
    return np.asarray(lines[:, 1] % side * columns + lines[:, 0])


def _transformed(spectrum: NDArray[np.complex64], memory: Scratch) -> NDArray[np.float32]:
    """Return the real picture of the first columns of its half spectrum, in `memory`.

    In place: scipy's transform of real lines would take new memory, and hardly use the emptiness of
    the other columns.
    """
    side, columns = spectrum.shape
    done = scipy.fft.ifft(spectrum, axis=0, norm="forward", overwrite_x=True)
    rows = np.asarray(done, np.complex64)
    odd = 1j * np.exp(2j * np.pi / side * np.arange(columns))
    packed = memory.array("pattern", (side, side // 2), np.complex64)
    fourier.pack_real(rows, (1 + odd).astype(np.complex64), (1 - odd).astype(np.complex64), packed)
    done = scipy.fft.ifft(packed, axis=1, norm="forward", overwrite_x=True)
    return np.asarray(done, np.complex64).view(np.float32)


@lru_cache(maxsize=1)
def _data_amplitude() -> NDArray[np.float32]:
    """Return each data line's amplitude, float32 (n_lines,)."""
    lines = data_lines()
    amplitude = amplitude_at(np.hypot(lines[:, 0], lines[:, 1]) / SUPER_TILE)
    scale = np.sqrt((1 - PILOT_SHARE) / (4 * np.sum(amplitude**2)))
    return np.asarray(amplitude * scale, np.float32)
