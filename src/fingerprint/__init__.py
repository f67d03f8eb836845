"""The fingerprint: what a picture looks like, in a few bytes."""

from __future__ import annotations

from indelible.fingerprint.pdq import (
    BITS,
    LEAST_QUALITY,
    MATCHING,
    Dihedral,
    Pdq,
    dihedral,
    distance,
    pdq,
)

__all__ = [
    "BITS",
    "LEAST_QUALITY",
    "MATCHING",
    "Dihedral",
    "Pdq",
    "dihedral",
    "distance",
    "pdq",
]
