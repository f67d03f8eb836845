"""What a picture's plain metadata allow of data mining and training (PLUS, IPTC).

Anybody can write this property, and anybody can remove it. It speaks of mining and of training, not
of editing.

References
----------
IPTC Photo Metadata Standard 2025.1, "Data Mining"; the PLUS coalition's XMP specification.
"""

from __future__ import annotations

from typing import Final

from indelible.imaging import xmp

__all__ = ["MINING_PROHIBITED", "mining_term", "prohibits_mining"]

_VOCABULARY: Final = "http://ns.useplus.org/ldf/vocab/"
MINING_PROHIBITED: Final = f"{_VOCABULARY}DMI-PROHIBITED"
"""Value of ``plus:DataMining`` that prohibits all of it."""


def prohibits_mining(value: str) -> bool:
    """Whether a value of ``plus:DataMining`` prohibits something.

    In the wild it is written as the vocabulary's address, as its last part alone, and in the words
    that exiftool shows ("Prohibited for AI/ML training").
    """
    term = value.strip().rstrip("/").rpartition("/ldf/vocab/")[2]
    return term.upper().removeprefix("DMI-").startswith("PROHIBITED")


def mining_term(packet: bytes | None) -> str | None:
    """Return what an XMP packet says of data mining; None where it says nothing."""
    return xmp.read_properties(packet).get(xmp.DATA_MINING)
