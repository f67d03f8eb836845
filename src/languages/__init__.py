"""Languages: sentences that know how they were made, and one file for each language."""

from __future__ import annotations

from indelible.languages.catalogue import (
    ENGLISH,
    LANGUAGES,
    page_strings,
    preferred,
    translate,
    translated,
)
from indelible.languages.sentences import Sentence, Value, join, say

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Sentence",
    "Value",
    "join",
    "page_strings",
    "preferred",
    "say",
    "translate",
    "translated",
]
