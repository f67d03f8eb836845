"""The carrier: which spectral lines a key uses, with which phases and signs.

The mark is one real pattern, periodic in both directions. Its *data* lines sit on the lattice of a
period of ``SUPER_TILE`` samples; its *pilots*, for synchronisation, on the four times coarser
lattice of a period of ``TILE`` samples. The places of the pilots come from the key's version
and family, everything else from the key:

* ``VARIANTS`` sets of pilot phases, one of which is used per image,
* which coded bit each real coefficient of a data line carries (an interleaver),
* ``VARIANTS`` sequences of signs for these coefficients, and
* the permutation of payloads that decides which code word stands for an id.

An image's variant is thus a nonce: two images of one key share neither pilot phases nor signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark.cipher import Cipher
from indelible.watermark.coding import CODED_BITS
from indelible.watermark.keys import Key, expand
from indelible.watermark.versions import CURRENT, CarrierVersion

__all__ = ["Carrier", "Pilots", "amplitude_at", "carrier_of", "data_lines", "pilots_of"]

# These define version 2: other values are other marks, for a later version. What they are worth:
# python -m benchmarks.constants carrier.NAME VALUE, and for VARIANTS python -m benchmarks.security.
TILE = 128  # samples in a period of the pilots: several in a crop, and 32 lines fit into the band
TILES_PER_SUPER = 4  # a shift by a tile turns each data line by quarter turns, which cost nothing
SUPER_TILE = TILE * TILES_PER_SUPER  # samples in a period of the data
BAND = (0.045, 0.220)  # cycles per sample: below, pictures are strong; above, codecs are rough
VARIANTS = 8  # averages of one key's pictures mix as many; the coherent lock tries each
# (lowest, highest radius in cycles per sample, how many): low ones outlast blur and shrinking, high
# ones place a small piece more exactly.
PILOT_ORBITS = ((0.060, 0.100, 3), (0.120, 0.200, 5))
# Degrees, of 0 to 45: off the axes and the diagonals, where pictures have lines of their own.
PILOT_ANGLES = (4.0, 41.0)
# Two orbits differ by at least so much in the logarithm of the radius and by so many degrees: more
# than a raster's steps, so that no wrong map puts many pilots onto each other.
LEAST_APART = (0.05, 2.5)
PILOT_SHARE = 0.30  # of the mark's energy: more finds more marks, less reads more of those found
# Data amplitude over frequency: a bell over its logarithm. Lower, the eye sees a mark where nothing
# else is; higher, shrinking and blur take it.
CENTRE = 0.125  # cycles per sample
WIDTH = 0.48  # of the logarithm: deviation


@dataclass(frozen=True, slots=True, eq=False)
class Pilots:
    """The places of a family's pilots.

    Attributes
    ----------
    orbits : int64 (n, 2)
        One frequency (a, b), a > b > 0, per orbit, in cycles per tile.
    lines : int64 (4 n, 2)
        The half-plane's lines (u, v) of all orbits: (a, b), (b, a), (b, -a), (a, -b) each. With
        their negatives they are symmetric under the eight symmetries of the square (D4). Sorted by
        u.
    """

    orbits: NDArray[np.int64]
    lines: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A key's carrier.

    Attributes
    ----------
    pilots : Pilots
    pilot_phases : float64 (VARIANTS, n_pilots)
        Radians.
    coded_bit : int32 (2 n_lines,)
        The coded bit that each real coefficient carries: first all real, then all imaginary parts.
    signs : int8 (VARIANTS, 2 n_lines)
        -1 or 1.
    cipher : Cipher
        From a payload to the word that is coded.
    """

    pilots: Pilots
    pilot_phases: NDArray[np.float64]
    coded_bit: NDArray[np.int32]
    signs: NDArray[np.int8]
    cipher: Cipher


