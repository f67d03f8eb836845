"""Disclosure profiles, filled into a request and into the XMP before signing."""

from __future__ import annotations

import json

import pytest

from indelible.credentials import (
    DevelopmentIdentity,
    Generator,
    SourceType,
    disclosure_xmp,
    fill_request,
)
from indelible.credentials.disclosure.legal_profiles import AIGC_KEYS
from indelible.errors import ManifestError
from indelible.imaging import xmp
from tests.credentials.conftest import make_request

COMPLETE = Generator("Acme Images", "2.1", provider="Acme Inc.", model="m", model_version="7")


def test_the_chinese_label_has_all_its_fields() -> None:
    request = make_request(generator=COMPLETE)
    label = json.loads(xmp.read_properties(disclosure_xmp("china", request, None))[xmp.AIGC])
    assert tuple(label) == AIGC_KEYS
    assert label["Label"] == "1"
    assert label["ContentProducer"] == "Acme Inc."
    assert label["ProduceID"] == request.manifest_id
    assert xmp.AIGC not in xmp.read_properties(disclosure_xmp("eu", request, None))


def test_the_prompt_goes_into_the_xmp_only_when_it_was_given() -> None:
    silent = disclosure_xmp("eu", make_request(prompt_sha256="0" * 64), None)
    assert xmp.AI_PROMPT not in xmp.read_properties(silent)
    told = disclosure_xmp("eu", make_request(prompt="a cat"), None)
    assert xmp.read_properties(told)[xmp.AI_PROMPT] == "a cat"


def test_what_is_missing_is_named_before_anything_is_signed(identity: DevelopmentIdentity) -> None:
    bare = make_request(
        generator=Generator("Acme"), soft_binding=None, source_type=SourceType.CAPTURED
    )
    with pytest.raises(ManifestError) as caught:
        fill_request("all", bare, identity.signer)
    for word in ("watermark", "time-stamp", "provider", "version", "source type"):
        assert word in str(caught.value)
    with pytest.raises(ManifestError, match="not a disclosure profile"):
        fill_request("mars", bare, identity.signer)
