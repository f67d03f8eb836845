"""Evidence: one file about one picture, that a stranger can check without us."""

from __future__ import annotations

from indelible.evidence.bundle import Bundle
from indelible.evidence.making import make

__all__ = ["Bundle", "make"]
