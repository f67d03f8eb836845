"""The blind search: which similarity or affine map puts the pilots where the spectrum has lines.

The sum of the spectrum's power at the pilots' places needs no phases, so it finds rotation and scale (and
stretch) for all keys of a family at once, and before anything is known about translation, flips or the image's
variant. In a log-polar map rotation and scale are shifts; the pilots' symmetry folds it to 90 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark._kernels import constellation, polar
from indelible.watermark.carrier import Pilots

__all__ = ["Candidate", "Spectrum", "search_similarity", "spectrum_of"]

FFT_SIZE = 1024
CELL = 32  # bins over which the spectrum's level is taken
CAP = 8.0  # a line counts at most this many times the level
ANGLES = 1024  # over 180 degrees
LOG_STEP = 0.0026
PERIODS = (22.0, 360.0)  # smallest and largest tile, in pixels of the reduced picture


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The spectrum of a whitened picture.

    Attributes
    ----------
    values : complex64 (FFT_SIZE, FFT_SIZE // 2 + 1)
    power : float32, same shape
        Power relative to its surroundings, capped.
    centre : (float, float)
        The picture's centre (x, y) in pixels.
    """

    values: NDArray[np.complex64]
    power: NDArray[np.float32]
    centre: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A map from the pilots' frequencies (cycles per tile) to bins of the spectrum.

    Attributes
    ----------
    matrix : float64 (2, 2)
    score : float
        Standard deviations above what an unmarked picture has at one fixed map.
    """

    matrix: NDArray[np.float64]
    score: float


def spectrum_of(white: NDArray[np.float32]) -> Spectrum:
    """Transform a whitened picture of at most FFT_SIZE pixels a side."""
    values = scipy.fft.rfft2(white, s=(FFT_SIZE, FFT_SIZE))
    power = np.empty(values.shape, np.float32)
    polar.normalised_power(values, CELL, CAP, power)
    height, width = white.shape
    return Spectrum(values, power, ((width - 1) / 2, (height - 1) / 2))


def search_similarity(spectrum: Spectrum, pilots: Pilots, limit: int) -> list[Candidate]:
    """Return the best rotations and scales, refined as affine maps, best first."""
    radii = np.hypot(pilots.orbits[:, 0], pilots.orbits[:, 1])
    first_radius = radii.min() * FFT_SIZE / PERIODS[1]
    rows = int(np.log(FFT_SIZE / 2 / first_radius) / LOG_STEP)
    sampled = np.empty((rows, ANGLES), np.float32)
    polar.log_polar(spectrum.power, first_radius, LOG_STEP, sampled)
    quarter = ANGLES // 2
    folded = standardised(sampled[:, :quarter] + sampled[:, quarter:])

    angles = np.arctan2(pilots.orbits[:, 1], pilots.orbits[:, 0])
    columns = np.rint(angles / np.pi * ANGLES).astype(np.int64)
    both = np.concatenate([columns, (quarter - columns) % quarter])
    line_rows = np.rint(np.log(radii / radii.min()) / LOG_STEP).astype(np.int64)
    scales = np.arange(int(np.log(PERIODS[1] / PERIODS[0]) / LOG_STEP), dtype=np.int64)
    sums = np.empty((scales.size, quarter), np.float32)
    polar.shifted_sums(folded, np.tile(line_rows, 2), both, scales, 6, sums)

    candidates = []
    lines = pilots.lines.astype(np.float64)
    for scale, column in _peaks(sums, limit):
        size = first_radius / radii.min() * np.exp(scale * LOG_STEP)  # bins per cycle per tile
        angle = column * np.pi / ANGLES
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = size * np.array([[cosine, -sine], [sine, cosine]])
        score = constellation.climb(spectrum.power, lines, matrix, 0.002, 12)
        candidates.append(Candidate(matrix, score))
    return sorted(candidates, key=lambda one: -one.score)


def standardised(sampled: NDArray[np.float32]) -> NDArray[np.int8]:
    """Give each row of a log-polar map zero mean and a deviation of 16, as int8."""
    mean = sampled.mean(axis=1, keepdims=True)
    deviation = sampled.std(axis=1, keepdims=True) + np.float32(1e-6)
    return np.clip((sampled - mean) * (16.0 / deviation), -127, 127).astype(np.int8)


def _peaks(sums: NDArray[np.float32], limit: int) -> list[tuple[int, int]]:
    """Return the highest places of a map, each at some distance from the others."""
    cell = 8
    rows, columns = sums.shape[0] // cell * cell, sums.shape[1]
    blocks = sums[:rows].reshape(rows // cell, cell, columns // cell, cell)
    blocks = blocks.transpose(0, 2, 1, 3).reshape(rows // cell, columns // cell, cell * cell)
    inner = blocks.argmax(axis=2)
    tops = np.take_along_axis(blocks, inner[..., None], axis=2)[..., 0]
    best = np.argsort(-tops, axis=None)[:limit]
    block_row, block_column = np.unravel_index(best, tops.shape)
    within = inner[block_row, block_column]
    return [
        (int(r * cell + w // cell), int(c * cell + w % cell))
        for r, c, w in zip(block_row, block_column, within, strict=True)
    ]
