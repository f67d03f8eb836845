"""A document as plain data: what it says, and not how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = [
    "BLANK",
    "Block",
    "Box",
    "Bullets",
    "Document",
    "Facts",
    "Form",
    "Part",
    "Text",
    "Tone",
    "seen",
]

BLANK: Final = "______"
"""Stands in a text where somebody has to write something."""

_MOST_LETTERS: Final = 2000  # of one text; a stranger's manifest may hold any

Tone: TypeAlias = Literal["plain", "verdict", "caution", "problem"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """Paragraphs that stand out; the first is the heading of the others."""

    lines: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `numbered`: its order means something."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels, and what is to be said about each; `exact`: texts to be compared letter by letter."""

    rows: tuple[tuple[str, str], ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Sentences with blanks, for somebody to complete and to sign."""

    items: tuple[str, ...]


Block: TypeAlias = Text | Box | Bullets | Facts | Form


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, and what stands below it; `key` names it in links."""

    key: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole.

    Attributes
    ----------
    title, subtitle : str
        What it is, and about what.
    language : str
        Of all its texts.
    contents : str
        The heading of the list of its parts.
    parts : tuple of Part
        In order.
    foot : str
        Stands at the end of every page.
    """

    title: str
    subtitle: str
    language: str
    contents: str
    parts: tuple[Part, ...]
    foot: str


def seen(text: str) -> str:
    """Return a text whose letters can all be seen: strangers' names hold what they like."""
    clean = "".join(one if one.isprintable() else " " for one in text[: _MOST_LETTERS + 1])
    return clean if len(clean) <= _MOST_LETTERS else f"{clean[: _MOST_LETTERS - 1]}…"
