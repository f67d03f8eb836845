"""How words look on a terminal: the colours of verdicts and tones, and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli._console import clean
from indelible.verification import Verdict, wording

__all__ = ["TONE_STYLES", "VERDICT_STYLES", "drawn_table"]

VERDICT_STYLES: Final[Mapping[str, str]] = {
    Verdict.SUSPECT: "bold red",
    Verdict.INVALID: "bold red",
    Verdict.ALTERED: "bold dark_orange",
    Verdict.AUTHENTIC: "bold green",
    Verdict.RECOVERED: "bold cyan",
    Verdict.UNVERIFIED: "bold yellow",
    Verdict.UNCHECKED: "bold magenta",
    Verdict.NONE: "bold",
}

TONE_STYLES: Final[Mapping[str, str]] = {
    "strong": "bold",
    "faint": "dim",
    "good": "bold green",
    "caution": "bold yellow",
    "bad": "bold red",
}


def drawn_table(table: wording.Table) -> Table:
    """Return a table as it is drawn on a terminal."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        drawn.add_column(column, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(_cell(cell) for cell in row))
    return drawn


def _cell(cell: wording.Cell) -> Text:
    styles = VERDICT_STYLES if cell.tone == "verdict" else TONE_STYLES
    key = cell.text if cell.tone == "verdict" else cell.tone
    return Text(clean(cell.text), style=styles.get(key, ""))
