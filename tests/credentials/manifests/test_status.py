"""Status codes: one table of what each is about, in sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import indelible.cli
import indelible.credentials
from indelible.credentials.manifests import status
from indelible.credentials.manifests.status import explain, is_about_identity, meaning

CODES = sorted(status._TABLE)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_meaning_and_a_sentence_for_people(code: str) -> None:
    assert meaning(code).kind in ("integrity", "picture", "trust", "identity", "note")
    sentence = explain(code)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert code not in sentence


def test_no_code_stands_in_the_table_twice() -> None:
    assert len(CODES) == sum(len(codes) for _kind, codes in status._KINDS)
    for flagged in (status._TAMPERING, status._EXPIRED, status._DISOWNED, status._TOLERATED):
        assert flagged <= set(CODES)
    assert set(CODES) >= status._NOTEWORTHY


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("assertion.dataHash.mismatch", "picture"),
        ("assertion.bmffHash.mismatch", "picture"),
        ("assertion.boxesHash.mismatch", "picture"),
        ("assertion.hashedURI.mismatch", "integrity"),
        ("claimSignature.mismatch", "integrity"),
        ("signingCredential.revoked", "integrity"),
        ("signingCredential.ocsp.revoked", "integrity"),
        ("indelible.exclusions", "integrity"),
        ("signingCredential.untrusted", "trust"),
        ("signingCredential.expired", "trust"),
        ("signingCredential.invalid", "trust"),
        ("claimSignature.outsideValidity", "trust"),
        ("timeStamp.untrusted", "note"),
        ("cawg.ica.did_unavailable", "identity"),
        # of a later specification
        ("cawg.later.code", "identity"),
        ("timeStamp.later", "note"),
        ("signingCredential.later", "trust"),
        ("assertion.later.mismatch", "integrity"),
        ("something.else", "integrity"),
    ],
)
def test_what_codes_are_about(code: str, kind: str) -> None:
    assert meaning(code).kind == kind


def test_nothing_is_decided_by_a_code_outside_of_the_table() -> None:
    code = re.compile(
        r"[\"'](assertion|claimSignature|signingCredential|timeStamp|ingredient|hashedURI|cawg)"
        r"\.(?!training-mining|metadata|identity[\"']|ai_|data_)[A-Za-z_]+"
    )
    places = [
        f"{path.name}: {found[0]}"
        for package in (indelible.credentials, indelible.cli)
        for path in Path(package.__path__[0]).rglob("*.py")
        if path.name not in ("status.py", "status_codes.py")
        for found in code.finditer(path.read_text(encoding="utf-8"))
    ]
    assert places == []


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("certificate missing required EKU", "extended key usage"),
        (
            "certificate issuer and subject cannot be the same (self-signed disallowed)",
            "self-signed",
        ),
        ("certificate unsupported EC curve", "curve"),
        ("expected end-entity certificate", "authority"),
        ("something else", "breaks the rules"),
    ],
)
def test_a_bad_certificate_is_told_in_detail(detail: str, words: str) -> None:
    assert words in explain("signingCredential.invalid", detail)


def test_unknown_codes_keep_the_librarys_words() -> None:
    assert explain("new.code", "something failed") == "A check failed: something failed."
    assert explain("new.code") == "A check failed: new.code."
    assert "something" in explain("cawg.new.code", "something")


def test_identity_statements_are_told_apart() -> None:
    assert is_about_identity("cawg.ica.revoked", "")
    assert not is_about_identity("claimSignature.mismatch", "")
    place = "/c2pa/urn:c2pa:1/c2pa.assertions/cawg.identity"
    assert is_about_identity("signingCredential.untrusted", place)
    assert is_about_identity("timeStamp.untrusted", place)
    # an identity statement that is not the one that was signed is a fault of the manifest
    assert not is_about_identity("assertion.hashedURI.mismatch", place)
    assert "expired" in explain("cawg.x509.signing_credential.expired")
    assert "no trust list" in explain("cawg.x509.credential.untrusted")
    assert explain("cawg.x509.other").endswith("does not validate.")
