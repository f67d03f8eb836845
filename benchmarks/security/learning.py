"""What many marked pictures of one key show of it, in theory and in a trial.

In units of the noise a data coefficient of a picture is ``r s c``: its amplitude, its keyed sign,
the coded bit that it carries. Both attacks weigh coefficients and pictures by ``r``, as is best.
`Strain` holds what the theory needs of a picture; docs/watermark.md derives it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.optimize
import scipy.stats

from benchmarks.security.informed import Lines, Plane
from indelible.watermark.carrier import VARIANTS, Carrier
from indelible.watermark.coding import CODED_BITS, encode

__all__ = [
    "Strain",
    "code_of",
    "known_share",
    "mean_of",
    "pictures_for",
    "places_from_payloads",
    "strain_of",
    "subspace_from",
    "subspace_share",
]

_PARTS = 16
_U = np.linspace(0.0, 14.0, 1401)  # deviations: where a likeliest hypothesis may score


@dataclass(frozen=True, slots=True)
class Strain:
    """How much a published picture shows, or the mean of several.

    Attributes
    ----------
    energy : float
        Sum of the squares of all ``r``: the square of the best score that its mark can reach.
    fourth : float
        Sum of their fourth powers.
    profile : tuple of float
        Mean square of ``r`` in each of `_PARTS` equally many lines, from low to high frequencies.
    """

    energy: float
    fourth: float
    profile: tuple[float, ...]

    @property
    def onset(self) -> float:
        """Pictures of a key from which on second-order statistics show anything."""
        return VARIANTS * CODED_BITS**2 / self.fourth


def code_of(carrier: Carrier, variant: int, payload: bytes, size_class: int) -> Plane:
    """Return the true signs of a picture's data coefficients, float32 (2 n_lines,)."""
    word = encode(carrier.cipher.encrypt(payload), size_class)
    code = word[carrier.coded_bit] * carrier.signs[variant]
    return np.asarray(code, np.float32)


def strain_of(lines: Lines, code: Plane) -> Strain:
    """Return what a picture shows, given the true signs of its coefficients."""
    ratio = np.concatenate([lines.ratio, lines.ratio]).astype(np.float64)
    expected = np.square(ratio)
    energy = float(np.dot(ratio * code, lines.coefficients())) ** 2 / float(expected.sum())
    factor = energy / float(expected.sum())  # of r squared: what was expected, corrected
    fourth = factor**2 * float(np.square(expected).sum())
    parts = np.array_split(factor * np.square(lines.ratio.astype(np.float64)), _PARTS)
    return Strain(energy, fourth, tuple(float(part.mean()) for part in parts))


def mean_of(strains: Sequence[Strain]) -> Strain:
    """Return what a picture shows on average."""
    energy, fourth = (
        float(np.mean([getattr(one, field) for one in strains])) for field in ("energy", "fourth")
    )
    profile = np.mean([one.profile for one in strains], axis=0)
    return Strain(energy, fourth, tuple(profile.tolist()))


def subspace_share(strain: Strain, pictures: float) -> float:
    """Return the share of the data's energy in the subspace that so many pictures of a key show."""
    excess = strain.onset / pictures
    if excess >= 1:
        return 0.0
    return (1 - excess) / (1 + excess * strain.energy / CODED_BITS)


def known_share(strain: Strain, pictures: float) -> float:
    """Return the share of energy whose bits and signs are known after so many pictures of a key.

    For somebody who knows each picture's payload, as it stands in a public manifest: each
    coefficient correlates with one of the coded bits, and with no other. The share is that of the
    coefficients for which the right bit and sign correlate best.
    """
    profile = np.asarray(strain.profile, np.float64)
    means = np.minimum(np.sqrt(profile * pictures / VARIANTS), 10.0)
    # The mark in the noise of wrong bits is left out: with it, theory falls behind the trial.
    others = (2 * scipy.stats.norm.cdf(_U) - 1) ** (CODED_BITS - 1)
    best = scipy.stats.norm.pdf(_U - means[:, None]) * others
    return float(np.average(np.trapezoid(best, _U, axis=1), weights=profile))


def pictures_for(share: float, strain: Strain, *, known: bool) -> float:
    """Return after how many pictures of a key an attack has reached a share."""
    reached = known_share if known else subspace_share

    def lacking(logarithm: float) -> float:
        return reached(strain, math.exp(logarithm)) - share

    return math.exp(float(scipy.optimize.brentq(lacking, 0.0, 60.0)))


def subspace_from(seen: Plane) -> Plane:
    """Return an orthonormal basis of the subspace that pictures of one variant show.

    Parameters
    ----------
    seen : float32 (pictures, coefficients)
        Weighed. Fewer pictures than coded bits show fewer dimensions.

    Returns
    -------
    float32 (coefficients, at most CODED_BITS)
    """
    gram = (seen @ seen.T).astype(np.float64)
    _, vectors = np.linalg.eigh(gram)
    chosen = vectors[:, -min(CODED_BITS, len(seen)) :].astype(np.float32)
    basis, _ = np.linalg.qr(seen.T @ chosen)
    return np.asarray(basis, np.float32)


def places_from_payloads(
    seen: Plane, words: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int64], Plane]:
    """Return which coded bit each coefficient seems to carry, and with which sign.

    Parameters
    ----------
    seen : float32 (pictures, coefficients)
    words : int8 (pictures, CODED_BITS)
        The code words of their payloads.

    Returns
    -------
    bit : int64 (coefficients,)
    sign : float32 (coefficients,)
        Times the chance that both are right.
    """
    correlation = seen.T @ words.astype(np.float32)
    bit = np.argmax(np.abs(correlation), axis=1)
    best = np.take_along_axis(correlation, bit[:, None], axis=1)[:, 0]
    deviations = best / (1.4826 * np.median(np.abs(correlation), axis=1) + 1e-20)
    # Against the 2 CODED_BITS - 1 others, each of which may have come to this by chance.
    chance = 1 / (1 + 2 * CODED_BITS * np.exp(-0.5 * np.square(deviations)))
    return bit, np.asarray(np.sign(best) * chance, np.float32)
