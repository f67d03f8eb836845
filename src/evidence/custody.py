"""The custody log: who held the bundle, when, and what they did, each line sealed by the next.

Every line is one JSON object that holds the SHA-256 of the line before it, its end included; the
first holds zeros. Whoever takes a line out, or changes one, breaks the chain from there on; that
the last lines are all there is what the signature and the time stamps over the bundle show.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence.layout import json_line
from indelible.evidence.packing import sha256, timestamp

__all__ = ["NOBODY", "Step", "appended", "check_text", "entries", "faults"]

NOBODY: Final = "not said"
"""Who did something, where that was not said: nobody's account name is taken instead."""

_FIRST: Final = "0" * 64
_MOST_LETTERS: Final = 2000
_MOST_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done.

    Attributes
    ----------
    at : datetime
        When, UTC; aware.
    who : str
        Who, as they want to be named; `NOBODY`.
    what, why : str
        In words.
    made : mapping of str to str
        SHA-256 of parts that this is about, by their paths.
    """

    at: dt.datetime
    who: str
    what: str
    why: str
    made: Mapping[str, str]


def appended(log: bytes, steps: Sequence[Step]) -> bytes:
    """Return a log with steps added to its end; it may be empty.

    Raises
    ------
    ArgumentError
        If a text is empty or too long.
    EvidenceError
        If the log is none, or as long as one can be, or a step is earlier than the one before it.
    """
    lines = log.splitlines(keepends=True)
    if faults(log):
        raise EvidenceError(
            "The custody log of this bundle does not hold, so nothing is added to it.",
            hint="Check it: indelible evidence check BUNDLE.",
        )
    if len(lines) + len(steps) > _MOST_LINES:
        raise EvidenceError(f"A custody log has {_MOST_LINES} lines at most.")
    last = max((str(one.get("at")) for one in entries(log)), default="")
    for step in steps:
        at = timestamp(step.at)
        if at < last:
            raise EvidenceError(
                f"This computer's clock says {at}, and the last line of the custody log {last}.",
                hint="Set the clock, and try again.",
            )
        last = at
        for name in ("who", "what", "why"):
            check_text(name, getattr(step, name))
        entry: dict[str, Any] = {
            "seq": len(lines) + 1,
            "at": at,
            "who": step.who,
            "what": step.what,
            "why": step.why,
            "about": dict(step.made),
            "previous": sha256(lines[-1]) if lines else _FIRST,
        }
        lines.append(json_line(entry))
    return b"".join(lines)


def entries(log: bytes) -> list[dict[str, Any]]:
    """Return what a log's lines say; what cannot be read is left out."""
    found = []
    for line in log.splitlines()[:_MOST_LINES]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def faults(log: bytes) -> tuple[str, ...]:
    """Return what is wrong with a log, in sentences, the first break first."""
    found: list[str] = []
    previous = _FIRST
    lines = log.splitlines(keepends=True)
    for number, line in enumerate(lines[:_MOST_LINES], 1):
        try:
            value = json.loads(line)
            whole = isinstance(value, dict) and line.endswith(b"\n")
        except (ValueError, RecursionError):
            whole, value = False, {}
        if not whole:
            found.append(f"Line {number} of the custody log cannot be read.")
        elif value.get("seq") != number:
            found.append(f"Line {number} of the custody log is missing, or was moved.")
        elif value.get("previous") != previous:
            found.append(f"Line {number - 1} of the custody log was changed.")
        previous = sha256(line)
    if len(lines) > _MOST_LINES:
        found.append(f"The custody log has more than {_MOST_LINES} lines.")
    return tuple(found)


def check_text(name: str, text: str) -> None:
    """Make sure that a text can stand in a log.

    Raises
    ------
    ArgumentError
        If it is empty, too long, or more than one line.
    """
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError(name, f"{name} is empty.", hint="Say it in a few words.")
    if len(text) > _MOST_LETTERS or not all(one.isprintable() for one in text):
        raise ArgumentError(
            name,
            f"{name} is longer than {_MOST_LETTERS} letters, or not one line of text.",
            hint="Say it shorter.",
        )
