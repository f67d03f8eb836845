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
from indelible.watermark.correlation import BlockCorrelations, correlate_blocks
from indelible.watermark.detection import detect
from indelible.watermark.embedding import can_carry, embed
from indelible.watermark.keys import Key
from indelible.watermark.presence import presence
from indelible.watermark.removal import remove
from indelible.watermark.result import Detection
from indelible.watermark.versions import ALGORITHM, is_known
from indelible.watermark.warming import warm_up

__all__ = [
    "ALGORITHM",
    "BlockCorrelations",
    "Detection",
    "Effort",
    "Key",
    "Strength",
    "UnmarkableImageError",
    "can_carry",
    "correlate_blocks",
    "detect",
    "embed",
    "is_known",
    "presence",
    "remove",
    "warm_up",
]
