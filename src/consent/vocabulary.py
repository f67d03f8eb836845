"""The words of consent, as machines read them: docs/consent.md describes each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from indelible.credentials import AI_EDITING, AI_INFERENCE, LIKENESS, TrainingMining

__all__ = ["EDITING", "ENTRIES", "MINING", "STATEMENT", "TRAINING"]

TRAINING: Final = TrainingMining(others={AI_EDITING: "notAllowed", LIKENESS: "notAllowed"})
"""What `sign` signs: CAWG's four entries, and our own two."""

ENTRIES: Final[Mapping[str, str]] = MappingProxyType(
    {name: entry["use"] for name, entry in TRAINING.data()["entries"].items()}
)
"""The same, as a record of consent holds it."""

EDITING: Final = (AI_INFERENCE, AI_EDITING, LIKENESS)
"""Entries that speak about what a gate is for: giving the picture to a model."""

MINING: Final = ("cawg.data_mining", "cawg.ai_training", "cawg.ai_generative_training")
"""Entries that speak about mining and training."""

STATEMENT: Final = (
    "Please do not edit this picture with AI, do not make pictures of the people in it, and do not "
    "train on it."
)
"""What a record says in words, if its owner says nothing else."""
