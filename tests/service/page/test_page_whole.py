"""The page, the service and a picture that was really protected, from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import FilePayload, Page, expect

import indelible
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.languages import page_strings
from indelible.registry import open_registry
from indelible.service import Parts, create_app
from indelible.verification import Verifier
from indelible.watermark import Key
from tests.service.page.conftest import Opened
from tests.service.page.serving import serving
from tests.verification.making import changed_in_place, repost, signed_anew

pytestmark = pytest.mark.compiled


@dataclass(frozen=True)
class Whole:
    """A service with its own registry, and pictures by the verdict that they deserve."""

    address: str
    pictures: dict[str, bytes]


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
    photographs: dict[str, NDArray[np.uint8]],
    identity: DevelopmentIdentity,
    other_identity: DevelopmentIdentity,
    trust: Trust,
) -> Iterator[Whole]:
    registry = open_registry(f"sqlite:///{tmp_path_factory.mktemp('page') / 'registry.sqlite3'}")
    key = Key(bytes(range(32)))
    protector = indelible.Protector(
        signer=identity.signer,
        key=key,
        registry=registry,
        generator="Acme Images",
        source_type="generated",
        trust=trust,
        thumbnail=256,
    )
    protected = protector.protect(photographs["astronaut"], format="jpeg")
    marked = indelible.imaging.decode(protected.data).pixels
    edited = marked.copy()
    edited[120:220, 160:260] = photographs["coffee"][100:200, 100:200]
    pictures = {
        "authentic": protected.data,
        "recovered": repost(indelible.imaging.encode(edited, "png"), crop=False),
        "altered": changed_in_place(protected),
        "suspect": signed_anew(marked, other_identity.signer),
        "none": indelible.imaging.encode(photographs["chelsea"], "png"),
    }
    verifier = Verifier(keys=key, registry=registry, trust=trust, changes=True)
    with serving(create_app(Parts(verifier, registry))) as address:
        yield Whole(address, pictures)


def given(opened: Opened, whole: Whole, verdict: str, language: str = "en") -> Page:
    page = opened(whole.address, locale=language)
    data = whole.pictures[verdict]
    file: FilePayload = {"name": "upload.jpg", "mimeType": "image/jpeg", "buffer": data}
    page.set_input_files("#files", [file])
    expect(page.locator("#result-title")).to_be_focused()
    return page


@pytest.mark.parametrize("verdict", ["authentic", "altered", "suspect", "none"])
def test_real_answers(opened: Opened, whole: Whole, verdict: str) -> None:
    page = given(opened, whole, verdict)
    expect(page.locator(".result")).to_have_attribute("data-verdict", verdict)
    expect(page.locator("#result-title")).to_contain_text("AI")


def test_a_repost_shows_its_origin_and_its_original_in_german(opened: Opened, whole: Whole) -> None:
    page = given(opened, whole, "recovered", "de")
    expect(page.locator(".result")).to_have_attribute("data-verdict", "recovered")
    expect(page.locator("#result-title")).to_contain_text("Acme Images")
    expect(page.locator("#result-title")).to_contain_text("KI")
    expect(page.locator(".origins dl")).to_contain_text("Acme Images")
    expect(page.locator(".stage img")).to_have_count(3)
    expect(page.get_by_role("slider")).to_be_visible()
    expect(page.locator(".changed")).to_contain_text(page_strings("de")["regions_one"])
    widths = "[...document.querySelectorAll('.stage img')].map((one) => one.naturalWidth)"
    assert len(set(page.evaluate(widths))) == 1
