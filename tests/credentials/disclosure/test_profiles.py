"""Disclosure profiles: filled before signing, and checked line by line afterwards."""

from __future__ import annotations

import json

import pytest

from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    Generator,
    SourceType,
    Trust,
    check_profile,
    disclosure_xmp,
    fill_request,
    read,
    sign,
)
from indelible.credentials.disclosure.profiles import AIGC_KEYS, PROFILES
from indelible.errors import ManifestError
from indelible.imaging import xmp
from tests.credentials.conftest import make_request, picture

COMPLETE = Generator("Acme Images", "2.1", provider="Acme Inc.", model="m", model_version="7")


def test_a_filled_request_meets_its_profile(identity: DevelopmentIdentity, trust: Trust) -> None:
    stamped = CallbackSigner(
        identity.signer.certificates, identity.signer.sign, timestamp_url="http://tsa.example"
    )
    request = fill_request("all", make_request(generator=COMPLETE), stamped)
    packet = disclosure_xmp("all", request, None)
    data = sign(picture(), "jpeg", request, identity.signer).data
    report = read(data, "jpeg", trust=trust)
    lines = check_profile("all", report, packet=packet, watermark_found=True)
    assert {line.profile for line in lines} == set(PROFILES)
    missing = {line.requirement for line in lines if not line.present}
    assert missing == {"The metadata is time-stamped"}  # signed without the authority here


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


def test_an_unmarked_picture_fails_every_line_that_was_looked_at() -> None:
    lines = check_profile("all", read(picture(), "jpeg"), packet=None)
    assert all(not line.present for line in lines)
    assert [line.present for line in lines if "watermark" in line.requirement] == [None, None]
    assert all(line.detail for line in lines)


def test_the_history_counts_for_what_the_newest_manifest_leaves_out(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), "jpeg", make_request(generator=COMPLETE), identity.signer)
    plain = make_request(
        generator=Generator("Editor"), soft_binding=None, source_type=SourceType.HUMAN_EDITED
    )
    report = read(sign(first.data, "jpeg", plain, identity.signer).data, "jpeg", trust=trust)
    lines = {line.requirement: line for line in check_profile("all", report, packet=b"junk")}
    assert lines["It says that the picture is AI-generated or AI-manipulated"].present
    assert lines["Marks that the picture had before are kept"].detail == "kept as parent"
    assert lines["Name of the provider"].detail == "Acme Inc."
    assert lines["An imperceptible watermark in the pixels"].present is None


def test_a_hostile_label_is_no_label() -> None:
    for value in ("[]", "{", "7", "[" * 10_000, '{"Label": 1}'):
        packet = xmp.with_properties(None, {xmp.AIGC: value})
        lines = check_profile("china", read(picture(), "jpeg"), packet=packet)
        assert not lines[0].present
