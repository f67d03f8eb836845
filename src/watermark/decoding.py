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
    CODED_BITS, SLOPE, SUPER_TILE, TILES_PER_SUPER, Carrier, data_lines,
)  # fmt: skip

__all__ = ["Decoded", "coefficients", "decode_lines"]

OFFSETS = TILES_PER_SUPER**2


@dataclass(frozen=True, slots=True)
class Decoded:
    """A code word that was read.

    Attributes
    ----------
    payload : bytes
    z : float
        Correlation of the signed coefficients with the code word over their root sum of squares.
    offset : (int, int)
        Tiles (s, t) by which the super-tile's origin lies before the tile coordinates' origin.
    """

    payload: bytes
    z: float
    offset: tuple[int, int]


def coefficients(canonical: Canonical) -> NDArray[np.complex64]:
    """Fold a picture to one super-tile and return its data lines, weighted for decoding.

    Returns
    -------
    complex64 (n_lines,)
        Of tile offset (0, 0); 0 for lines that the picture's resolution does not reach.
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
    # the fold began at the canonical picture's origin, not at a multiple of the super-tile
    s, t = canonical.origin
    values = values * _turn(-s, -t)
    return _weighted(values)


def decode_lines(
    values: NDArray[np.complex64], carrier: Carrier, variant: int, polarity: int, tries: int
) -> list[Decoded]:
    """Try the likeliest tile offsets and return what decodes."""
    signs = carrier.signs[variant]
    n = len(values)
    norm = float(np.sqrt(np.sum(np.abs(values) ** 2))) + 1e-20
    soft = np.empty((OFFSETS, CODED_BITS), np.float32)
    for index in range(OFFSETS):
        turned = values * _turn(*divmod(index, TILES_PER_SUPER)) * polarity
        signed = np.concatenate([turned.real * signs[:n], turned.imag * signs[n:]])
        soft[index] = np.bincount(carrier.coded_bit, signed, CODED_BITS)
    found = []
    for index in np.argsort(-np.sum(soft**2, axis=1))[:tries]:
        payload = coding.decode(soft[index])
        if payload is not None:
            z = float(soft[index] @ coding.encode(payload)) / norm
            found.append(Decoded(payload, z, divmod(int(index), TILES_PER_SUPER)))
    return found


@lru_cache(maxsize=64)
def _turn(s: int, t: int) -> NDArray[np.complex64]:
    """Phases of the data lines for a shift of the picture by whole tiles, complex64 (n_lines,)."""
    lines = data_lines()
    angle = 2 * np.pi * ((lines[:, 0] * s + lines[:, 1] * t) % TILES_PER_SUPER) / TILES_PER_SUPER
    return np.exp(1j * angle).astype(np.complex64)


def _weighted(values: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Weight each line by its expected amplitude over the noise power at its radius."""
    lines = data_lines()
    radius = np.hypot(lines[:, 0], lines[:, 1])
    ring = (radius / 4).astype(np.int64)
    count = np.maximum(np.bincount(ring), 1)
    power = np.bincount(ring, np.abs(values) ** 2) / count
    level = power[ring] + 1e-12 * power.max() + 1e-30
    expected = (radius / SUPER_TILE) ** SLOPE
    return (values * (expected / level)).astype(np.complex64)
