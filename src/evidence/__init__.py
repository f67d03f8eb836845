"""Evidence: one file about one picture, that a stranger can check without us.

`make` makes a bundle, `check` says whether anything in it was changed, `again` examines its picture
again, `hand_on` adds a holder's line to it, and `open_original` decrypts a sealed picture.
docs/evidence.md says what is in a bundle.
"""

from __future__ import annotations

from indelible.evidence.bundle import Bundle
from indelible.evidence.checking import CheckFinding, CheckReport, check
from indelible.evidence.custody import entries
from indelible.evidence.handing_on import hand_on, history_faults
from indelible.evidence.making import make
from indelible.evidence.opening import open_original
from indelible.evidence.packing import Contents, read_bundle
from indelible.evidence.recomputing import Again, again, effort_of, trust_of
from indelible.evidence.stamping import Stamp

__all__ = [
    "Again",
    "Bundle",
    "CheckFinding",
    "CheckReport",
    "Contents",
    "Stamp",
    "again",
    "check",
    "effort_of",
    "entries",
    "hand_on",
    "history_faults",
    "make",
    "open_original",
    "read_bundle",
    "trust_of",
]
