"""The ways in which pictures come to the page, many at once, and the way out."""

from __future__ import annotations

from playwright.sync_api import expect

from indelible.languages import page_strings
from tests.service.page.conftest import EXIT, Opened
from tests.service.page.driving import DROP, PASTE, give, picture
from tests.service.page.serving import HOSTS, Fake


def test_a_picture_is_dropped(opened: Opened) -> None:
    page = opened()
    page.evaluate(DROP, [["a.png"], ["authentic"]])
    expect(page.locator("#result-title")).to_be_focused()
    expect(page.locator("html")).not_to_have_class("dragging")


def test_a_picture_is_pasted(opened: Opened) -> None:
    page = opened()
    page.evaluate(PASTE, ["image.png", "recovered"])
    expect(page.locator("#result-title")).to_be_focused()


def test_a_picture_is_fetched_from_its_address(opened: Opened) -> None:
    page = opened()
    page.get_by_label("address of a picture").fill(f"https://{HOSTS}/a.png")
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()


def test_an_address_that_is_not_allowed(opened: Opened) -> None:
    page = opened()
    page.get_by_label("address of a picture").fill("http://127.0.0.1/secret")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#problem-title")).to_have_text(page_strings("en")["fail_address"])


def test_the_keyboard_is_enough(opened: Opened) -> None:
    page = opened()
    # Listening from the start: a browser that is told late has opened its own dialog.
    page.on("filechooser", lambda chooser: chooser.set_files([picture("altered")]))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#files")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider")).to_be_focused()
    before = page.get_by_role("slider").input_value()
    page.keyboard.press("ArrowRight")
    assert int(page.get_by_role("slider").input_value()) == int(before) + 1
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".map")).to_be_hidden()


def test_fifty_pictures_two_at_a_time(opened: Opened, fake: Fake) -> None:
    page = opened()
    give(page, *["recovered"] * 48, "none", "415")
    expect(page.locator("#list-title")).to_have_text("50 pictures", timeout=20_000)
    assert len(fake.seen) == 50
    assert fake.most <= 2
    expect(page.locator("#rows li")).to_have_count(50)
    expect(page.locator("#result-title")).to_have_count(0)
    page.locator("#rows .open").nth(48).click()
    expect(page.locator("#result-title")).to_be_focused()
    expect(page.locator(".verdict .verdict-word")).to_have_text("No evidence")
    expect(page.locator("#rows .open[aria-current]")).to_contain_text("48-none.png")
    page.locator("#rows .open").nth(49).click()
    expect(page.locator("#problem-title")).to_be_focused()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()


def test_many_are_called_off_at_once(opened: Opened, fake: Fake) -> None:
    fake.gate.clear()
    page = opened()
    give(page, *["recovered"] * 10)
    page.get_by_role("button", name="Cancel: 5-recovered.png").click()
    expect(page.locator("#rows li").nth(5)).to_contain_text("Cancelled")
    page.get_by_role("button", name="Cancel all").click()
    fake.gate.set()
    expect(page.locator("#list-title")).to_have_text("10 pictures")
    assert page.locator("#rows li[data-state=cancelled]").count() == 10
    assert len(fake.seen) <= 2
    page.get_by_role("button", name="Try the others again").click()
    expect(page.locator("#rows li[data-state=done]")).to_have_count(10)


def test_the_button_leaves_and_no_way_leads_back(opened: Opened) -> None:
    page = opened()
    give(page, "suspect")
    expect(page.locator("#result-title")).to_be_focused()
    page.get_by_role("button", name="Leave now").click()
    page.wait_for_url(EXIT)
    page.go_back()
    assert not page.url.startswith("http://127.0.0.1")


def test_a_key_pressed_three_times_leaves(opened: Opened) -> None:
    for key in ("Shift", "Escape"):
        page = opened()
        for _ in range(2):
            page.keyboard.press(key)
        expect(page.locator("#status")).to_have_text(page_strings("en")["exit_once_more"])
        page.keyboard.press(key)
        page.wait_for_url(EXIT)


def test_typing_capitals_does_not_leave(opened: Opened) -> None:
    page = opened()
    page.get_by_label("address of a picture").focus()
    for letter in "ABCD":
        page.keyboard.press(f"Shift+{letter}")
    page.keyboard.press("Escape")
    assert not page.url.startswith(EXIT)
