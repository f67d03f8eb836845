"""Protecting a picture: mark, encode, check, sign, register, and only then show.

`Protector` holds what does not change from picture to picture; `protect` is one call with the
user's configuration. `mark_file` embeds a watermark and nothing else.
"""

from __future__ import annotations

from indelible.protection.derivation import derive, derive_many
from indelible.protection.marking import mark_file
from indelible.protection.protector import Protector, protect
from indelible.protection.result import DerivedImage, MarkedFile, ProtectedImage

__all__ = [
    "DerivedImage",
    "MarkedFile",
    "ProtectedImage",
    "Protector",
    "derive",
    "derive_many",
    "mark_file",
    "protect",
]
