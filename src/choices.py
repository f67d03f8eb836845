"""Sets of words, each defined once: what callers choose from, and what reports answer with."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = [
    "DEFAULT_EFFORT",
    "DEFAULT_STRENGTH",
    "MAX_THUMBNAIL",
    "MIN_THUMBNAIL",
    "AiKind",
    "Effort",
    "Fit",
    "Integrity",
    "Law",
    "Place",
    "Profile",
    "RecordStatus",
    "Scope",
    "Strength",
]

Strength: TypeAlias = Literal["robust", "balanced", "discreet"]
"""How a watermark weighs robustness against visibility: from the most robust to the least seen."""

DEFAULT_STRENGTH: Final[Strength] = "balanced"

MIN_THUMBNAIL: Final = 64
MAX_THUMBNAIL: Final = 512
"""Longer side of a preview in a manifest, pixels."""

Effort: TypeAlias = Literal["quick", "standard", "thorough"]
"""How hard a search looks for a watermark; each finds all that the ones before it find."""

DEFAULT_EFFORT: Final[Effort] = "standard"

Fit: TypeAlias = Literal["inside", "cover", "fill"]
"""What a width and a height together mean to a derived copy; see `indelible.derive`."""

Law: TypeAlias = Literal["eu", "california", "china"]
"""Whose law on disclosure a profile serves."""

Profile: TypeAlias = Literal["eu", "california", "china", "all"]
"""A disclosure profile: one law's, or that of all of them together."""

Integrity: TypeAlias = Literal["intact", "changed", "broken", "absent", "unreadable"]
"""Whether a manifest holds, whoever signed it; ``changed``: only the file's hash does not fit."""

Place: TypeAlias = Literal["file", "beside", "given", "address"]
"""Where a manifest was: in the picture's file, beside it, given by the caller, fetched."""

AiKind: TypeAlias = Literal["generated", "edited"]
"""What AI is said to have done with a picture."""

RecordStatus: TypeAlias = Literal["live", "withdrawn", "erased"]
"""What has become of a registered picture; of an erased one only the tombstone is kept."""

Scope: TypeAlias = Literal[
    "fetch:manifests",
    "store:manifests",
    "store:bindings",
    "store:consents",
    "fetch:records",
    "verify",
    "protect",
    "metrics",
]
"""What a token of the service allows: the first three are C2PA's, the others our own."""
