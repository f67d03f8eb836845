"""One browser and one server for the page's tests, and a watch on what must never happen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.service.page.reports import data_url
from tests.service.page.serving import Fake, fake_app, serving

EXIT = "https://www.wikipedia.org/"

expect.set_options(timeout=20_000)  # a machine may be busy with other tests

_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@dataclass
class Watch:
    """What a page did that it must not do."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


Opened = Callable[..., Page]


# Not for the session: Playwright keeps an event loop running in this thread, where tests of other
# modules start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's Chromium (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def fake_server(photographs: dict[str, NDArray[np.uint8]]) -> Iterator[Fake]:
    original = photographs["astronaut"][:256, :256]
    inside = (slice(32, 88), slice(80, 136))
    picture, changes = original.copy(), np.zeros((256, 256, 4), np.uint8)
    picture[inside] = photographs["coffee"][50:106, 50:106]
    changes[inside] = (235, 30, 40, 110)
    views = {"original": original, "picture": picture, "changes": changes}
    fake = Fake(views={name: data_url(pixels) for name, pixels in views.items()})
    with serving(fake_app(fake)) as fake.address:
        yield fake


@pytest.fixture
def fake(fake_server: Fake) -> Iterator[Fake]:
    fake_server.reset()
    yield fake_server
    fake_server.gate.set()


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Browser contexts by their options: most tests share the first."""
    contexts: dict[str, BrowserContext] = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def opened(browser: Browser, fake: Fake, contexts: dict[str, BrowserContext]) -> Iterator[Opened]:
    """Open the page; afterwards, nothing went elsewhere, broke the policy, or was kept."""
    pages: list[tuple[Page, Watch]] = []

    def opened(address: str = "", **options: Any) -> Page:
        usual = {"locale": "en", "viewport": {"width": 1024, "height": 900}}
        options = {**usual, "reduced_motion": "reduce", **options}
        context = contexts.get(repr(options))
        if context is None:
            context = contexts[repr(options)] = browser.new_context(**options)
            context.add_init_script(_VIOLATIONS)
            context.route(EXIT, lambda route: route.fulfill(body="<title>Elsewhere</title>"))
            context.set_default_timeout(20_000)
        page, watch = context.new_page(), Watch()
        pages.append((page, watch))
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("request", lambda request: _check(request.url, watch, address or fake.address))
        page.goto(address or fake.address)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("body[data-ready]")
        return page

    yield opened
    for page, watch in pages:
        assert watch.errors == []
        assert watch.foreign == []
        assert page.context.cookies() == []
        if page.url.startswith("http://127.0.0.1"):
            assert page.evaluate("window.violations ?? []") == []
            assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        page.close()


def _check(url: str, watch: Watch, address: str) -> None:
    if not url.startswith((f"{address}/", "blob:", "data:", EXIT)):
        watch.foreign.append(url)
