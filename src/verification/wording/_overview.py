"""Tables about several pictures: one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from indelible.languages import say, translated
from indelible.verification.result import Verification
from indelible.verification.wording._ai import ai_cell
from indelible.verification.wording._origins import origin_cell
from indelible.verification.wording._report import is_development
from indelible.verification.wording._shapes import Cell, Item, Table
from indelible.verification.wording._signals import signal_cell
from indelible.verification.wording._vocabulary import DEVELOPMENT_NOTE, probability
from indelible.watermark import Detection

__all__ = ["Overview", "detection_table", "overview"]

_COLUMNS: Final = (
    say("file"),
    say("verdict"),
    say("says AI"),
    say("origin"),
    say("time"),
    say("watermark id"),
)
_UNSIGNED_COLUMN: Final = say("unsigned claims")
_UNREADABLE: Final = Cell(say("unreadable"), "bad")


@dataclass(frozen=True, slots=True)
class Overview:
    """Several pictures.

    Attributes
    ----------
    table : Table
        A row for each.
    legend : tuple of Item
        What the words of the table do not mean; a label is a verdict's word.
    remarks : tuple of str
        What else there is to know.
    """

    table: Table
    legend: tuple[Item, ...]
    remarks: tuple[str, ...]


def overview(rows: Sequence[tuple[str, Verification | None]], *, language: str = "en") -> Overview:
    """Return one row for each picture, and what the words mean.

    Parameters
    ----------
    rows : sequence of (str, Verification or None)
        Each picture's name, and what was found; None where it could not be read.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    results = [result for _, result in rows if result is not None]
    unsigned = any(result.signals for result in results)
    columns = (*_COLUMNS, _UNSIGNED_COLUMN) if unsigned else _COLUMNS
    legend = [
        Item(verdict.words.caution, label=str(verdict))
        for verdict in dict.fromkeys(result.verdict for result in results)
    ]
    if unsigned:
        legend.append(Item(say("Unsigned claims can be written and removed by anybody.")))
    words = Overview(
        Table(columns, tuple(_row(name, result)[: len(columns)] for name, result in rows)),
        tuple(legend),
        (DEVELOPMENT_NOTE,) if any(is_development(result) for result in results) else (),
    )
    return translated(words, language)


def _row(name: str, result: Verification | None) -> tuple[Cell, ...]:
    if result is None:
        return (Cell(name), _UNREADABLE)
    origin, payload = result.origin, result.watermark.payload
    return (
        Cell(name),
        Cell(str(result.verdict), "verdict"),
        Cell(ai_cell(result.ai)),
        Cell(origin_cell(result)),
        Cell((origin and origin.credential.time) or ""),
        Cell("" if payload is None else payload.hex()),
        Cell(signal_cell(result.signals)),
    )


def detection_table(rows: Iterable[tuple[str, Detection | None]]) -> Table:
    """Return which watermark each picture carries; None: the picture could not be read."""
    return Table(
        (say("file"), say("watermark id"), say("chance of an accident"), say("key")),
        tuple(_detection_row(name, found) for name, found in rows),
    )


def _detection_row(name: str, found: Detection | None) -> tuple[Cell, ...]:
    if found is None:
        return (Cell(name), _UNREADABLE)
    if found.payload is None:
        return (Cell(name), Cell(say("none found"), "faint"))
    return (
        Cell(name),
        Cell(found.payload.hex(), "strong"),
        Cell(probability(found.false_positive_probability)),
        Cell(found.key_id or ""),
    )
