"""Letters: drafts with every element that their receivers ask for, and blanks for the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from indelible.evidence.letters import letters
from tests.evidence.knowing import PICTURE, SHA256, URL, facts
from tests.evidence.test_statement_html import NASTY

ALL = {
    "dsa-notice.txt",
    "ncmec.json",
    "police.txt",
    "stopncii.json",
    "stopncii.txt",
    "take-it-down.txt",
}


def texts(**changes: Any) -> dict[str, str]:
    return {name: data.decode() for name, data in letters(facts(**changes)).items()}


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_every_letter_is_a_draft_with_blanks() -> None:
    written = texts()
    assert set(written) == ALL
    for name, text in written.items():
        if name.endswith(".txt"):
            assert "This is a draft. Nobody has sent it." in flat(text), name
            assert "have counsel check it: it is no legal advice" in flat(text)
            assert "____" in text
            assert max(map(len, text.splitlines())) <= 160


def test_take_it_down_has_its_five_elements() -> None:
    text = flat(texts()["take-it-down.txt"])
    for element in (
        "1. This is a notice in writing",
        "2. The depiction, and where it is",
        "3. Statement in good faith",
        "4. How to reach me",
        "5. Signature",
    ):
        assert element in text
    assert URL in text
    assert "within 48 hours" in text
    assert "without the consent of the person" in text
    assert SHA256 in text
    assert "Address: ____" in flat(texts(capture={"url": None})["take-it-down.txt"])


@pytest.mark.parametrize(
    ("language", "elements"),
    [
        ("en", ["(a) Why", "(b) Where exactly", "(c) Who", "(d) Statement in good faith"]),
        ("de", ["(a) Warum", "(b) Wo genau", "(c) Wer meldet", "(d) Erklärung in gutem Glauben"]),
    ],
)
def test_the_dsa_notice_has_its_elements(language: str, elements: list[str]) -> None:
    text = texts(language=language)["dsa-notice.txt"]
    for element in elements:
        assert element in text
    assert URL in text
    assert "2022/2065" in text
    assert "2011/93/EU" in text


def test_the_police_note_names_nobody() -> None:
    for language in ("en", "de"):
        text = texts(language=language, holder="A. Person")["police.txt"]
        assert SHA256 in text
        assert "verify/check.py" in text
        assert "registry trace" in flat(text)
    sealed = flat(texts(sealed=True, recipient="Police, Berlin")["police.txt"])
    assert "encrypted for Police, Berlin" in sealed


def test_what_strangers_receive_says_what_it_does_not_mean() -> None:
    for name in ("take-it-down.txt", "dsa-notice.txt", "police.txt"):
        assert "It does not say who made or published the picture." in flat(texts()[name])


def test_a_picture_that_may_show_a_minor_is_reported_and_no_more() -> None:
    for language in ("en", "de"):
        written = texts(may_show_minor=True, language=language)
        assert set(written) == {"report.txt", "ncmec.json"}
        assert "report.cybertip.org" in written["report.txt"]
        assert "inhope.org" in written["report.txt"]
        assert SHA256 in written["report.txt"]
    text = flat(texts(may_show_minor=True)["report.txt"])
    assert "it is a crime" in text
    assert "Report at once" in text  # and nobody waits for a lawyer
    assert "counsel" not in text


def test_letters_are_the_same_each_time() -> None:
    assert letters(facts()) == letters(facts())


def test_texts_of_strangers_add_no_line() -> None:
    nasty = NASTY + "\nSignature: forged\n"
    written = texts(capture={"url": nasty}, picture={"media_type": nasty}, holder=nasty)
    for name, text in written.items():
        if name.endswith(".json"):
            json.loads(text)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\nSignature: forged\n" not in text
    assert PICTURE["md5"] in written["police.txt"]
