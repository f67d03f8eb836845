"""Evidence: one file about one picture, that a stranger can check without us.

`make` makes a bundle, `hand_on` adds a holder's line to it, `again` examines its picture again, and
`open_original` decrypts a sealed one. docs/evidence.md says what is in a bundle.
"""

from __future__ import annotations

from indelible.evidence.bundle import Bundle
from indelible.evidence.custody import entries
from indelible.evidence.handing_on import hand_on, history_faults
from indelible.evidence.making import make
from indelible.evidence.opening import open_original
from indelible.evidence.packing import Contents, read_bundle
from indelible.evidence.recomputing import Again, again, trust_of
from indelible.evidence.stamping import Stamp

__all__ = [
    "Again",
    "Bundle",
    "Contents",
    "Stamp",
    "again",
    "entries",
    "hand_on",
    "history_faults",
    "make",
    "open_original",
    "read_bundle",
    "trust_of",
]
