"""The invisible watermark: 64 bits in the pixels, keyed and blind.

>>> from indelible import watermark
>>> key = watermark.Key.generate()
>>> marked = watermark.embed(image, b"8 bytes.", key)   # doctest: +SKIP
>>> watermark.detect(marked, key).payload               # doctest: +SKIP
b'8 bytes.'
"""

from __future__ import annotations

from indelible.choices import Effort, Strength
from indelible.errors import UnmarkableImageError
from indelible.watermark._opencv import use_one_thread
from indelible.watermark.blanks import clipped_shares, plain_shares
from indelible.watermark.consent_key import CONSENT_KEY, CONSENT_KEYS
from indelible.watermark.correlation import BlockCorrelations, correlate_blocks
from indelible.watermark.detection import detect
from indelible.watermark.embedding import can_carry, embed
from indelible.watermark.keys import Key
from indelible.watermark.presence import presence
from indelible.watermark.removal import remove
from indelible.watermark.result import Detection
from indelible.watermark.several import LocatedMark, detect_all, locate
from indelible.watermark.superposed import detect_superposed
from indelible.watermark.unmoved import READABLE_PIXELS, detect_unmoved
from indelible.watermark.versions import ALGORITHM, is_known
from indelible.watermark.view import ENOUGH_PIXELS, View
from indelible.watermark.warming import warm_up

__all__ = [
    "ALGORITHM",
    "CONSENT_KEY",
    "CONSENT_KEYS",
    "ENOUGH_PIXELS",
    "READABLE_PIXELS",
    "BlockCorrelations",
    "Detection",
    "Effort",
    "Key",
    "LocatedMark",
    "Strength",
    "UnmarkableImageError",
    "View",
    "can_carry",
    "clipped_shares",
    "correlate_blocks",
    "detect",
    "detect_all",
    "detect_superposed",
    "detect_unmoved",
    "embed",
    "is_known",
    "locate",
    "plain_shares",
    "presence",
    "remove",
    "use_one_thread",
    "warm_up",
]
