"""The statement as a page: whole in one file, harmless, and readable for everybody."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from indelible.evidence.facts import CaptureFacts, SignerFacts
from indelible.evidence.statement import statement
from indelible.evidence.statement_html import html_of
from tests.evidence.knowing import AT, facts

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e\x1b[2J\n{0} ______"


class Reader(HTMLParser):
    """Takes a page apart."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.text: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_that_needs_nothing(language: str) -> None:
    page = html_of(statement(facts(language=language)))
    assert page == html_of(statement(facts(language=language)))
    read = Reader(page)
    assert (read.unbalanced, read.open) == ([], [])
    names = [tag for tag, _ in read.tags]
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(names)
    assert names.count("h1") == 1
    assert names.count("main") == 1
    for tag, attributes in read.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]
    assert ("html", {"lang": language}) in read.tags


def test_links_and_labels_lead_somewhere() -> None:
    read = Reader(html_of(statement(facts())))
    ids = [one["id"] for _, one in read.tags if "id" in one]
    assert len(ids) == len(set(ids))
    for _, attributes in read.tags:
        for name in ("href", "aria-labelledby"):
            if attributes.get(name):
                assert (attributes[name] or "").lstrip("#") in ids


def test_texts_of_strangers_are_texts() -> None:
    nasty = facts(
        picture={"name": NASTY, "media_type": NASTY},
        capture={"clock": NASTY, "url": NASTY, "certificates": (NASTY,), "operator": NASTY},
        signer=SignerFacts(NASTY, NASTY),
        authorities=(NASTY,),
        versions={NASTY: NASTY},
        holder=NASTY,
    )
    page = html_of(statement(nasty))
    read = Reader(page)
    assert (read.unbalanced, read.open) == ([], [])
    assert "script" not in [tag for tag, _ in read.tags]
    assert "img" not in [tag for tag, _ in read.tags]
    assert "<script>alert(1)</script>" in "".join(read.text)
    for letter in ("\u202e", "\x1b"):
        assert letter not in page.decode()


def test_a_long_text_is_cut() -> None:
    long = CaptureFacts("file", AT, "x" * 5_000_000)
    assert len(html_of(statement(facts(capture={"clock": long.clock})))) < 100_000
