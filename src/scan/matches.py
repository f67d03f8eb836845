"""The matches among a scan's results: the short list that somebody acts on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from indelible.languages import Sentence, say, translated
from indelible.scan.results import batches
from indelible.scan.schema import pyarrow
from indelible.verification import wording

__all__ = ["MATCH_KINDS", "Matches", "match_table", "matches"]

_NAMES: Final = (
    *("uri", "member", "match_kind", "match_query", "match_entry", "match_distance"),
    *("match_orientation", "match_score", "match_confirmed", "verdict", "sha256", "duplicate_of"),
)
MATCH_KINDS: Final = {
    "exact": say("the same bytes"),
    "watermark": say("the same watermark id"),
    "pdq": say("looks alike (PDQ)"),
    "reference": say("shows the same, laid upon each other"),
}
"""What told that a picture is a copy."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found.

    Attributes
    ----------
    rows : tuple of dict
        The first of them, each with its name and the columns ``match_...``.
    total : int
        How many there are.
    """

    rows: tuple[dict[str, Any], ...]
    total: int


def matches(results: str | os.PathLike[str], *, most: int = 1000) -> Matches:
    """Return which pictures of a scan are copies of what it looked for, in the scan's order.

    Parameters
    ----------
    results : path
        What a scan wrote.
    most : int
        How many to return.

    Raises
    ------
    UnreadableScanError, MissingDependencyError
        As `report`.
    """
    rows: list[dict[str, Any]] = []
    total = 0
    compute = pyarrow("pyarrow.compute")
    for batch in batches(results, _NAMES):
        found = batch.filter(compute.is_valid(batch["match_kind"]))
        total += found.num_rows
        rows += found.slice(0, max(0, most - len(rows))).to_pylist()
    return Matches(tuple(rows), total)


def match_table(found: Matches, *, language: str = "en") -> wording.Table:
    """Return the matches as a table.

    Parameters
    ----------
    found : Matches
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    columns = (
        say("file"),
        say("copy of"),
        say("how it was told"),
        say("bits that differ"),
        say("agreement"),
    )
    return translated(wording.Table(columns, tuple(_row(one) for one in found.rows)), language)


def _row(one: dict[str, Any]) -> tuple[wording.Cell, ...]:
    name = one["uri"] if one["member"] is None else f"{one['uri']}::{one['member']}"
    bits = "" if one["match_distance"] is None else str(one["match_distance"])
    score, confirmed = one["match_score"], one["match_confirmed"]
    agreement: str = "" if score is None else say("{score}", score=round(score, 2))
    if confirmed is False:
        agreement = say("{score}: shows something else", score=agreement)
    return (
        wording.Cell(name),
        wording.Cell(one["match_query"] or ""),
        wording.Cell(_told(one["match_kind"])),
        wording.Cell(bits),
        wording.Cell(agreement, "caution" if confirmed is False else "plain"),
    )


def _told(kind: str) -> Sentence | str:
    return MATCH_KINDS.get(kind, kind)
