"""The blind search: which similarity or affine map puts the pilots where the spectrum has lines.

The sum of the spectrum's power at the pilots' places needs no phases, so it finds rotation and
scale (and stretch) for all keys of a family at once, and before anything is known about
translation, flips or the image's variant. In a log-polar map rotation and scale are shifts; the
pilots' symmetry folds it to 90 degrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark._kernels import constellation, polar
from indelible.watermark._scratch import Scratch
from indelible.watermark.carrier import TILE, Pilots
from indelible.watermark.resolution import LONGEST_SIDE

__all__ = [
    "Candidate",
    "Spectrum",
    "search_affine",
    "search_similarity",
    "search_upright",
    "search_upright_part",
    "spectrum_of",
    "windows_of",
]

# Tuned values: what others do, also to the time, is shown by
# python -m benchmarks.constants search.NAME VALUE.
# Results stand for 78 hard draws of the Kodak suite, of which 50 are found.
FFT_SIZE = LONGEST_SIDE
CELL = 32  # bins over which the spectrum's level is taken. Coarse: 16 loses none, 64 one
PEAK_CELL = 8  # places of the log-polar map a side: one peak in 2 degrees and 3 %.
# A line counts at most this many times the level: of noise one bin in 3,000 reaches it. 4
# loses three marks, 16 finds one more.
CAP = 8.0
# Over 90 degrees. With this and LOG_STEP a step moves the highest pilots (26 cycles per tile) of a
# tile of 128 pixels by 0.8 bins.
ANGLES = 384
LOG_STEP = 0.004  # of radii
# Half the logarithm of the largest ratio of stretch, 1.38: a shear by 8 degrees has 0.07, the rest
# is for perspectives.
MOST_STRETCH = 0.16
# The same for a stretch along the original's sides: 3.3, from 16:9 to 9:16.
MOST_RESIZE = 0.60
MOST_RESIZE_OF_PARTS = 0.30  # more was tried with the whole picture
# Candidates that go on from one pass of refining to the next, if half of them are less. Of those
# that were marks the worst was the sixth of 32, the fourth of 24 and the third of 8.
FEWEST = 4
# Smallest and largest tile, in pixels of the reduced picture. Of the first, the lower pilots are at
# 0.29 to 0.55 cycles per pixel, about Nyquist's; of the second, a picture shows hardly two.
PERIODS = (22.0, 360.0)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The spectrum of a whitened picture or of a part of it.

    Attributes
    ----------
    values : complex64 (size, size // 2 + 1)
    power : float32, same shape
        Power relative to its surroundings, capped.
    centre : float64 (2,)
        The part's centre (x, y) in pixels of the part.
    origin : float64 (2,)
        The part's first pixel (x, y) in pixels of the picture.
    """

    values: NDArray[np.complex64]
    power: NDArray[np.float32]
    centre: NDArray[np.float64]
    origin: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Bins a side of the whole spectrum."""
        return int(self.values.shape[0])


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


def spectrum_of(
    white: NDArray[np.float32],
    size: int = FFT_SIZE,
    origin: tuple[int, int] = (0, 0),
    memory: Scratch | None = None,
) -> Spectrum:
    """Transform a whitened picture, or a part of it, of at most `size` pixels a side.

    The result is good as long as `memory`, in which it lies, is not used for another one.
    """
    memory = memory or Scratch()
    values, power = memory.spectrum(size)
    height, width = white.shape
    padded = memory.array("padded", (height, size), np.float32)  # scipy takes twice as long for it
    padded[:, :width], padded[:, width:] = white, 0
    values[:height] = scipy.fft.rfft(padded, axis=1)
    values[height:] = 0
    values = scipy.fft.fft(values, axis=0, overwrite_x=True)
    polar.normalised_power(values, CELL * size // FFT_SIZE, CAP, power)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    return Spectrum(values, power, centre, np.array(origin, float))


def windows_of(white: NDArray[np.float32], memory: Scratch | None = None) -> Iterator[Spectrum]:
    """Yield the spectra of the picture's middle and of its four quarters.

    Under a perspective or a bend no affine map fits the whole picture, but one fits each part. With
    a `memory` each is good until the next one.
    """
    height, width = white.shape
    part_h, part_w = min(height // 2, FFT_SIZE // 2), min(width // 2, FFT_SIZE // 2)
    tops, lefts = (0, height - part_h), (0, width - part_w)
    places = [((height - part_h) // 2, (width - part_w) // 2)]
    places += [(top, left) for top in tops for left in lefts]
    for y, x in places:
        part = white[y : y + part_h, x : x + part_w]
        yield spectrum_of(part, FFT_SIZE // 2, (x, y), memory)


def search_similarity(spectrum: Spectrum, pilots: Pilots, limit: int) -> list[Candidate]:
    """Return the best rotations and scales, refined as affine maps, best first."""
    radii = np.hypot(pilots.orbits[:, 0], pilots.orbits[:, 1])
    coarser = FFT_SIZE // spectrum.size
    n_angles, log_step = ANGLES // coarser, LOG_STEP * coarser
    first_radius = radii.min() * spectrum.size / PERIODS[1]
    rows = int(np.log(spectrum.size / 2 / first_radius) / log_step)
    sampled = np.empty((rows, 2 * n_angles), np.int8)
    polar.log_polar(spectrum.power, first_radius, log_step, True, sampled)

    angles = np.arctan2(pilots.orbits[:, 1], pilots.orbits[:, 0])
    columns = np.rint(angles / (np.pi / 2) * n_angles).astype(np.int64)
    both = np.concatenate([columns, n_angles - columns])
    line_rows = np.rint(np.log(radii / radii.min()) / log_step).astype(np.int64)
    scales = int(np.log(PERIODS[1] / PERIODS[0]) / log_step)
    sums = np.empty((scales, n_angles), np.float32)
    polar.shifted_sums(sampled, np.tile(line_rows, 2), both, 0, 6, sums)

    scale, column = _peaks(sums, limit)
    size = first_radius / radii.min() * np.exp(scale * log_step)  # bins per cycle per tile
    matrices = _rotations(size, column * (np.pi / 2) / n_angles)
    scores = np.empty(len(matrices))
    lines = pilots.lines.astype(np.float64)
    constellation.climb_each(spectrum.power, lines, matrices, 0.002 * coarser, 12, scores)
    return _distinct(matrices, scores, limit)


def search_upright(spectrum: Spectrum, pilots: Pilots, limit: int) -> list[Candidate]:
    """Return the best affine maps that turn the picture by few degrees, best first.

    Resizing to another aspect, shear and perspective do not turn a picture. With the angle known
    nearly, all pilots can be tried with a fine raster of stretches.
    """
    return _search_stretched(spectrum, pilots, UPRIGHT, limit)


def search_upright_part(spectrum: Spectrum, pilots: Pilots, limit: int) -> list[Candidate]:
    """Do the same for one of many parts, refining fewer.

    Their lines are wider, but a raster twice as coarse lost 2 of 13 photographs of screens.
    """
    return _search_stretched(spectrum, pilots, UPRIGHT_PART, limit)


def search_affine(spectrum: Spectrum, pilots: Pilots, limit: int) -> list[Candidate]:
    """Return the best affine maps of any rotation, best first.

    A first pass tries a coarse raster of stretches with the lowest pilots, whose places tolerate
    more.
    """
    return _search_stretched(spectrum, pilots, ANY_ANGLE, limit)


@dataclass(frozen=True, slots=True)
class Raster:
    """What a search over stretches tries.

    Attributes
    ----------
    highest : float
        Cycles per sample: pilots up to here are used in the first pass.
    angles : int
        Columns of the log-polar map, over 180 degrees.
    turn : float or None
        Degrees to either side of upright that are tried; None for all angles.
    log_step : float
        Between scales.
    stretch_step : float
        Between stretches, in half the logarithm of their ratio.
    refined : int
        Candidates that are refined.
    """

    highest: float
    angles: int
    turn: float | None
    log_step: float
    stretch_step: float
    refined: int


# A step of stretch moves the highest pilots of the first pass (13 and 26 cycles per tile) of a tile
# of 128 pixels by 2 and 3 bins, of a spectrum that is smoothed; the climb goes on from the nearest.
ANY_ANGLE = Raster(0.1, 192, None, 0.015, 0.020, 32)
# As above; 6 degrees, where a shear by 8 turns by 4.
UPRIGHT = Raster(0.3, 384, 6.0, 0.010, 0.016, 24)
UPRIGHT_PART = Raster(0.3, 384, 6.0, 0.010, 0.016, 12)  # half as many: parts are many


def _search_stretched(
    spectrum: Spectrum, pilots: Pilots, raster: Raster, limit: int
) -> list[Candidate]:
    """Try a raster of stretches on a smoothed spectrum, then refine the best with all pilots."""
    coarser = FFT_SIZE // spectrum.size
    table = _table(pilots, raster, coarser)
    n_angles, log_step = raster.angles // coarser, raster.log_step * coarser
    first_radius = table.shortest * spectrum.size / PERIODS[1]
    rows = int(np.log(spectrum.size / 2 / first_radius) / log_step)
    smooth = np.empty_like(spectrum.power)
    polar.smoothed(spectrum.power, smooth)
    sampled = np.empty((rows, 2 * n_angles), np.int8)
    polar.log_polar(smooth, first_radius, log_step, False, sampled)

    scales = int(np.log(PERIODS[1] / PERIODS[0]) / log_step)
    width = int(table.rows.max()) + -(-scales // polar.ABREAST) * polar.ABREAST
    turned = np.zeros((n_angles, max(rows, width)), np.int8)
    turned[:, :rows] = sampled[:, :n_angles].T
    shifts = n_angles if raster.turn is None else 2 * table.turn + 1
    score = np.empty(len(table.stretches), np.float32)
    place = np.zeros((len(table.stretches), 2), np.int64)
    polar.best_shifts(turned, rows, table.rows, table.columns, scales, shifts, score, place)

    best = np.argsort(-score)[: raster.refined // coarser**2]
    size = first_radius / table.shortest * np.exp(place[best, 0] * log_step)
    angle = (place[best, 1] - table.turn) * np.pi / n_angles
    matrices = _rotations(size, angle) @ table.stretches[best]
    lines = pilots.lines.astype(np.float64)
    passes = [(smooth, lines, 0.003, 8), (spectrum.power, lines, 0.0015, 8)]
    if not table.used.all():
        passes.insert(0, (smooth, lines[table.used], 0.006, 12))
    scores = score[best].astype(np.float64)
    for index, (power, chosen, step, rounds) in enumerate(passes):
        if index > 0:
            matrices = matrices[np.argsort(-scores)[: max(len(scores) // 2, FEWEST)]]
        scores = np.empty(len(matrices))
        constellation.climb_each(power, chosen, matrices, step * coarser, rounds, scores)
    return _distinct(matrices, scores, limit)


@dataclass(frozen=True, slots=True)
class Table:
    """Where the lines of each stretched constellation are in a log-polar map.

    Attributes
    ----------
    stretches : float64 (n, 2, 2)
    used : bool (n_pilots,)
        The lines that the first pass sums.
    shortest : float
        Radius of row 0 at scale 0, in cycles per tile.
    turn : int
        Columns by which the first angle lies before upright.
    rows, columns : int64 (n, used lines)
    """

    stretches: NDArray[np.float64]
    used: NDArray[np.bool_]
    shortest: float
    turn: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


@lru_cache(maxsize=16)
def _table(pilots: Pilots, raster: Raster, coarser: int) -> Table:
    """Return the places of all stretched constellations."""
    n_angles, log_step = raster.angles // coarser, raster.log_step * coarser
    length = np.hypot(*pilots.lines.T)
    used = length < TILE * raster.highest
    most = MOST_RESIZE if coarser == 1 else MOST_RESIZE_OF_PARTS
    shortest = float(length.min() * np.exp(-most))
    turn = 0 if raster.turn is None else int(np.ceil(raster.turn / 180 * n_angles))
    stretches = _stretches(raster.stretch_step * coarser, most, raster.turn is None)
    stretched = np.einsum("mij,kj->mki", stretches, pilots.lines[used])
    radii = np.hypot(stretched[..., 0], stretched[..., 1])
    angles = np.arctan2(stretched[..., 1], stretched[..., 0])
    rows = np.rint(np.log(radii / shortest) / log_step).astype(np.int64)
    columns = (np.rint(angles / np.pi * n_angles).astype(np.int64) - turn) % n_angles
    return Table(stretches, used, shortest, turn, rows, columns)


def _stretches(step: float, most: float, half: bool) -> NDArray[np.float64]:
    """Return the raster of symmetric matrices of determinant 1 that are tried, float64 (n, 2, 2).

    With all rotations tried, a stretch and the one across it are the same map of the pilots, a
    quarter turn apart: half of the raster is enough.
    """
    reach = int(most / step)
    steps = np.arange(-reach, reach + 1) * step
    p, q = (values.ravel() for values in np.meshgrid(steps, steps))
    strength = np.hypot(p, q)
    used = (strength <= MOST_STRETCH) | ((np.abs(q) < 1e-9) & (strength <= most))
    if half:
        used &= (p > 1e-9) | ((np.abs(p) <= 1e-9) & (q >= 0))
    p, q, strength = (values[used] for values in (p, q, strength))
    cosh, sinch = np.cosh(strength), np.sinc(1j * strength / np.pi).real
    return np.stack(
        [np.stack([cosh + sinch * p, sinch * q], 1), np.stack([sinch * q, cosh - sinch * p], 1)], 1
    )


def _rotations(size: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rotations by `angle` (n,), times `size` (n,), float64 (n, 2, 2)."""
    cosine, sine = size * np.cos(angle), size * np.sin(angle)
    return np.stack([cosine, -sine, sine, cosine], axis=1).reshape(-1, 2, 2)


def _distinct(
    matrices: NDArray[np.float64], scores: NDArray[np.float64], limit: int
) -> list[Candidate]:
    """Return the best candidates, best first, without those that climbed to a better one."""
    distance = np.abs(matrices[:, None] - matrices).max(axis=(2, 3))
    near = distance <= 0.01 * np.abs(matrices).max(axis=(1, 2))[:, None]
    left = np.ones(len(scores), np.bool_)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if left[index]:
            kept.append(index)
            if len(kept) == limit:
                break
            left &= ~near[:, index]
    return [Candidate(matrices[index], float(scores[index])) for index in kept]


def _peaks(sums: NDArray[np.float32], limit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of a map's highest places, at most one of each cell."""
    shape = sums.shape[0] // PEAK_CELL, sums.shape[1] // PEAK_CELL
    tops, places = np.empty(shape, np.float32), np.empty(shape, np.int64)
    polar.cell_peaks(sums, PEAK_CELL, tops, places)
    best = np.argsort(-tops, axis=None)[:limit]
    rows, columns = np.divmod(places.ravel()[best], sums.shape[1])
    return rows, columns
