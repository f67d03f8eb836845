"""Estimating a mark's pattern without its key, from one picture or from what many have shown.

The adversary knows how a mark is made: the picture's mask, the period, which lines there are, how
strong each is, and that the sum of them is levelled. Unknown are the signs of the data and the
phases of the pilots. Every picture is taken as it was published: not moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft

from benchmarks.attacks import Pixels
from indelible import watermark
from indelible.choices import Strength
from indelible.watermark._kernels import blocks, masking
from indelible.watermark.carrier import (
    PILOT_SHARE,
    SUPER_TILE,
    TILE,
    TILES_PER_SUPER,
    amplitude_at,
    carrier_of,
    data_lines,
    pilots_of,
)
from indelible.watermark.embedding import plan_of
from indelible.watermark.keys import DEFAULT_FAMILY
from indelible.watermark.pattern import (
    LEAST_ENERGY,
    LEVEL_RADIUS,
    period_of,
    size_class_for,
    synthesise,
)
from indelible.watermark.visibility import (
    LEAST_SHADE,
    SHADE_PER_LEVEL,
    room_of,
)
from indelible.watermark.whitening import BLOCK, FLOOR

__all__ = ["Lines", "Plane", "estimated", "lines_of", "mask_of", "pattern_of", "subtract"]

Plane = npt.NDArray[np.float32]

# Of the local power that a block's spectrum is multiplied by: -1 weighs each coefficient by its
# noise, as least squares do. -.5 (plain whitening) and 0 correlate less with the true mark.
_EXPONENT = -1.0
_RING = 8.0  # cycles per super-tile in radius: a gain and a level are taken over so many


@dataclass(frozen=True, slots=True)
class Lines:
    """What one picture shows of each line of the mark.

    Attributes
    ----------
    data : complex64 (n_lines,)
        Signs of the real and of the imaginary part, plus noise.
    pilots : complex64 (n_pilots,)
        In units of a pilot, plus noise.
    ratio : float32 (n_lines,)
        Amplitude of a data coefficient over the deviation of its noise.
    """

    data: npt.NDArray[np.complex64]
    pilots: npt.NDArray[np.complex64]
    ratio: npt.NDArray[np.float32]

    def coefficients(self) -> Plane:
        """Return all data coefficients, each over the deviation of its noise, (2 n_lines,)."""
        parts = [self.data.real * self.ratio, self.data.imag * self.ratio]
        return np.concatenate(parts).astype(np.float32)


def mask_of(image: Pixels, strength: Strength) -> Plane:
    """Return the mark's amplitude as `embed` chooses it, in grey levels, like its room's mask."""
    height, width = image.shape[:2]
    room = room_of(image)
    factor = plan_of(room, height, width, strength).amplitude
    return np.asarray(room.mask * np.float32(factor), np.float32)


def lines_of(image: Pixels, mask: Plane) -> Lines:
    """Read a picture's lines as well as can be without the key.

    A mark of the adversary's own, added to the picture, shows how much of one is seen of each line.
    """
    own_key = watermark.Key.from_bytes(bytes(32))
    carrier, size_class = carrier_of(own_key), size_class_for(*image.shape[:2])
    period = synthesise(carrier, 0, bytes(8), size_class)
    before = _weighted_fold(image, mask)
    more = _weighted_fold(subtract(image, period, mask, -1.0), mask) - before
    plain = scipy.fft.rfft2(period, norm="forward")
    places, pilots = data_lines(), pilots_of(DEFAULT_FAMILY).lines * TILES_PER_SUPER
    ring = (np.hypot(*places.T) / _RING).astype(np.int64)
    own, seen, shown = (_read(part, places) for part in (plain, before, more))
    # The least that a line is read with: where levelling moved nearly all of its energy away.
    energy = np.bincount(ring, np.square(np.abs(own)))
    gain = np.bincount(ring, (np.conj(own) * shown).real) / np.maximum(energy, 1e-20)
    gain = np.maximum(gain, 1e-6 * gain.max())
    amplitude = _amplitude() * gain[ring]
    level = np.bincount(ring, np.square(np.abs(seen))) / np.maximum(np.bincount(ring), 1)
    noise = level[ring] / 2 - np.square(amplitude)
    noise = np.maximum(noise, 0.1 * level[ring] / 2)
    pilot_ring = (np.hypot(*pilots.T) / _RING).astype(np.int64)
    pilot = _pilot_amplitude() * gain[pilot_ring]
    return Lines(
        (seen / amplitude).astype(np.complex64),
        (_read(before, pilots) / pilot).astype(np.complex64),
        (amplitude / np.sqrt(noise)).astype(np.float32),
    )


def estimated(lines: Lines, *, pilots: bool, data: bool) -> tuple[Plane, npt.NDArray[np.complex64]]:
    """Return the likeliest signs, float32 (2 n_lines,), and pilots, complex64 (n_pilots,).

    A coefficient is its sign times a known amplitude: the mean of what it may be, given what is
    seen of it, is a hyperbolic tangent. What is not wanted is 0.
    """
    ratio = np.concatenate([lines.ratio, lines.ratio])
    seen = np.concatenate([lines.data.real, lines.data.imag])
    signs = np.tanh(seen * np.square(ratio)) if data else np.zeros_like(seen)
    phases = lines.pilots / np.maximum(np.abs(lines.pilots), 1e-9)
    chosen = phases if pilots else np.zeros_like(phases)
    return signs.astype(np.float32), chosen.astype(np.complex64)


def pattern_of(
    signs: npt.NDArray[np.floating], pilots: npt.NDArray[np.complexfloating], size_class: int
) -> Plane:
    """Draw a period of the pattern from estimates of its signs and pilots, (side, side).

    Parameters
    ----------
    signs : (2 n_lines,)
        -1 to 1: less where they are uncertain.
    pilots : (n_pilots,)
        Of length up to 1.
    size_class : int
    """
    samples = period_of(size_class)
    side = TILES_PER_SUPER * samples
    spectrum = np.zeros((side, side // 2 + 1), np.complex64)
    places, n = data_lines(), len(data_lines())
    spectrum[places[:, 1], places[:, 0]] = _amplitude() * (signs[:n] + 1j * signs[n:])
    lines = pilots_of(DEFAULT_FAMILY).lines * TILES_PER_SUPER
    spectrum[lines[:, 1], lines[:, 0]] = _pilot_amplitude() * pilots
    column = spectrum[:, 0].copy()
    spectrum[1:, 0] += np.conj(column[:0:-1])
    plain = scipy.fft.irfft2(spectrum, s=(side, side), norm="forward").astype(np.float32)
    width = 2 * max(1, round(LEVEL_RADIUS * samples / TILE)) + 1
    squares = cv2.copyMakeBorder(np.square(plain), width, width, width, width, cv2.BORDER_WRAP)
    energy = np.asarray(cv2.blur(squares, (width, width)))[width:-width, width:-width]
    unknown = max(0.0, 1.0 - float(energy.mean()))  # is spread evenly, as far as anybody knows
    return np.asarray(plain / np.sqrt(energy + unknown + LEAST_ENERGY), np.float32)


def subtract(image: Pixels, period: Plane, mask: Plane, gain: float) -> Pixels:
    """Subtract a pattern under the mask, `gain` times as strong as `embed` adds one."""
    out = np.empty_like(image)
    pattern = np.ascontiguousarray(period, np.float32)
    masking.add_pattern(image, mask, -gain, pattern, LEAST_SHADE, SHADE_PER_LEVEL, out)
    return out


def _period(image: Pixels) -> int:
    return period_of(size_class_for(*image.shape[:2]))


def _read(
    spectrum: npt.NDArray[np.complexfloating], places: npt.NDArray[np.int64]
) -> npt.NDArray[np.complex128]:
    return np.asarray(spectrum[places[:, 1], places[:, 0]], np.complex128)


@lru_cache(maxsize=1)
def _amplitude() -> npt.NDArray[np.float64]:
    """Return the amplitude of each data line before levelling, float64 (n_lines,)."""
    amplitude = amplitude_at(np.hypot(*data_lines().T) / SUPER_TILE)
    return np.asarray(amplitude * np.sqrt((1 - PILOT_SHARE) / (4 * np.sum(amplitude**2))))


def _pilot_amplitude() -> float:
    return float(np.sqrt(PILOT_SHARE / (2 * len(pilots_of(DEFAULT_FAMILY).lines))))


def _weighted_fold(image: Pixels, mask: Plane) -> npt.NDArray[np.complexfloating]:
    """Return the spectrum of the sum of all super-tiles, each coefficient by what it is worth."""
    height, width = image.shape[:2]
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    white = np.empty_like(grey)
    power = FLOOR * BLOCK * BLOCK
    blocks.whiten_blocks(grey, _places(height), _places(width), power, _EXPONENT, white)
    white *= np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)[:height, :width]
    side = TILES_PER_SUPER * _period(image)
    rows, columns = -(-height // side), -(-width // side)
    padded = np.zeros((rows * side, columns * side), np.float32)
    padded[:height, :width] = white
    total = padded.reshape(rows, side, columns, side).sum(axis=(0, 2))
    return np.asarray(scipy.fft.rfft2(total, norm="forward"))


def _places(length: int) -> npt.NDArray[np.int64]:
    """Return which pixel stands at each place of a line padded to whole blocks by mirroring."""
    hop = BLOCK // 2
    index = np.arange(-hop, (-(-length // hop) + 1) * hop) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)
