"""The fingerprint: what a picture looks like, in a few bytes."""

from __future__ import annotations

from indelible.fingerprint.changes import Changes, Region, changes
from indelible.fingerprint.comparison import Comparison, compare
from indelible.fingerprint.iscc import ISCC_ALGORITHM, iscc_image_code
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
    "ISCC_ALGORITHM",
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
    "iscc_image_code",
    "pdq",
]
