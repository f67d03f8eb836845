"""Integrity and trust, kept apart; identity statements and the history, beside them."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.credentials import (
    CredentialReport,
    DevelopmentIdentity,
    PemSigner,
    Trust,
    extract_store,
    read,
    sign,
)
from indelible.credentials.manifests.reading import _report
from indelible.credentials.store.jumbf import read_boxes
from indelible.imaging import ImageFile
from tests.credentials.authority import DAY, NOW, freeze
from tests.credentials.conftest import library_reading, make_request, picture, sign_unchecked

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
ACTIONS = {
    "label": "c2pa.actions.v2",
    "created": True,
    "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": SOURCE}]},
}


def signed(identity: DevelopmentIdentity, *assertions: dict[str, Any]) -> bytes:
    manifest = {
        "claim_generator_info": [{"name": "Acme", "version": "1"}],
        "assertions": [ACTIONS, *assertions],
    }
    return sign_unchecked(manifest, identity.signer)


def identity_assertion(content: object) -> dict[str, Any]:
    return {"label": "cawg.identity", "created": True, "data": content}


PAYLOAD = {"sig_type": "cawg.identity_claims_aggregation", "referenced_assertions": []}


@pytest.mark.parametrize(
    "content",
    [
        {"junk": 1},
        {"signer_payload": {"sig_type": 7}, "signature": "AA", "pad1": "AA"},
        {"signer_payload": PAYLOAD, "signature": "AAAA", "pad1": "AA"},
        {"signer_payload": PAYLOAD},
    ],
)
def test_a_garbage_identity_is_listed_and_changes_nothing(
    identity: DevelopmentIdentity, trust: Trust, content: object
) -> None:
    report = read(signed(identity, identity_assertion(content)), trust=trust)
    assert report.identity_failures
    assert report.failures == ()
    assert (report.state, report.integrity, report.signer_trusted) == ("trusted", "intact", True)
    assert report.generator == "Acme 1"
    assert report.source_type == "trainedAlgorithmicMedia"


def test_a_garbage_identity_is_reported_once(identity: DevelopmentIdentity, trust: Trust) -> None:
    data = signed(identity, identity_assertion({"junk": 1}))
    place = "c2pa.assertions/cawg.identity"
    report = with_statuses(data, trust, "cawg.identity.cbor.invalid", where=place)
    assert [item.code for item in report.identity_failures] == ["cawg.identity.cbor.invalid"]


def test_a_signer_in_the_history_who_has_expired_is_not_trusted(
    edited: bytes, trust: Trust
) -> None:
    (parent,) = read(edited, trust=trust).ingredients
    assert (parent.signer_trusted, parent.standing) == (True, "trusted")
    with freeze(NOW + 10_000 * DAY):
        (parent,) = read(edited, trust=trust).ingredients
    assert (parent.signer_trusted, parent.standing) == (False, "untrusted")


def results(report: CredentialReport) -> tuple[str, str, bool]:
    return report.state, report.integrity, report.signer_trusted


def with_statuses(
    data: bytes, trust: Trust, *codes: str, bucket: str = "failure", where: str = "c2pa.signature"
) -> CredentialReport:
    """Read a picture as though the library had found these codes as well."""
    reading = library_reading(data, trust)
    label = reading.summary["active_manifest"]
    active = reading.summary["validation_results"]["activeManifest"]
    if any(code.endswith("Hash.mismatch") for code in codes):
        hashes = ("dataHash.match", "bmffHash.match", "boxesHash.match")
        active["success"] = [i for i in active["success"] if not i["code"].endswith(hashes)]
    for code in codes:
        url = f"self#jumbf=/c2pa/{label}/{where}"
        active[bucket].append({"code": code, "url": url, "explanation": "so it was found"})
    reading.summary["validation_state"] = "Invalid"
    return _report(reading, ImageFile(data), trust, is_own=True)


@pytest.fixture(scope="module")
def plain(identity: DevelopmentIdentity) -> bytes:
    return signed(identity)


@pytest.mark.parametrize(
    "code",
    ["cawg.ica.did_unavailable", "cawg.x509.credential.untrusted", "cawg.identity.pad.invalid"],
)
@pytest.mark.parametrize("bucket", ["failure", "informational"])
def test_identities_that_are_not_confirmed_change_no_state(
    plain: bytes, trust: Trust, code: str, bucket: str
) -> None:
    place = "c2pa.assertions/cawg.identity"
    report = with_statuses(plain, trust, code, bucket=bucket, where=place)
    assert results(report) == ("trusted", "intact", True)
    assert [item.code for item in report.identity_failures] == [code]
    assert report.failures == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("signingCredential.ocsp.revoked", ("invalid", "broken", False)),
        ("signingCredential.revoked", ("invalid", "broken", False)),
        ("assertion.hashedURI.mismatch", ("invalid", "broken", True)),
        ("assertion.dataHash.mismatch", ("invalid", "changed", True)),
        ("assertion.dataHash.malformed", ("invalid", "broken", True)),
        ("signingCredential.expired", ("invalid", "intact", False)),
        ("signingCredential.invalid", ("invalid", "intact", False)),
        ("signingCredential.untrusted", ("valid", "intact", False)),
        ("signingCredential.of.later", ("invalid", "intact", False)),
        ("something.of.later", ("invalid", "broken", True)),
        ("timeStamp.malformed", ("invalid", "intact", True)),
    ],
)
def test_what_a_failure_counts_against(
    plain: bytes, trust: Trust, code: str, expected: tuple[str, str, bool]
) -> None:
    report = with_statuses(plain, trust, code)
    assert results(report) == expected
    assert [item.code for item in report.failures] == [code]
    assert report.reasons
    assert report.expired == (code == "signingCredential.expired")


def test_a_changed_picture_that_is_broken_too_is_broken(plain: bytes, trust: Trust) -> None:
    codes = ("assertion.dataHash.mismatch", "assertion.hashedURI.mismatch")
    assert with_statuses(plain, trust, *codes).integrity == "broken"
    codes = ("assertion.dataHash.mismatch", "signingCredential.expired")
    report = with_statuses(plain, trust, *codes)
    assert (report.integrity, report.expired, report.standing) == ("changed", True, "broken")


def test_a_signature_of_which_nothing_is_said_does_not_hold(plain: bytes, trust: Trust) -> None:
    reading = library_reading(plain, trust)
    active = reading.summary["validation_results"]["activeManifest"]
    active["success"] = [item for item in active["success"] if "claimSig" not in item["code"]]
    report = _report(reading, ImageFile(plain), trust, is_own=True)
    assert results(report) == ("invalid", "broken", False)


@pytest.fixture(scope="module")
def edited(identity: DevelopmentIdentity, plain: bytes) -> bytes:
    """Return a picture with a history."""
    return sign(plain, make_request(), identity.signer).data


def in_history(data: bytes, trust: Trust, code: str) -> CredentialReport:
    """Read a picture as though the library had found a fault inside the history."""
    reading = library_reading(data, trust)
    label = reading.summary["active_manifest"]
    parent = next(item for item in reading.summary["manifests"] if item != label)
    place = f"self#jumbf=/c2pa/{label}/c2pa.assertions/c2pa.ingredient.v3"
    failure = {"code": code, "url": f"self#jumbf=/c2pa/{parent}/c2pa.assertions/c2pa.actions.v2"}
    reading.summary["validation_results"]["ingredientDeltas"] = [
        {"ingredientAssertionURI": place, "validationDeltas": {"failure": [failure]}}
    ]
    return _report(reading, ImageFile(data), trust, is_own=True)


@pytest.mark.parametrize(
    "code",
    ["signingCredential.expired", "signingCredential.ocsp.revoked", "assertion.action.malformed"],
)
def test_faults_of_the_history_are_told_and_not_folded_in(
    edited: bytes, trust: Trust, code: str
) -> None:
    report = in_history(edited, trust, code)
    assert results(report) == ("trusted", "intact", True)
    assert code in [item.code for item in report.ingredient_failures]
    assert any("used in this one" in reason for reason in report.reasons)


def test_a_history_that_was_changed_since_the_signing(edited: bytes, trust: Trust) -> None:
    report = in_history(edited, trust, "assertion.hashedURI.mismatch")
    assert (report.state, report.integrity) == ("invalid", "broken")
    assert "indelible.history.changed" in [item.code for item in report.failures]


def test_a_recovered_store_whose_history_was_changed_is_broken(edited: bytes, trust: Trust) -> None:
    store = extract_store(edited)
    assert store is not None
    parent = next(box for box in read_boxes(store) if box.depth == 1 and box.label)
    inside = store[: parent.end].rindex(b"trainedAlgorithmicMedia")
    damaged = bytearray(store)
    damaged[inside] ^= 1
    sound = read(picture(seed=9), trust=trust, manifest_store=store)
    assert (sound.integrity, sound.changed_only) == ("changed", True)
    report = read(picture(seed=9), trust=trust, manifest_store=bytes(damaged))
    assert (report.integrity, report.changed_only) == ("broken", False)


def test_reports_that_are_made_by_hand_are_whole() -> None:
    pairs = {"trusted": "intact", "valid": "intact", "invalid": "broken", "absent": "absent"}
    for state, integrity in pairs.items():
        assert CredentialReport(state).integrity == integrity  # type: ignore[arg-type]
    assert CredentialReport("unreadable").integrity == "unreadable"
    assert CredentialReport("unreadable").standing == "broken"
    assert CredentialReport("absent").standing == "untrusted"
    assert CredentialReport("invalid", "changed").changed_only


def test_json_has_both_fields(plain: bytes, trust: Trust, identity: DevelopmentIdentity) -> None:
    told = read(plain, trust=trust).to_dict()
    assert isinstance(identity.signer, PemSigner)
    assert told["integrity"] == "intact"
    assert told["standing"] == "trusted"
    assert told["expired"] is False
    assert told["timestamp_trusted"] is None
