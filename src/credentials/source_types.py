"""IPTC's *digital source types*: terms for how a picture came to be, in manifests and metadata."""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["SourceType"]

_ROOT: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(enum.StrEnum):
    """How the picture came to be: terms of IPTC's *digital source type* vocabulary."""

    GENERATED = "trainedAlgorithmicMedia"
    AI_EDITED = "compositeWithTrainedAlgorithmicMedia"
    CAPTURED = "digitalCapture"
    ALGORITHMIC = "algorithmicMedia"
    HUMAN_MADE = "digitalCreation"
    HUMAN_EDITED = "humanEdits"
    COMPOSITE = "composite"
    SCREEN_CAPTURE = "screenCapture"

    @classmethod
    def named(cls, text: str) -> SourceType | None:
        """Return the source type of a short name ("ai-edited") or of IPTC's term, or None."""
        term = text.strip().rstrip("/").rpartition("/")[2].lower().replace("_", "-")
        return next((kind for kind in cls if term in (kind.short_name, kind.value.lower())), None)

    @property
    def short_name(self) -> str:
        """What people type: "generated", "ai-edited", ..."""
        return self.name.lower().replace("_", "-")

    @property
    def uri(self) -> str:
        """The term's address, as manifests and XMP write it."""
        return _ROOT + self.value

    @property
    def involves_ai(self) -> bool:
        """Whether the term says that a trained model made all or part of the picture."""
        return self in (SourceType.GENERATED, SourceType.AI_EDITED)
