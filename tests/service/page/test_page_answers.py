"""What the page shows of each verdict."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from indelible.languages import page_strings
from indelible.verification.verdict import Verdict
from tests.service.page.conftest import Opened
from tests.service.page.driving import give, picture
from tests.service.page.reports import answer
from tests.service.page.serving import Fake


def test_an_answer_begins_with_the_verdict_and_with_ai(opened: Opened) -> None:
    page = opened()
    for verdict in Verdict:
        give(page, str(verdict))
        heading = page.locator("#result-title")
        expect(heading).to_contain_text(verdict.words.headline)
        expect(heading).to_be_focused()
        expect(heading).to_contain_text("AI")
        word = page.locator(".verdict .verdict-word")
        expect(word).to_have_text(page_strings("en")[f"verdict_{verdict}"])
        expect(word.locator("svg use")).to_have_attribute("href", re.compile(f"#{verdict}$"))
        expect(page.locator(".result > .caution")).to_contain_text(verdict.words.caution)
        assert page.locator(".searched li").count() == 3
    expect(page.locator("#rows li")).to_have_count(len(Verdict))


def test_the_parts_of_an_answer(opened: Opened) -> None:
    page = opened()
    give(page, "altered")
    expect(page.locator(".findings .card")).to_have_count(2)
    expect(page.locator(".agreement")).to_have_text("Between the two: agree.")
    expect(page.locator(".origins dd").first).to_have_text("Acme Images 2.1")
    expect(page.locator(".tree li")).to_have_count(4)  # two pictures, a step of each
    expect(page.locator(".tree")).to_contain_text("2 more are not shown.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    report = json.loads(download.value.path().read_text("utf-8"))
    assert report["verdict"] == "altered"
    assert "views" not in report
    page.get_by_text("The answer as data").click()
    expect(page.locator(".tools pre")).to_contain_text('"verdict": "altered"')


def test_a_sealed_report_is_made_when_it_is_asked_for(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, "recovered")
    button = page.get_by_role("button", name="Make the sealed report")
    expect(button).to_be_visible()
    assert fake.bundles == []
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "0-recovered.png.evidence.wacz"
    assert download.value.path().read_bytes() == b"PK a bundle"
    expect(page.locator(".sealed [role=status]")).to_contain_text("Nothing of it is kept here.")
    page.get_by_label("somebody under 18").check()
    with page.expect_download():
        button.click()
    assert fake.bundles == [("en", False, "0-recovered.png"), ("en", True, "0-recovered.png")]
    expect(button).to_be_enabled()


def test_a_sealed_report_that_is_refused(opened: Opened) -> None:
    page = opened()
    give(page, "suspect")
    page.get_by_role("button", name="Make the sealed report").click()
    said = page.locator(".sealed [role=status]")
    expect(said).to_have_text("You have asked often enough for now")


def test_the_original_lies_over_the_picture_with_a_slider_and_a_map(opened: Opened) -> None:
    page = opened()
    give(page, "altered")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "100 % original"
    split = "() => getComputedStyle(document.querySelector('.stage')).getPropertyValue('--split')"
    assert page.evaluate(split) == "100%"
    expect(page.locator(".map")).to_be_visible()
    page.get_by_label("Mark what was changed").uncheck()
    expect(page.locator(".map")).to_be_hidden()
    expect(page.locator(".compare figcaption")).to_contain_text("The original, from the manifest")
    expect(page.locator(".changed")).to_contain_text("One changed part is marked.")


def test_an_original_that_cannot_be_laid_over_stands_beside(opened: Opened, fake: Fake) -> None:
    page = opened()
    said = answer("recovered", views=fake.views)
    said["original"]["aligned"] = False
    page.route("**/v1/verify?*", lambda route: route.fulfill(json=said))
    give(page, "recovered")
    expect(page.locator(".beside img")).to_have_count(2)
    expect(page.get_by_role("slider")).to_have_count(0)


def test_claims_of_unknown_signers_are_labelled(opened: Opened) -> None:
    page = opened()
    give(page, "unverified")
    expect(page.locator(".origins .chip.claim")).to_be_visible()
    expect(page.locator(".origins dd").first).to_have_text("says it is Acme Images 2.1")
    expect(page.locator(".tree .chip.claim")).to_have_count(2)


def test_claims_in_metadata_are_named_as_claims(opened: Opened) -> None:
    page = opened()
    give(page, "none")
    expect(page.locator(".signals .chip.claim")).to_be_visible()
    expect(page.locator(".signals")).to_contain_text("Stable Diffusion")


def test_text_of_strangers_is_only_text(opened: Opened) -> None:
    name = "<img src=x onerror=alert(1)>\u202egnp.exe"
    page = opened()
    page.on("dialog", lambda dialog: pytest.fail("a script of a stranger ran"))
    page.set_input_files("#files", [picture("unverified <b>bold</b>", name)])
    expect(page.locator(".origins dd").first).to_contain_text("<b>bold</b>")
    expect(page.locator(".in-hand .file bdi")).to_have_text(name)


def test_another_language_asks_for_its_own_words(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, "recovered")
    expect(page.locator("#result-title")).to_be_focused()
    length = page.evaluate("history.length")
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("#result-title")).to_contain_text("Auf Deutsch")
    expect(page.locator("h1")).to_have_text(page_strings("de")["title"])
    assert page.get_attribute("html", "lang") == "de"
    assert page.url.endswith("/#de")
    assert page.evaluate("history.length") == length
    assert [language for language, _ in fake.seen] == ["en", "de"]
    page.reload()
    expect(page.locator("h1")).to_have_text(page_strings("de")["title"])


def test_words_stay_where_the_other_language_is_refused(opened: Opened) -> None:
    page = opened()
    give(page, "recovered")
    expect(page.locator("#result-title")).to_be_focused()
    page.route("**/v1/verify?*", lambda route: route.fulfill(status=429))
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("h1")).to_have_text(page_strings("de")["title"])
    expect(page.locator("#result-title")).to_contain_text("Credentials recovered")


def test_the_browsers_language_comes_first(opened: Opened) -> None:
    page = opened(locale="de-AT")
    expect(page.locator("h1")).to_have_text(page_strings("de")["title"])


def test_paper_gets_the_answer_alone(opened: Opened) -> None:
    page = opened()
    give(page, "authentic")
    expect(page.locator("#result-title")).to_be_focused()
    page.emulate_media(media="print")
    expect(page.locator("#exit")).to_be_hidden()
    expect(page.locator("#drop")).to_be_hidden()
    expect(page.locator("#result-title")).to_be_visible()
