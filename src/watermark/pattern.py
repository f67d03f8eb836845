"""Synthesis of the mark: one period of the pattern that a payload, a key and a variant give."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark import coding
from indelible.watermark._kernels import masking
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
    "level_of",
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
    return 2 * round(TILE / 2 * CLASS_RATIO**size_class)


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
    level: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return one period of the mark with `samples` pixels to the tile.

    Parameters
    ----------
    carrier, variant, payload, size_class, samples
        What the mark is made of.
    response : callable, optional
        Factor of each frequency: of a radius in cycles per sample of the original, (n,) to (n,).
    level : float32 (side, side), optional
        From :func:`level_of`, for whoever draws several parts of one pattern.
    """
    if response is None:
        plain = _sum_of_lines(carrier, variant, payload, size_class, samples, None)
        return np.multiply(plain, _level(plain, samples), out=plain)
    if level is None:
        level = level_of(carrier, variant, payload, size_class, samples)
    return level * _sum_of_lines(carrier, variant, payload, size_class, samples, response)


def level_of(
    carrier: Carrier, variant: int, payload: bytes, size_class: int, samples: int
) -> NDArray[np.float32]:
    """Return the factor by which one period of a mark is levelled, float32 (side, side)."""
    return _level(_sum_of_lines(carrier, variant, payload, size_class, samples, None), samples)


def _level(plain: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Return the factor that makes a pattern equally strong everywhere, float32 like `plain`.

    A sum of many waves has places where they add up and others where they cancel. The eye sees the
    former, a detector sums over both: what is taken from the former and given to the latter is seen
    less and found as well.
    """
    radius = max(1, round(LEVEL_RADIUS * samples / TILE))
    squares = np.pad(np.square(plain), radius, mode="wrap")
    energy = np.empty_like(squares)
    masking.box_mean(squares, radius, energy)
    level = np.empty_like(plain)
    total = masking.level(plain, energy, radius, LEAST_ENERGY, level)
    level *= np.float32(np.sqrt(plain.size / total))
    return level


def _sum_of_lines(
    carrier: Carrier,
    variant: int,
    payload: bytes,
    size_class: int,
    samples: int,
    response: Response | None,
) -> NDArray[np.float32]:
    """Return one period of the sum of all lines, of unit variance."""
    side = TILES_PER_SUPER * samples
    lines = data_lines()
    n = len(lines)
    word = coding.encode(carrier.cipher.encrypt(payload), size_class)
    bits = word[carrier.coded_bit] * carrier.signs[variant]
    pilots = carrier.pilots.lines * TILES_PER_SUPER
    columns = int(max(lines[:, 0].max(), pilots[:, 0].max())) + 1  # the others are empty
    spectrum = np.zeros((side, columns), np.complex64)
    spectrum[lines[:, 1], lines[:, 0]] = _data_amplitude() * (bits[:n] + 1j * bits[n:])
    pilot_amplitude = np.sqrt(PILOT_SHARE / (2 * len(pilots)))
    phases = np.exp(1j * carrier.pilot_phases[variant])
    spectrum[pilots[:, 1], pilots[:, 0]] = pilot_amplitude * phases
    if response is not None:
        for places in (lines, pilots):
            spectrum[places[:, 1], places[:, 0]] *= response(np.hypot(*places.T) / SUPER_TILE)
    # The column u = 0 holds both halves of its lines.
    column = spectrum[:, 0].copy()
    spectrum[1:, 0] += np.conj(column[:0:-1])
    rows = scipy.fft.ifft(spectrum, axis=0, norm="forward", overwrite_x=True)
    return scipy.fft.irfft(rows, n=side, axis=1, norm="forward", overwrite_x=True)


@lru_cache(maxsize=1)
def _data_amplitude() -> NDArray[np.float64]:
    """Return each data line's amplitude, float64 (n_lines,)."""
    lines = data_lines()
    amplitude = amplitude_at(np.hypot(lines[:, 0], lines[:, 1]) / SUPER_TILE)
    return np.asarray(amplitude * np.sqrt((1 - PILOT_SHARE) / (4 * np.sum(amplitude**2))))
