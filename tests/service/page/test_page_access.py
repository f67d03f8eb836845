"""Whether everybody can use the page: rules of accessibility, small windows, dark ones."""

from __future__ import annotations

import importlib.resources
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.service.page.conftest import Opened
from tests.service.page.driving import axe, give

AXE = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "de")])
def test_nothing_serious_against_the_rules(
    opened: Opened, scheme: Literal["light", "dark"], language: str
) -> None:
    page = opened(color_scheme=scheme, locale=language)
    assert axe(page, AXE) == []
    for what in ("altered", "suspect", "none", "415"):
        give(page, what)
        expect(page.locator("#result-title, #problem-title")).to_be_focused()
        assert axe(page, AXE) == []
    give(page, "recovered", "unverified", "500", "invalid")
    expect(page.locator("#rows li[data-state=done]")).to_have_count(6)
    assert axe(page, AXE) == []


@pytest.mark.parametrize("verdict", ["altered", "unverified"])
def test_a_telephone_of_320_pixels(opened: Opened, verdict: str) -> None:
    page = opened(viewport={"width": 320, "height": 568}, locale="de")
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) == 320
    give(page, f"{verdict} {'Bezeichnung' * 20}")
    expect(page.locator("#result-title")).to_be_focused()
    assert page.evaluate(wide) == 320
    box = page.locator("#result-title").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 250
    expect(page.locator("#exit")).to_be_in_viewport()


def test_the_dark_is_dark(opened: Opened) -> None:
    page = opened(color_scheme="dark")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(20, 24, 27)"


def test_who_listens_hears_what_happens(opened: Opened) -> None:
    page = opened()
    for role in ("banner", "main", "contentinfo", "navigation"):
        expect(page.get_by_role(role)).to_have_count(1)
    give(page, "recovered", "none")
    expect(page.locator("#status")).to_have_text("All pictures are checked.")
