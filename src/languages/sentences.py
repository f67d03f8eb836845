"""Sentences: English text that remembers the template and the values that it was made from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, LiteralString, Self, TypeAlias

__all__ = ["HOLE", "Sentence", "Value", "fill", "join", "say"]

Value: TypeAlias = str | int | float | dt.date
"""What stands in a hole: another sentence, or data (a name, a number, a date)."""

HOLE: Final = re.compile(r"\{([a-z][a-z_0-9]*)\}")
"""A hole in a template. No format specifications, no attributes: a template computes nothing."""

_NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})


class Sentence(str):
    """Text for people that can be said in another language: see :func:`say`.

    It *is* its English text, equal to the plain string and with its hash; `translate` says it in
    another language. What is made of it by string operations is a plain string and stays English.

    Parameters
    ----------
    template : str
        English, with holes such as ``{name}``.
    values : mapping of str to Value
        What stands in them. It is never read as a template, whatever it holds.

    Attributes
    ----------
    template, values
        As given.

    Raises
    ------
    KeyError
        If a hole has no value.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, Value] = _NOTHING) -> Self:
        """Fill the template in."""
        made = super().__new__(cls, fill(template, values, str))
        made.template = template
        made.values = values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.template, dict(self.values))


def say(template: LiteralString, /, **values: Value) -> Sentence:
    """Return a sentence.

    Parameters
    ----------
    template : str
        English, written where it is said: tests find it in the source, and hold every language to
        it. A hole is a name in braces.
    **values : str, int, float or date
        What stands in the holes; a `Sentence` is translated with the whole.
    """
    return Sentence(template, values)


def join(separator: str, parts: Iterable[str]) -> Sentence:
    """Return parts in a row, as a sentence: each is translated, and the separator stays."""
    values = {f"part_{number}": part for number, part in enumerate(parts)}
    return Sentence(separator.join(f"{{{name}}}" for name in values), values)


def fill(template: str, values: Mapping[str, Value], text: Callable[[Value], str]) -> str:
    """Return a template with its holes filled by what `text` makes of each value."""
    return HOLE.sub(lambda hole: text(values[hole.group(1)]), template)
