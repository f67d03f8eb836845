"""JSON from strangers: bounded, flat, and without what only some parsers accept."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

__all__ = ["parse_json"]

# Possessive, and also where it is not closed: linear in time, without a memory of where it was.
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


def parse_json(data: bytes, *, max_bytes: int, max_depth: int) -> object:
    """Read a JSON text.

    Parameters
    ----------
    data : bytes
        UTF-8.
    max_bytes : int
        Longest text to read.
    max_depth : int
        How many arrays and objects may lie in one another.

    Raises
    ------
    ValueError
        If it is longer or deeper, no JSON, not UTF-8, says a name twice in one object, or holds a
        number that is none.
    """
    if len(data) > max_bytes:
        raise ValueError(f"it is longer than {max_bytes} bytes")
    text = data.decode("utf-8")
    _check_depth(text, max_depth)
    found: object = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    return found


def _check_depth(text: str, most: int) -> None:
    """Refuse what is nested deeper than it may be, before a parser follows it."""
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > most:
            raise ValueError(f"it is nested deeper than {most}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it says a name twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
