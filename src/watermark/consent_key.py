"""The consent carrier: the one watermark key that is public, so that everybody can look for it.

A mark of this key says "its owner asks not to edit this picture, nor to train on it", and leads by
its id to a record that says so in full. Every gate and every verifier has to find it without asking
anybody, so its key is derived from a phrase that stands here. Whoever reads this can find such
marks, put them onto any picture, and take them out of one: SECURITY.md says what that means.

It is a key of a family of its own. In the default family its mark, which is faint, would hide under
any other mark of that family whose key is not here: in none of 12 pictures that carried both it was
found without the other key, in its own family in all (python -m benchmarks.consent).
"""

from __future__ import annotations

import hashlib
from typing import Final

from indelible.secret import Secret
from indelible.watermark.keys import Key
from indelible.watermark.versions import CURRENT

__all__ = ["CONSENT_KEY", "CONSENT_KEYS", "CONSENT_PHRASE"]

CONSENT_PHRASE: Final = "org.indelible.consent.2: please do not edit this picture, nor train on it"
"""Its SHA-256 is the key's secret: 32 bytes that anybody can compute."""

CONSENT_KEY: Final = Key(
    Secret(hashlib.sha256(CONSENT_PHRASE.encode()).digest()), family="consent", version=CURRENT
)
"""The key of consent marks; ``org.indelible.dft.2`` is their algorithm, 8 random bytes their id."""

CONSENT_KEYS: Final = frozenset({CONSENT_KEY.id})
"""Ids of the keys whose marks say what may be done with a picture, and nothing of its origin."""
