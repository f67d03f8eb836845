"""The shapes that words come in, as plain data: a face draws them, and adds no word of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Cell", "Item", "Kind", "Node", "Section", "Table", "Tone"]

Tone: TypeAlias = Literal["plain", "strong", "faint", "good", "caution", "bad", "verdict"]
"""How words should look. ``verdict``: the text is a verdict's word, in that verdict's colour."""

Kind: TypeAlias = Literal[
    "file", "line", "manifest", "fact", "heading", "ingredient", "failures", "nothing", "remark"
]
"""What a node of a tree is about."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a report.

    Attributes
    ----------
    text : str
        What is said.
    label : str
        What it is about, in front of the text; empty where the text stands alone.
    code : str
        C2PA's status code behind the text; empty where there is none.
    """

    text: str
    label: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together, under a heading; without one where `heading` is empty."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; a row may be shorter than the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A line of a tree, and the lines below it.

    Attributes
    ----------
    kind : Kind
        What it is about.
    text, label, code : str
        As for `Item`.
    tone : Tone
        How the text should look.
    children : tuple of Node
        In order.
    """

    kind: Kind
    text: str
    label: str = ""
    code: str = ""
    tone: Tone = "plain"
    children: tuple[Node, ...] = ()
