"""The fingerprint: what a picture looks like, in a few bytes."""

from __future__ import annotations

from indelible.fingerprint.changes import Changes, Region, changes
from indelible.fingerprint.comparison import Comparison, compare
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
from indelible.fingerprint.reference import MOST_BYTES, Reference

__all__ = [
    "BITS",
    "LEAST_QUALITY",
    "MATCHING",
    "MOST_BYTES",
    "Changes",
    "Comparison",
    "Dihedral",
    "Pdq",
    "Reference",
    "Region",
    "changes",
    "compare",
    "dihedral",
    "distance",
    "pdq",
]
