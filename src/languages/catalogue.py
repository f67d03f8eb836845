"""The languages there are: one JSON file each, beside this module.

``sentences`` has a translation for each English template; ``page`` the words of the page, of which
``en.json`` has the English ones. ``decimal`` and ``date`` say how numbers and dates are written. To
add a language, copy ``de.json`` and translate it: a test holds it to what is said.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from indelible.errors import ArgumentError
from indelible.languages.sentences import Sentence, Value, fill

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Language",
    "load",
    "page_strings",
    "preferred",
    "translate",
    "translated",
]

ENGLISH: Final = "en"

_FOLDER: Final = importlib.resources.files("indelible.languages")
_MOST_PREFERENCES: Final = 16  # of a header that a stranger wrote

LANGUAGES: Final[tuple[str, ...]] = tuple(
    sorted(file.name.removesuffix(".json") for file in _FOLDER.iterdir() if ".json" in file.name)
)
"""The languages there are, as IETF tags ("en", "de")."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Language:
    """One file.

    Attributes
    ----------
    name : str
        What its speakers call it.
    decimal : str
        The decimal sign.
    date : str
        How a date is written, for ``strftime``.
    sentences, page : mapping of str to str
        Translations by English template, and the words of the page by name.
    """

    name: str
    decimal: str
    date: str
    sentences: Mapping[str, str]
    page: Mapping[str, str]


@functools.cache
def load(language: str) -> Language:
    """Return a language.

    Raises
    ------
    ArgumentError
        If there is none of that name.
    """
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise ArgumentError("language", f"There is no language {language!r}.", hint=f"Use {known}.")
    return Language(**json.loads((_FOLDER / f"{language}.json").read_text("utf-8")))


def translate(text: str, language: str) -> str:
    """Return a sentence in another language.

    Parameters
    ----------
    text : str
        A `Sentence`. Any other text is data, and passes as it is.
    language : str
        One of `LANGUAGES`.

    Raises
    ------
    ArgumentError
        If there is no such language.
    """
    return _said(text, load(language))


def translated(value: _T, language: str) -> _T:
    """Return a value with all sentences in it translated: dataclasses, tuples, lists and dicts.

    Parameters
    ----------
    value : object
        Whose every `str` is a sentence, or data.
    language : str
        As for `translate`.

    Raises
    ------
    ArgumentError
        If there is no such language.
    """
    spoken = load(language)
    return value if language == ENGLISH else _within(value, spoken)


def page_strings(language: str) -> dict[str, str]:
    """Return the words of the page by name; those that a language lacks are English.

    Raises
    ------
    ArgumentError
        If there is no such language.
    """
    return {**load(ENGLISH).page, **load(language).page}


def preferred(preferences: str, default: str = ENGLISH) -> str:
    """Return the first language that somebody prefers and that there is.

    Parameters
    ----------
    preferences : str
        As in the header ``Accept-Language`` ("de-CH, fr;q=0.8"). Weights are not compared: who
        writes the header names the most wanted first.
    default : str
        Returned where none of them is there.
    """
    for preference in preferences[:1024].split(",")[:_MOST_PREFERENCES]:
        tag = preference.partition(";")[0].strip().lower()
        for known in LANGUAGES:
            if tag == known.lower() or tag.partition("-")[0] == known.lower():
                return known
    return default


def _said(value: Value, language: Language) -> str:
    match value:
        case Sentence():
            template = language.sentences.get(value.template, value.template)
            return fill(template, value.values, lambda one: _said(one, language))
        case str():
            return value
        case dt.date():
            return value.strftime(language.date)
        case float():
            return str(value).replace(".", language.decimal)
        case _:
            return str(value)


def _within(value: Any, language: Language) -> Any:  # noqa: ANN401 - whatever is in it
    if isinstance(value, str):
        # A verdict is a word for machines, too: it stays what it is.
        return _said(value, language) if isinstance(value, Sentence) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _within(getattr(value, field.name), language)
            for field in dataclasses.fields(value)
            if field.init
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_within(one, language) for one in value)
    if isinstance(value, list):
        return [_within(one, language) for one in value]
    if isinstance(value, dict):
        return {key: _within(one, language) for key, one in value.items()}
    return value
