"""Status codes in sentences."""

from __future__ import annotations

import pytest

from indelible.credentials.status import (
    _SENTENCES,
    PICTURE_HASH_MISMATCHES,
    explain,
    is_identity,
)


@pytest.mark.parametrize("code", _SENTENCES)
def test_every_code_has_a_sentence_for_people(code: str) -> None:
    sentence = explain(code)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert code not in sentence


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
    assert is_identity("cawg.ica.revoked")
    assert not is_identity("claimSignature.mismatch")
    assert "expired" in explain("cawg.x509.signing_credential.expired")
    assert "no trust list" in explain("cawg.x509.credential.untrusted")
    assert explain("cawg.x509.other").endswith("does not validate.")


def test_the_pictures_own_hashes_are_known() -> None:
    assert set(_SENTENCES) >= PICTURE_HASH_MISMATCHES
