"""From a synchronised picture to a payload and its score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from indelible.watermark import coding
from indelible.watermark._kernels import combining
from indelible.watermark.alignment import Canonical
from indelible.watermark.carrier import (
    SUPER_TILE,
    TILES_PER_SUPER,
    Carrier,
    amplitude_at,
    data_lines,
)  # fmt: skip
from indelible.watermark.locking import pilot_signs

__all__ = [
    "Decoded",
    "Fold",
    "PilotsSeen",
    "coefficients",
    "decode_lines",
    "decode_unmoved",
    "folded",
    "pilots_unmoved",
    "without",
]

OFFSETS = tuple((s, t) for s in range(TILES_PER_SUPER) for t in range(TILES_PER_SUPER))
# Tuned values: what others do is shown by python -m benchmarks.constants decoding.NAME VALUE.
# Results stand for 155 hard draws of the Kodak suite, of which 104 are found.
OFFSET_TRIES = 3  # the right one is the best, or nearly: 1 loses none
# Cycles per super-tile, 1 per tile: 200 to 1,300 lines each. Coarse: 2 and 8 move scores by 1 %.
RING = 4.0
# Cycles per super-tile over which pilots speak for their neighbours: more than from one orbit's
# radius to the next (2 to 9), less than from the low ones to the high ones. 5 and 20 lose 2 % of
# the score.
RESPONSE_WIDTH = 10.0
# Of the mean: noise must not turn a frequency off altogether. Coarse: 0.01 moves nothing.
LEAST_RESPONSE = 0.05
# What the sums' squares add up to, in units of what they do without a mark: 1 with a deviation of
# sqrt(2 / CODED_BITS) = 0.08, of which this is two and a half. A mark that can be read gives 1.4
# and more, nearly always: with 1.4 three of 50 are lost.
LEAST_ENERGY = 1.2
LEAST_PILOTS = (
    2.5  # deviations of the pilots' coherent sum: below, there are none. Coarse: 0 loses none
)
# Deviations likewise, for pilots to be believed without a search: of the 16 hypotheses of a key one
# in 46 unmarked pictures has them by chance.
UNMOVED = 3.0


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


@dataclass(frozen=True, slots=True)
class PilotsSeen:
    """Which pilots a picture was locked on."""

    carrier: Carrier
    variant: int
    polarity: int
    high: int = 1


@dataclass(frozen=True, slots=True)
class Fold:
    """A picture on the tile's grid, folded to one super-tile.

    Attributes
    ----------
    spectrum : complex64 (side, side // 2 + 1)
    origin : (int, int)
        Tile coordinates (s, t) at which the fold began: not always a multiple of the super-tile.
    lines : complex64 (n_lines,)
        The spectrum's data lines.
    level : float64 (rings,)
        Mean power of each ring's data lines.
    """

    spectrum: NDArray[np.complex64]
    origin: tuple[int, int]
    lines: NDArray[np.complex64]
    level: NDArray[np.float64]


def folded(canonical: Canonical) -> Fold:
    """Add up all super-tiles of a picture and transform the sum."""
    side = canonical.samples * TILES_PER_SUPER
    pixels = canonical.pixels
    fold = np.zeros((side, side), np.float32)
    for top in range(0, pixels.shape[0], side):
        for left in range(0, pixels.shape[1], side):
            part = pixels[top : top + side, left : left + side]
            fold[: part.shape[0], : part.shape[1]] += part
    spectrum = scipy.fft.rfft2(fold)
    rings = _data_rings()
    lines, power = np.empty(len(rings), np.complex64), np.empty(len(_radii()))
    combining.read_lines(spectrum, data_lines(), rings, lines, power)
    return Fold(spectrum, canonical.origin, lines, _level(power))


def coefficients(fold: Fold, seen: PilotsSeen | None = None) -> NDArray[np.complex64]:
    """Return a picture's data lines, weighted for decoding.

    Parameters
    ----------
    fold : Fold
    seen : PilotsSeen, optional
        The pilots that show how much of the mark is left at each frequency; without them, all of it
        is taken to be left.

    Returns
    -------
    complex64 (n_lines,)
        Of tile offset (0, 0).
    """
    values = fold.lines.copy()
    weight = _expected() / np.sqrt(fold.level)
    if seen is not None:
        weight *= _left(fold, seen)
    s, t = (-part % TILES_PER_SUPER for part in fold.origin)
    combining.weigh(values, _quarters(s, t), _data_rings(), weight)
    return values


def pilots_unmoved(fold: Fold, carrier: Carrier) -> list[PilotsSeen]:
    """Return which variants' pilots stand out where an unmoved picture has them, best first."""
    turned = (_pilots(fold, carrier) * np.exp(-1j * carrier.pilot_phases)).real
    found = []
    for high in (1, -1):
        sums = turned @ pilot_signs(carrier.pilots, high) / np.sqrt(turned.shape[1] / 2)
        found += [(total, variant, high) for variant, total in enumerate(sums.tolist())]
    found.sort(reverse=True)
    return [PilotsSeen(carrier, variant, 1, high) for z, variant, high in found if z > UNMOVED]


def decode_lines(
    values: NDArray[np.complex64], carrier: Carrier, variant: int, polarity: int
) -> Iterator[Decoded]:
    """Try the likeliest tile offsets, best first, each when it is asked for; yield what decodes."""
    soft = np.empty((len(OFFSETS), coding.CODED_BITS), np.float32)
    signs = carrier.signs[variant]
    combining.despread_shifts(values, _residues(), carrier.coded_bit, signs, soft)
    # the right offset's sums are large, all others' are noise
    energy = np.sum(soft**2, axis=1) / _energy(values)
    likeliest = [i for i in np.argsort(-energy)[:OFFSET_TRIES] if energy[i] >= LEAST_ENERGY]
    tried = (_decoded(polarity * soft[i], values, OFFSETS[i], carrier) for i in likeliest)
    yield from (one for one in tried if one is not None)


def decode_unmoved(values: NDArray[np.complex64], carrier: Carrier, variant: int) -> list[Decoded]:
    """Decode at tile offset (0, 0), if its sums are larger than noise's are."""
    soft = np.empty(coding.CODED_BITS, np.float32)
    turns = _quarters(*OFFSETS[0])
    combining.despread(values, turns, carrier.coded_bit, carrier.signs[variant], soft)
    if float(np.sum(soft**2)) < LEAST_ENERGY * _energy(values):
        return []
    decoded = _decoded(soft, values, OFFSETS[0], carrier)
    return [] if decoded is None else [decoded]


def without(values: NDArray[np.complex64], signs: NDArray[np.int8]) -> NDArray[np.complex64]:
    """Return a picture's data lines without a mark that is known to be in them.

    Parameters
    ----------
    values : complex64 (n_lines,)
        As :func:`coefficients` returns them.
    signs : int8 (2 n_lines,)
        Of the mark's coefficients: first all real, then all imaginary parts.

    Returns
    -------
    complex64 (n_lines,)
        What is left has in no ring anything in common with the mark.
    """
    rings, count = _data_rings(), 2 * _lines_of_rings()
    real, imag = np.split(signs.astype(np.float32), 2)
    product = np.bincount(rings, weights=values.real * real + values.imag * imag)
    gain = (product / count).astype(np.float32)[rings]
    signed = np.empty(len(values), np.complex64)
    signed.real, signed.imag = gain * real, gain * imag
    return np.asarray(values - signed, np.complex64)


def _decoded(
    soft: NDArray[np.float32],
    values: NDArray[np.complex64],
    offset: tuple[int, int],
    carrier: Carrier,
) -> Decoded | None:
    """Decode the sums of one hypothesis."""
    message = coding.decode(soft)
    if message is None:
        return None
    word, size_class = message
    z = float(soft @ coding.encode(word, size_class)) / np.sqrt(_energy(values))
    return Decoded(carrier.cipher.decrypt(word), size_class, float(z), offset)


@lru_cache(maxsize=64)
def _quarters(s: int, t: int) -> NDArray[np.uint8]:
    """Return each data line's quarter turns under a shift by whole tiles, uint8 (n_lines,)."""
    lines = data_lines()
    quarters = ((lines[:, 0] * s + lines[:, 1] * t) % TILES_PER_SUPER).astype(np.uint8)
    quarters.flags.writeable = False
    return quarters


@lru_cache(maxsize=1)
def _residues() -> NDArray[np.uint8]:
    """Return 4 (u mod 4) + v mod 4 of each data line, uint8 (n_lines,)."""
    u, v = data_lines().T % TILES_PER_SUPER
    return np.asarray(TILES_PER_SUPER * u + v, dtype=np.uint8)


def _energy(values: NDArray[np.complex64]) -> float:
    """Return the sum of squares."""
    return float(np.sum(np.square(values.view(np.float32)), dtype=np.float64)) + 1e-30


def _ring(lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ring (of RING cycles per super-tile in radius) that each line is in."""
    return (np.hypot(lines[:, 0], lines[:, 1]) / RING).astype(np.int64)


@lru_cache(maxsize=1)
def _data_rings() -> NDArray[np.int64]:
    """Return the ring of each data line, int64 (n_lines,)."""
    return _ring(data_lines())


@lru_cache(maxsize=1)
def _lines_of_rings() -> NDArray[np.int64]:
    """Return how many data lines each ring has, but at least 1."""
    return np.asarray(np.maximum(np.bincount(_data_rings()), 1))


def _level(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each ring's mean power, given its sum; it is nearly all noise."""
    mean = power / _lines_of_rings()
    return np.asarray(mean + 1e-12 * mean.max() + 1e-30)


def _expected() -> NDArray[np.float64]:
    """Return each ring's amplitude of the mark as it was embedded, up to a factor."""
    return amplitude_at(_radii() / SUPER_TILE)


@lru_cache(maxsize=1)
def _radii() -> NDArray[np.float64]:
    """Return each ring's middle radius in cycles per super-tile."""
    rings = int(_data_rings().max()) + 1
    return np.asarray((np.arange(rings) + 0.5) * RING, dtype=np.float64)


def _pilots(fold: Fold, carrier: Carrier) -> NDArray[np.complex128]:
    """Return the pilots in units of the data lines' level nearby, complex128 (n_pilots,)."""
    lines = carrier.pilots.lines * TILES_PER_SUPER
    ring = np.minimum(_ring(lines), len(fold.level) - 1)
    values = fold.spectrum[lines[:, 1] % len(fold.spectrum), lines[:, 0]]
    return np.asarray(values / np.sqrt(fold.level[ring]), np.complex128)


def _left(fold: Fold, seen: PilotsSeen) -> NDArray[np.float64]:
    """Return how much of the mark is left in each ring, up to a factor.

    How much is left at a frequency (after a blur, a codec, a change of size) is what is left of the
    pilots nearby. Pilots are independent of the data's signs, so that weights made of them are,
    too.
    """
    expected = seen.polarity * np.exp(-1j * seen.carrier.pilot_phases[seen.variant])
    ratio = (_pilots(fold, seen.carrier) * expected).real
    radius = np.hypot(*seen.carrier.pilots.lines.T) * TILES_PER_SUPER
    upright = pilot_signs(seen.carrier.pilots, seen.high) * ratio
    if upright.sum() < LEAST_PILOTS * np.sqrt(len(ratio) / 2):
        return np.ones(len(fold.level))  # no pilots are left: they say nothing
    near = np.exp(-0.5 * ((_radii()[:, None] - radius) / RESPONSE_WIDTH) ** 2) + 1e-6
    local = near @ ratio / near.sum(axis=1)
    least = LEAST_RESPONSE * float(upright.mean())
    if seen.high > 0:
        return np.asarray(np.maximum(local, least))
    return np.asarray(np.where(np.abs(local) > least, local, least))  # inverted data count, too
