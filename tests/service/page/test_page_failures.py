"""What the page says while there is no answer, and where there is none."""

from __future__ import annotations

from playwright.sync_api import expect

from indelible.languages import page_strings
from tests.service.page.conftest import Opened
from tests.service.page.driving import give, picture
from tests.service.page.serving import LIMIT, Fake

WORDS = page_strings("en")
FAILURES = {
    "400": "not_picture",
    "401": "closed",
    "413": "too_large",
    "415": "not_picture",
    "408": "timeout",
    "500": "server",
    "quota": "quota",
}


def test_each_failure_has_its_words(opened: Opened) -> None:
    page = opened()
    for what, kind in FAILURES.items():
        give(page, what)
        title = page.locator("#problem-title")
        expect(title).to_have_text(WORDS[f"fail_{kind}"])
        expect(title).to_be_focused()
    expect(page.locator(".panel")).to_contain_text("in about 10 minutes")


def test_too_large_is_said_before_anything_is_sent(opened: Opened, fake: Fake) -> None:
    page = opened()
    page.set_input_files("#files", [picture("x" * (LIMIT + 1))])
    expect(page.locator("#problem-title")).to_have_text(WORDS["fail_too_large"])
    expect(page.locator(".panel")).to_contain_text("2 MB")
    page.set_input_files("#files", [picture("")])
    expect(page.locator("#problem-title")).to_have_text(WORDS["fail_not_picture"])
    assert fake.seen == []


def test_a_lost_network_and_another_try(opened: Opened) -> None:
    page = opened()
    page.route("**/v1/verify?*", lambda route: route.abort("internetdisconnected"))
    give(page, "authentic")
    expect(page.locator("#problem-title")).to_have_text(WORDS["fail_network"])
    page.unroute("**/v1/verify?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#result-title")).to_be_focused()


def test_an_answer_that_is_none(opened: Opened) -> None:
    page = opened()
    page.route("**/v1/verify?*", lambda route: route.fulfill(body="<html>"))
    give(page, "authentic")
    expect(page.locator("#problem-title")).to_have_text(WORDS["fail_server"])


def test_a_busy_service_is_asked_again_when_it_said(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, "once")
    expect(page.locator(".doing")).to_contain_text("Your turn comes in 1 s.")
    expect(page.locator("#result-title")).to_be_focused()
    assert len(fake.seen) == 2


def test_a_busy_service_counts_down_and_gives_up(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, "busy")
    for _ in range(3):
        expect(page.locator(".doing")).to_contain_text("Your turn comes in 30 s.")
        page.get_by_role("button", name="Try now").click()
    expect(page.locator("#problem-title")).to_have_text(WORDS["fail_busy"])
    expect(page.locator(".panel")).to_contain_text("in 30 seconds")
    assert len(fake.seen) == 4


def test_so_many_a_minute_are_waited_for(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, "pace")
    expect(page.locator(".doing")).to_contain_text("so many pictures a minute")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#result-title")).to_be_focused()


def test_a_quota_ends_the_row(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, *["quota"] * 8)
    expect(page.locator("#rows li[data-state=failed]")).to_have_count(8)
    assert len(fake.seen) <= 3


def test_progress_shows_after_a_while_and_can_be_called_off(opened: Opened, fake: Fake) -> None:
    fake.gate.clear()
    page = opened()
    page.evaluate(
        """() => new MutationObserver(() => {
            const panel = document.querySelector(".progress");
            if (panel && !window.given) window.given = performance.now();
            if (panel && !panel.hidden && !window.waited)
                window.waited = performance.now() - window.given;
        }).observe(document, { subtree: true, childList: true, attributes: true })"""
    )
    give(page, "recovered")
    expect(page.locator(".progress")).to_be_visible()
    assert 250 < page.evaluate("window.waited") < 1000
    expect(page.locator(".doing")).to_have_text(WORDS["looking"])
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#shown > *")).to_have_count(0)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#files")).to_be_focused()


def test_a_slow_line_shows_how_much_was_sent(opened: Opened) -> None:
    page = opened()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 50, "downloadThroughput": 1e6, "uploadThroughput": 4e5},
    )
    page.set_input_files("#files", [picture("recovered\n" + "x" * 400_000)])
    expect(page.locator("progress[value]")).to_be_visible()
    expect(page.locator("#result-title")).to_be_focused()


def test_without_script_it_says_so_in_every_language(opened: Opened) -> None:
    page = opened(java_script_enabled=False)
    for language in ("en", "de"):
        said = page.locator(f"noscript p[lang={language}]")
        expect(said).to_have_text(page_strings(language)["without_script"])
    expect(page.locator("h1")).to_have_text(WORDS["title"])
