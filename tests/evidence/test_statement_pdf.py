"""The statement as a PDF: the same bytes each time, with its fonts, title and language."""

from __future__ import annotations

import re
import sys

import pytest

from indelible.errors import MissingDependencyError
from indelible.evidence.statement import statement
from indelible.evidence.statement_pdf import _escaped, pdf_of
from tests.evidence.knowing import facts
from tests.evidence.test_statement_html import NASTY


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_pdf_that_says_what_it_is(language: str) -> None:
    data = pdf_of(statement(facts(language=language)))
    assert data.startswith(b"%PDF-")
    assert data == pdf_of(statement(facts(language=language)))
    assert b"/FontFile2" in data
    assert f"/Lang ({language})".encode() in data
    assert b"/DisplayDocTitle true" in data
    assert b"/Outlines" in data
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|EmbeddedFile)\b", data)
    fonts = set(re.findall(rb"/BaseFont /([A-Za-z+-]+)", data))
    assert all(b"+" in one for one in fonts - {b"Helvetica"}), fonts


def test_other_facts_make_another_pdf() -> None:
    assert pdf_of(statement(facts())) != pdf_of(statement(facts(holder="A. Person")))


def test_texts_of_strangers_are_texts() -> None:
    nasty = facts(
        picture={"name": NASTY + "名前" + "x" * 3000}, capture={"url": "https://x/" + "y" * 3000}
    )
    assert pdf_of(statement(nasty)).startswith(b"%PDF-")
    assert _escaped("<b>&名") == "&lt;b&gt;&amp;[U+540D]"


def test_without_reportlab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reportlab.platypus", None)
    with pytest.raises(MissingDependencyError, match="reportlab"):
        pdf_of(statement(facts()))
