"""What the statement says, of each verdict and each kind of bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from indelible.evidence.document import BLANK, Box, Bullets, Document, Facts, Form, Text, seen
from indelible.evidence.facts import Facts as Known
from indelible.evidence.facts import SignerFacts
from indelible.evidence.statement import statement, time_text
from indelible.languages import Sentence, translate
from indelible.verification import Verdict
from tests.evidence.knowing import AT, SHA256, facts
from tests.verification.wording.found import ABSENT, MARK, TRUSTED, UNKNOWN, found

KINDS = {
    Verdict.SUSPECT: found(Verdict.SUSPECT, TRUSTED, UNKNOWN),
    Verdict.INVALID: found(Verdict.INVALID, UNKNOWN),
    Verdict.ALTERED: found(Verdict.ALTERED, TRUSTED),
    Verdict.AUTHENTIC: found(Verdict.AUTHENTIC, TRUSTED),
    Verdict.RECOVERED: found(Verdict.RECOVERED, ABSENT, TRUSTED),
    Verdict.UNVERIFIED: found(Verdict.UNVERIFIED, UNKNOWN),
    Verdict.UNCHECKED: found(Verdict.UNCHECKED, ABSENT),
    Verdict.NONE: found(Verdict.NONE, ABSENT),
}


def texts(document: Document) -> Iterator[str]:
    """Yield every text of a document."""
    yield from (document.title, document.subtitle, document.contents, document.foot)
    for part in document.parts:
        yield part.heading
        for block in part.blocks:
            match block:
                case Text(text):
                    yield text
                case Box(lines):
                    yield from lines
                case Bullets(items) | Form(items):
                    yield from items
                case Facts(rows):
                    yield from (one for row in rows for one in row)


def said(known: Known) -> str:
    return "\n".join(texts(statement(known)))


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_verdict_with_its_meaning_and_its_caution(verdict: Verdict, language: str) -> None:
    result = KINDS[verdict]
    text = said(facts(result=result, language=language))
    for words in (result.words.headline, result.words.meaning, result.words.caution):
        assert translate(words, language) in text
    assert SHA256 in text
    assert time_text(AT) in text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_it_says_what_no_verdict_says(verdict: Verdict) -> None:
    text = said(facts(result=KINDS[verdict]))
    assert "does not say that the picture is real" in text
    assert "does not say that the picture was not made by AI" in text
    assert "does not say who did something wrong" in text
    assert not re.search(r"\b(guilty|perpetrator|criminal|culprit is|is fake|is genuine)\b", text)


def test_everything_in_it_is_translated() -> None:
    english = set(texts(statement(facts(result=KINDS[Verdict.RECOVERED]))))
    german = set(texts(statement(facts(result=KINDS[Verdict.RECOVERED], language="de"))))
    same = {one for one in english & german if re.search("[a-z]{4}", one)}
    given = {
        "portrait.jpg",
        "image/jpeg",
        "this computer's clock",
        "https://example.com/photos/1.jpg",
        "CN=example.com, SHA-256 aa",
        "Indelible 0.1.0",
        "Acme 1",
        "Acme Inc.",
        "Sunrise",
        "indelible",
        "python",
        "urn:c2pa:1",
        "Test signer",
        "Test TSA",
        "Test CA",
    }
    assert {one for one in same if not re.fullmatch("[0-9a-f]+", one)} <= given
    assert not any(isinstance(one, Sentence) for one in german)


def test_strangers_learn_no_figures() -> None:
    for verdict in Verdict:
        text = said(facts(result=KINDS[verdict], coarse=True))
        payload = MARK.payload
        assert payload is not None
        for secret in (payload.hex(), MARK.key_id or "", "1e-12"):
            assert secret not in text
    assert "1e-12" in said(facts(result=KINDS[Verdict.RECOVERED]))


def test_a_picture_that_may_show_a_minor() -> None:
    text = said(facts(may_show_minor=True))
    assert "The picture is not in this bundle" in text
    assert "report it" in text
    assert "not in this bundle" not in said(facts())


def test_a_sealed_picture_and_a_development_identity() -> None:
    assert "The picture is locked" in said(facts(sealed=True))
    development = SignerFacts("X", development=True)
    assert "Signed with a development identity" in said(facts(signer=development))
    assert "development" not in said(facts())


def test_how_it_was_obtained() -> None:
    assert "fetched the picture from the address" in said(facts())
    given = said(facts(capture={"how": "file", "status": None, "certificates": ()}))
    assert "The address is what that person said. It was not fetched." in given
    assert "Where the file was before that, the software cannot know." in given
    page = said(facts(capture={"how": "page", "url": None, "operator": "A. Person"}))
    assert "in a browser" in page
    assert "A. Person" in page


def test_hashes_that_mean_nothing_are_named() -> None:
    assert "too little detail" in said(facts(picture={"pdq_quality": 20}))
    assert "too little detail" not in said(facts())
    assert "could not be decoded" in said(facts(picture={"pdq": None, "pdq_quality": None}))
    assert "MD5 and SHA-1 are old and prove nothing" in said(facts())


def test_nobody_is_named_in_the_form() -> None:
    document = statement(facts(holder="A. Person"))
    (part,) = (one for one in document.parts if one.key == "certificate")
    (form,) = (one for one in part.blocks if isinstance(one, Form))
    assert sum(item.count(BLANK) for item in form.items) >= 12
    assert any(SHA256 in item for item in form.items)
    assert not any("A. Person" in item for item in form.items)
    assert any("902(13)" in one for block in part.blocks if isinstance(block, Box)
               for one in block.lines)  # fmt: skip


def test_without_time_stamps_it_says_so() -> None:
    assert "No time-stamp authority was asked" in said(facts(authorities=()))
    assert "No time-stamp authority was asked" not in said(facts())


def test_parts_have_names_of_their_own() -> None:
    keys = [part.key for part in statement(facts()).parts]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch("[a-z]+", key) for key in keys)


def test_error_rates_are_those_of_the_documentation() -> None:
    text = said(facts())
    assert "At most once in 1,000,000,000 pictures" in text
    assert "Of 1635 copied watermarks 99.6 % were exposed" in text
    assert "Of 1685 honest edits 0.6 %" in text


def test_what_is_seen_of_a_text_of_strangers() -> None:
    assert seen("a\u202eb\nc\x1b[2J") == "a b c [2J"
    assert len(seen("x" * 1_000_000)) == 2000
