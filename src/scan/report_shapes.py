"""The shapes of a report's words: a terminal and a page draw them, and add no word of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Course", "Figure", "Look", "Row", "Section", "Words", "digits"]

Look: TypeAlias = Literal["fact", "claim", "verdict", "error", "rest"]
"""What a row's text is: a fact, a claim, a verdict's word, a failure, or what is left."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number about all, and what it counts."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """What was counted, and how often.

    Attributes
    ----------
    text : str
        What it is. It may hold a stranger's text: it is escaped where it is drawn.
    count : int
        How many pictures.
    look : Look
        How to show it.
    note : str
        What the text does not say; may be empty.
    """

    text: str
    count: int
    look: Look = "fact"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Pictures by one of their properties.

    Attributes
    ----------
    key : str
        A name for machines.
    heading, about, column : str
        The title, what the counts mean, and what a row is.
    rows : tuple of Row
        The most frequent first; what is left comes last.
    of : int
        Of how many pictures the shares are.
    """

    key: str
    heading: str
    about: str
    column: str
    rows: tuple[Row, ...]
    of: int


@dataclass(frozen=True, slots=True)
class Course:
    """Pictures over time.

    Attributes
    ----------
    key, heading, about : str
        As for `Section`.
    column : str
        What a bar is: an hour, a day, a month, a year.
    bars : tuple of (str, int)
        When it began, UTC, and how many; from the first to the last without a gap.
    """

    key: str
    heading: str
    about: str
    column: str
    bars: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All that a report says."""

    title: str
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...]
    sections: tuple[Section, ...]
    courses: tuple[Course, ...]
    footer: str


def digits(count: int) -> str:
    """Return a count with narrow spaces between thousands, which every language reads."""
    return f"{count:,}".replace(",", "\u202f")
