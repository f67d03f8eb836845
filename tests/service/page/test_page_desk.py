"""The consent desk on the page, with a real service behind it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from indelible import Verifier
from indelible.consent import ConsentGate
from indelible.credentials import DevelopmentIdentity
from indelible.imaging import DEFAULT_LIMITS
from indelible.languages import page_strings
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.service import Parts, create_app
from indelible.service.desk import ConsentDesk
from indelible.settings import ServiceSettings
from tests.service.page.conftest import Opened
from tests.service.page.driving import axe
from tests.service.page.serving import Fake, serving
from tests.service.page.test_page_access import AXE

pytestmark = pytest.mark.compiled


@dataclass(frozen=True)
class Desk:
    """Where it is, and where what people ask is kept."""

    address: str
    registry: SqlRegistry


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, identity: DevelopmentIdentity) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    registry = open_registry(sqlite_url(folder / "registry.sqlite3"))
    parts = Parts(
        Verifier(keys=(), registry=registry, trust=None),
        registry,
        replace(ServiceSettings(), consent_desk=True),
        desk=ConsentDesk(identity.signer, registry, DEFAULT_LIMITS),
    )
    with serving(create_app(parts)) as address:
        yield Desk(address, registry)


def photo(pixels: NDArray[np.uint8]) -> FilePayload:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    return {"name": "me.at.sea.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def opened_desk(opened: Opened, desk: Desk, language: str = "en") -> Page:
    page = opened(desk.address, locale=language)
    page.locator("#desk summary").first.click()
    return page


def test_a_photograph_is_signed_saved_and_withdrawn(
    opened: Opened,
    desk: Desk,
    photographs: dict[str, NDArray[np.uint8]],
    identity: DevelopmentIdentity,
    tmp_path: Path,
) -> None:
    page = opened_desk(opened, desk)
    page.set_input_files("#photo", [photo(photographs["coffee"])])
    page.fill("#owner", "Ada")
    page.click("#sign button")
    link = page.locator("#signed a")
    expect(link).to_be_focused()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "me.at.sea-signed.jpg"
    file = tmp_path / "signed.jpg"
    download.value.save_as(file)
    gate = ConsentGate(registry=desk.registry, trust=identity.trust())
    assert not gate.check(file.read_bytes()).allowed
    consent_id, code = page.locator("#signed code").all_inner_texts()

    page.locator("#desk details summary").last.click()
    page.fill("#consent-id", consent_id)
    page.fill("#code", f"{code}x")
    page.fill("#reason", "I allow it now")
    page.click("#withdraw button")
    words = page_strings("en")
    expect(page.locator("#withdrawn")).to_have_text(words["fail_wrong_code"])
    page.fill("#code", code)
    page.click("#withdraw button")
    expect(page.locator("#withdrawn")).to_have_text(words["desk_withdrawn"])


def test_what_is_missing_is_said_in_german_too(opened: Opened, desk: Desk) -> None:
    page = opened_desk(opened, desk, "de")
    words = page_strings("de")
    page.click("#sign button")
    expect(page.locator("#signed")).to_have_text(words["desk_no_photo"])
    expect(page.locator("#photo")).to_be_focused()
    page.set_input_files("#photo", [photo(np.full((300, 300, 3), 255, np.uint8))])
    page.click("#sign button")
    expect(page.locator("#signed")).to_have_text(words["fail_not_markable"])
    page.locator("#desk details summary").last.click()
    page.click("#withdraw button")
    expect(page.locator("#withdrawn")).to_have_text(words["desk_no_id"])
    assert axe(page, AXE) == []


def test_the_quick_exit_forgets_it(
    opened: Opened, desk: Desk, photographs: dict[str, NDArray[np.uint8]]
) -> None:
    page = opened_desk(opened, desk)
    page.set_input_files("#photo", [photo(photographs["chelsea"])])
    page.click("#sign button")
    expect(page.locator("#signed code").first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert page.locator("#signed").inner_text() == ""
    assert page.input_value("#photo") == ""


def test_without_a_desk_there_is_none(opened: Opened, fake: Fake) -> None:
    page = opened(fake.address)
    expect(page.locator("#desk")).to_be_hidden()
