"""Each language says everything that is said, and nothing else."""

from __future__ import annotations

import ast
import datetime as dt
import re
from dataclasses import dataclass

import pytest

from indelible.errors import ArgumentError
from indelible.languages import (
    LANGUAGES,
    join,
    page_strings,
    preferred,
    say,
    translate,
    translated,
)
from indelible.languages.catalogue import ENGLISH, load
from indelible.languages.sentences import HOLE
from tests.languages.templates import MADE_OF_OTHERS, calls, templates

OTHERS = [language for language in LANGUAGES if language != ENGLISH]


def wordless(template: str) -> bool:
    """Whether a template is the same in every language: holes and signs."""
    return re.search("[A-Za-z]", HOLE.sub("", template)) is None


SAID = {template for template in templates() if not wordless(template)}


def test_there_are_languages() -> None:
    assert ENGLISH in LANGUAGES
    assert "de" in OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_everything_that_is_said_is_translated(language: str) -> None:
    assert sorted(SAID - set(load(language).sentences)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    assert sorted(set(load(language).sentences) - SAID) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_same_holes(language: str) -> None:
    wrong = [
        (english, other)
        for english, other in load(language).sentences.items()
        if sorted(HOLE.findall(english)) != sorted(HOLE.findall(other))
        or re.search(r"[{}]", HOLE.sub("", other))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_end_as_the_english_does(language: str) -> None:
    """A sentence with its full stop, a part of one without it, spaces where they were."""
    wrong = [
        (english, other)
        for english, other in load(language).sentences.items()
        if english.endswith(".") != other.endswith(".")
        or english[:1].isspace() != other[:1].isspace()
    ]
    assert wrong == []


def test_sentences_are_made_by_say_and_tables_alone() -> None:
    """A template that is computed could be somebody else's text."""
    elsewhere = {path for path, _ in calls("Sentence")} - MADE_OF_OTHERS
    assert elsewhere == set()
    for path, call in calls("say"):
        (template,) = call.args
        assert isinstance(template, ast.Constant), path
        holes = set(HOLE.findall(str(template.value)))
        assert holes == {one.arg for one in call.keywords}, (path, template.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_words_of_the_page(language: str) -> None:
    assert set(load(language).page) == set(load(ENGLISH).page)
    assert page_strings(language) == dict(load(language).page)


# --- translating --------------------------------------------------------------------------------


def test_a_sentence_within_a_sentence() -> None:
    place = say("The manifest in the file")
    said = say("{manifest} cannot be read.", manifest=place)
    assert said == "The manifest in the file cannot be read."
    assert translate(said, "de") == "Das Manifest in der Datei lässt sich nicht lesen."
    assert translate(said, "en") == said


def test_data_passes_as_it_is() -> None:
    assert translate("The manifest in the file", "de") == "The manifest in the file"


def test_a_hostile_value_is_no_template() -> None:
    name = "{name} {0} {name.__class__} %s \\1 {manifest}"
    said = say("says it is {name}", name=name)
    assert said == f"says it is {name}"
    assert translate(said, "de") == f"nach eigener Angabe {name}"


def test_parts_in_a_row() -> None:
    said = join("; ", [say("in the file"), "X", say("signer")])
    assert said == "in the file; X; signer"
    assert translate(said, "de") == "in der Datei; X; Unterzeichner"
    assert join(", ", []) == ""


def test_numbers_and_dates() -> None:
    said = join(" ", [say("Red: changed since it was signed ({share} %).", share=0.5)])
    assert said == "Red: changed since it was signed (0.5 %)."
    assert translate(said, "de") == "Rot: seit dem Signieren verändert (0,5 %)."
    stale = say(
        "The {list} is stale: its next update was due on {day}.", list="L", day=dt.date(2026, 3, 1)
    )
    assert "2026-03-01" in stale
    assert "01.03.2026" in translate(stale, "de")


@dataclass(frozen=True)
class Words:
    text: str
    more: tuple[str, ...] = ()
    number: int = 0


def test_everything_within_a_value() -> None:
    words = Words(say("signer"), ("X", say("issuer")), 3)
    assert translated(words, "de") == Words("Unterzeichner", ("X", "Aussteller"), 3)
    assert translated({"a": [say("time")]}, "de") == {"a": ["Zeit"]}
    assert translated(words, "en") is words


def test_an_unknown_language() -> None:
    for language in ("xx", "../en", "", "DE"):
        with pytest.raises(ArgumentError, match="language"):
            translate(say("signer"), language)
        with pytest.raises(ArgumentError, match="language"):
            translated(say("signer"), language)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-CH, fr;q=0.8", "de"),
        ("fr, de;q=0.5, en;q=0.3", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("", "en"),
        ("*", "en"),
        (",;,=" * 100_000 + "de", "en"),
    ],
)
def test_the_language_that_somebody_prefers(header: str, language: str) -> None:
    assert preferred(header) == language