@lru_cache(maxsize=1)
def data_lines() -> NDArray[np.int64]:
    """Return the data lines (u, v), int64 (n_lines, 2), in cycles per super-tile, by radius.

    The half-plane u > 0 (and v > 0 where u = 0) of the band, without the lattice points of the
    tile: the pilots stand there, and a fold over single tiles would show whatever else did.
    """
    top = int(BAND[1] * SUPER_TILE) + 1
    u, v = np.meshgrid(np.arange(top + 1), np.arange(-top, top + 1), indexing="ij")
    radius = np.hypot(u, v) / SUPER_TILE
    on_tile_lattice = (u % TILES_PER_SUPER == 0) & (v % TILES_PER_SUPER == 0)
    used = (radius >= BAND[0]) & (radius <= BAND[1]) & ((u > 0) | (v > 0)) & ~on_tile_lattice
    u, v = u[used], v[used]
    # ordered by whole numbers: the last bit of a radius depends on the platform, a mark must not
    return np.stack([u, v], axis=1)[np.lexsort((v, u, u * u + v * v))].astype(np.int64)


def amplitude_at(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the data's amplitude at a frequency (cycles per sample, positive), up to a factor."""
    distance = np.log(frequency / CENTRE) / WIDTH
    return np.asarray(np.exp(-0.5 * np.square(distance)), np.float64)


@lru_cache(maxsize=64)
def pilots_of(family: str, version: CarrierVersion = CURRENT) -> Pilots:
    """Return a family's pilots, drawn so that no two orbits share a radius or an angle."""
    draws = expand(version.pilots_seed(family), 1 << 16).view(np.uint16) / 65536.0
    first, last = PILOT_ANGLES
    index = 0
    orbits: list[tuple[int, int]] = []
    for low, high, count in PILOT_ORBITS:
        stop = len(orbits) + count
        while len(orbits) < stop:
            radius = TILE * (low + (high - low) * draws[index])
            angle = np.deg2rad(first + (last - first) * draws[index + 1])
            index += 2
            a, b = round(radius * np.cos(angle)), round(radius * np.sin(angle))
            if 0 < b < a and _apart((a, b), orbits):
                orbits.append((a, b))
    lines = sorted(line for a, b in orbits for line in ((a, b), (b, a), (b, -a), (a, -b)))
    return Pilots(np.array(orbits, dtype=np.int64), np.array(lines, dtype=np.int64))


def _apart(new: tuple[int, int], orbits: list[tuple[int, int]]) -> bool:
    """Return whether an orbit differs enough from the others in radius and in angle."""
    for a, b in orbits:
        ratio = np.hypot(*new) / np.hypot(a, b)
        turn = np.arctan2(new[1], new[0]) - np.arctan2(b, a)
        if abs(np.log(ratio)) < LEAST_APART[0] or abs(np.rad2deg(turn)) < LEAST_APART[1]:
            return False
    return True


@lru_cache(maxsize=64)
def carrier_of(key: Key) -> Carrier:
    """Derive a key's carrier (a few milliseconds; kept for the last 64 keys)."""
    version = key.version
    pilots = pilots_of(key.family, version)
    n_pilots, n_coefficients = len(pilots.lines), 2 * len(data_lines())

    drawn = key.stream(version.purpose("pilot phases"), 2 * VARIANTS * n_pilots).view(np.uint16)
    phases = drawn.reshape(VARIANTS, n_pilots).astype(np.float64) * (2.0 * np.pi / 65536.0)

    # Each run of CODED_BITS coefficients of nearly one radius holds every coded bit once, so that
    # each bit has its share of every frequency.
    runs = -(-n_coefficients // CODED_BITS)
    order = key.stream(version.purpose("interleaver"), 8 * runs * CODED_BITS).view(np.uint64)
    by_radius = np.argsort(order.reshape(runs, CODED_BITS), axis=1).ravel()[:n_coefficients]
    # by_radius alternates real, imaginary along the lines; store all real parts first
    coded_bit = np.concatenate([by_radius[0::2], by_radius[1::2]]).astype(np.int32)

    n_bytes = -(-VARIANTS * n_coefficients // 8)
    bits = np.unpackbits(key.stream(version.purpose("signs"), n_bytes))[: VARIANTS * n_coefficients]
    signs = (1 - 2 * bits.astype(np.int8)).reshape(VARIANTS, n_coefficients)

    for array in (phases, coded_bit, signs):
        array.flags.writeable = False
    cipher = Cipher(key.stream(version.purpose("payloads"), 32).tobytes())
    return Carrier(pilots, phases, coded_bit, signs, cipher)
