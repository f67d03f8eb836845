"""From a synchronised picture to a payload, and how likely chance would give one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark import coding
from indelible.watermark.alignment import Canonical
from indelible.watermark.carrier import (
    SLOPE, SUPER_TILE, TILES_PER_SUPER, Carrier, data_lines,
)  # fmt: skip

__all__ = ["Decoded", "coefficients", "decode_lines"]

OFFSETS = TILES_PER_SUPER**2
RING = 4.0  # cycles per super-tile
RESPONSE_WIDTH = 10.0  # cycles per super-tile over which pilots speak for their neighbours
LEAST_RESPONSE = 0.05


@dataclass(frozen=True, slots=True)
class Decoded:
    """A code word that was read.

    Attributes
    ----------
    payload : bytes
    size_class : int
    z : float
        Correlation of the signed coefficients with the code word over their root sum of squares.
    offset : (int, int)
        Tile coordinates (s, t) of a super-tile's origin, 0 to 3.
    """

    payload: bytes
    size_class: int
    z: float
    offset: tuple[int, int]


def coefficients(
    canonical: Canonical, carrier: Carrier, variant: int, polarity: int
) -> NDArray[np.complex64]:
    """Fold a picture to one super-tile and return its data lines, weighted for decoding.

    Returns
    -------
    complex64 (n_lines,)
        Of tile offset (0, 0).
    """
    side = canonical.samples * TILES_PER_SUPER
    pixels = canonical.pixels
    fold = np.zeros((side, side), np.float32)
    for top in range(0, pixels.shape[0], side):
        for left in range(0, pixels.shape[1], side):
            part = pixels[top : top + side, left : left + side]
            fold[: part.shape[0], : part.shape[1]] += part
    spectrum = scipy.fft.rfft2(fold)
    lines = data_lines()
    values: NDArray[np.complex64] = spectrum[lines[:, 1] % side, lines[:, 0]]
    level = _level(values)
    pilots = carrier.pilots.lines * TILES_PER_SUPER
    seen = spectrum[pilots[:, 1] % side, pilots[:, 0]]
    seen = polarity * (seen * np.exp(-1j * carrier.pilot_phases[variant])).real
    weight = _response(pilots, seen, level)[_ring(lines)]
    # the fold began at the canonical picture's origin, not at a multiple of the super-tile
    s, t = canonical.origin
    return (values * _turn(-s, -t) * weight).astype(np.complex64)


def decode_lines(
    values: NDArray[np.complex64], carrier: Carrier, variant: int, polarity: int, tries: int
) -> list[Decoded]:
    """Try the likeliest tile offsets and return what decodes."""
    signs = carrier.signs[variant]
    n = len(values)
    norm = float(np.sqrt(np.sum(np.abs(values) ** 2))) + 1e-20
    soft = np.empty((OFFSETS, coding.CODED_BITS), np.float32)
    for index in range(OFFSETS):
        turned = values * _turn(*divmod(index, TILES_PER_SUPER)) * polarity
        signed = np.concatenate([turned.real * signs[:n], turned.imag * signs[n:]])
        soft[index] = np.bincount(carrier.coded_bit, signed, coding.CODED_BITS)
    found = []
    for index in np.argsort(-np.sum(soft**2, axis=1))[:tries]:
        message = coding.decode(soft[index])
        if message is not None:
            z = float(soft[index] @ coding.encode(*message)) / norm
            found.append(Decoded(*message, z, divmod(int(index), TILES_PER_SUPER)))
    return found


@lru_cache(maxsize=64)
def _turn(s: int, t: int) -> NDArray[np.complex64]:
    """Phases of the data lines for a shift of the picture by whole tiles, complex64 (n_lines,)."""
    lines = data_lines()
    angle = 2 * np.pi * ((lines[:, 0] * s + lines[:, 1] * t) % TILES_PER_SUPER) / TILES_PER_SUPER
    return np.exp(1j * angle).astype(np.complex64)


def _ring(lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ring (of RING cycles per super-tile in radius) that each line is in."""
    return (np.hypot(lines[:, 0], lines[:, 1]) / RING).astype(np.int64)


def _level(values: NDArray[np.complex64]) -> NDArray[np.float64]:
    """Return each ring's mean power; it is nearly all noise."""
    rings = _ring(data_lines())
    count = np.maximum(np.bincount(rings), 1)
    power = np.bincount(rings, np.abs(values) ** 2) / count
    return power + 1e-12 * power.max() + 1e-30


def _response(
    pilots: NDArray[np.int64], seen: NDArray[np.float64], level: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weight of each ring: its expected amplitude over its noise power.

    How much of the mark is left at a frequency (after a blur, a codec, a change of size) is what is left of the
    pilots nearby. Pilots are independent of the data's signs, so that the weights are, too.
    """
    ring = np.minimum(_ring(pilots), len(level) - 1)
    radius = np.hypot(pilots[:, 0], pilots[:, 1])
    ratio = seen / np.sqrt(level[ring])
    centres = (np.arange(len(level)) + 0.5) * RING
    near = np.exp(-0.5 * ((centres[:, None] - radius) / RESPONSE_WIDTH) ** 2) + 1e-6
    local = near @ ratio / near.sum(axis=1)
    typical = max(float(ratio.mean()), 1e-12)
    left = np.maximum(local, LEAST_RESPONSE * typical)
    slope = (centres / SUPER_TILE) ** SLOPE
    return left * slope / np.sqrt(level)
