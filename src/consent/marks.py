"""The marks of a picture that a gate looks up: of the consent key, and of generators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indelible import watermark
from indelible.choices import Effort
from indelible.watermark import CONSENT_KEY, CONSENT_KEYS, Detection, Key, View

__all__ = ["Marks", "find_marks", "further_consents"]

_MOST: Final = 8  # consent ids of one picture that are looked up; each is a question to a registry


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in a picture: marks of generators whose keys are here, and of consent."""

    generators: tuple[Detection, ...] = ()
    consents: tuple[Detection, ...] = ()


def find_marks(view: View, keys: Sequence[Key], effort: Effort) -> Marks:
    """Look for marks of generators and of the consent key, each in a search of its own.

    A second id at the place of one that was found costs little, and is always looked for.
    """
    generators: list[Detection] = []
    consents: list[Detection] = []
    if keys:
        found = watermark.detect(view, keys, effort=effort)
        if found.payload is not None:
            below = watermark.detect_superposed(view, (*keys, CONSENT_KEY), found)
            generators = [found, *(one for one in below if one.key_id not in CONSENT_KEYS)]
            consents = [one for one in below if one.key_id in CONSENT_KEYS]
    if not consents:
        found = watermark.detect(view, CONSENT_KEY, effort=effort)
        if found.payload is not None:
            consents = [found, *watermark.detect_superposed(view, CONSENT_KEY, found)]
    return Marks(tuple(generators[:_MOST]), tuple(consents[:_MOST]))


def further_consents(view: View, known: Sequence[Detection]) -> tuple[Detection, ...]:
    """Return consent marks beside and under those that are known: ten searches, and not more.

    Whoever wants a picture to pass could put a mark of his own over its owner's: the key is public.
    So it is asked for only where the known ones refuse nothing.
    """
    seen = {one.payload for one in known}
    located = watermark.detect_all(view, CONSENT_KEY, known=known, limit=_MOST)
    return tuple(one.detection for one in located if one.detection.payload not in seen)
