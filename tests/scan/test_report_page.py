"""The page of a report: it stands alone, and nothing in it is a stranger's to write."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from indelible.scan import html_page, report, worded
from tests.scan.results import NASTY, many, row, signed, write_parquet

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    rows = [*many(3000), row(match_kind="pdq", match_query=NASTY)]
    rows += [signed("untrusted", f"{NASTY}{number}", NASTY) for number in range(30)]
    counted = report(write_parquet(tmp_path_factory.mktemp("results") / "a.parquet", rows))
    return {name: html_page(worded(counted, language=name), name) for name in ("en", "de")}


class Elements(HTMLParser):
    """The elements of a document, and what they say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_is_fetched_and_nothing_runs(made: dict[str, str], language: str) -> None:
    elements = Elements(made[language])
    assert elements.open == []
    assert {tag for tag, _ in elements.found}.isdisjoint({"script", "img", "link", "iframe", "a"})
    for _, attributes in elements.found:
        assert not any(
            name.startswith("on") or name in {"src", "href", "style"} for name in attributes
        )
    policy = re.search(r'Security-Policy" content="([^"]*)"', made[language])
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none'; style-src 'sha256-")
    assert "http" not in made[language].replace("http-equiv", "")


def test_texts_of_strangers_are_escaped(made: dict[str, str]) -> None:
    assert "<img" not in made["en"]
    assert "\x1b" not in made["en"]
    assert "\u202e" not in made["en"]
    assert "says it is &lt;img src=x onerror=&quot;" in made["en"]


def test_plots_have_names_and_tables(made: dict[str, str]) -> None:
    named = [one for tag, one in Elements(made["en"]).found if tag == "svg" and "role" in one]
    assert len(named) == 2
    for one in named:
        for name in str(one["aria-labelledby"]).split():
            assert re.search(rf'<(title|desc) id="{name}">[^<]{{10,}}</', made["en"])
    assert made["en"].count("<details>") == 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Debian's Chromium (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_it_fits_a_window_and_breaks_no_rule(
    made: dict[str, str], browser: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    file = tmp_path / "report.html"
    file.write_text(made["de"], "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h1").inner_text() == "Was ein Durchlauf gefunden hat"
    heights = page.evaluate("[...document.querySelectorAll('.bar')].map(bar => bar.clientWidth)")
    assert min(heights) > width / 4
    # The style of the page holds: its own hash is in the policy.
    assert page.evaluate("getComputedStyle(document.querySelector('main')).display") == "grid"
    page.close()
