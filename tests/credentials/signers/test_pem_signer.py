"""Signers with a key in memory, and around a callable: every algorithm, and what goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from indelible.credentials import (
    CallbackSigner,
    PemSigner,
    Signer,
    Trust,
    read,
    sign,
)
from indelible.credentials.signers.algorithms import ALGORITHMS
from indelible.credentials.signers.private_keys import PASSPHRASE_VARIABLE
from indelible.errors import CertificateError, SigningError
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture

AUTHORITY = Authority()
TRUST = Trust.nobody().with_anchors(AUTHORITY.pem)


def trusted(signer: Signer) -> bool:
    signed = sign(picture(), make_request(), signer)
    report = read(signed.data, trust=TRUST)
    assert report.manifest is not None
    assert report.manifest.signature.algorithm == signer.algorithm
    return report.state == "trusted"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_signs(algorithm: str) -> None:
    key = new_key(algorithm)
    chain = pem(AUTHORITY.issue(key))
    signer = PemSigner(chain, key_pem(key), algorithm=algorithm)
    assert isinstance(signer, Signer)
    assert trusted(signer)
    assert trusted(CallbackSigner(chain, signer.sign, algorithm=algorithm))


def test_a_chain_with_an_intermediate_is_trusted_through_its_root() -> None:
    middle = Authority("Middle", issuer=AUTHORITY)
    key = new_key()
    assert trusted(PemSigner(pem(middle.issue(key), middle.certificate), key_pem(key)))


def test_signers_come_from_files(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "chain.pem").write_bytes(pem(AUTHORITY.issue(key)))
    (tmp_path / "key.pem").write_bytes(key_pem(key))
    signer = PemSigner.load(tmp_path / "chain.pem", tmp_path / "key.pem")
    assert signer.algorithm == "es256"
    assert trusted(signer)
    with pytest.raises(SigningError, match="cannot be read"):
        PemSigner.load(tmp_path / "chain.pem", tmp_path / "missing.pem")


@pytest.mark.parametrize("given", ["argument", "bytes", "callable", "environment"])
def test_encrypted_keys_open_with_their_passphrase(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    chain, encrypted = pem(AUTHORITY.issue(key)), key_pem(key, b"open sesame")
    passphrase = {
        "argument": "open sesame",
        "bytes": b"open sesame",
        "callable": lambda: "open sesame",
        "environment": None,
    }[given]
    if given == "environment":
        monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame")
    assert PemSigner(chain, encrypted, passphrase=passphrase).algorithm == "es256"  # type: ignore[arg-type]


def test_passphrases_that_are_wrong_missing_or_not_needed() -> None:
    key = new_key()
    chain, encrypted = pem(AUTHORITY.issue(key)), key_pem(key, b"open sesame")
    with pytest.raises(SigningError, match="does not open"):
        PemSigner(chain, encrypted, passphrase="wrong")
    with pytest.raises(SigningError, match="no passphrase") as caught:
        PemSigner(chain, encrypted)
    assert PASSPHRASE_VARIABLE in caught.value.diagnostics()

    def unexpected() -> str:
        raise AssertionError("asked for a passphrase that is not needed")

    PemSigner(chain, key_pem(key), passphrase=unexpected)


def test_keys_and_certificates_must_belong_together() -> None:
    key, other = new_key(), new_key()
    with pytest.raises(CertificateError, match="not about this private key"):
        PemSigner(pem(AUTHORITY.issue(other)), key_pem(key))
    with pytest.raises(SigningError, match="does not fit"):
        PemSigner(pem(AUTHORITY.issue(key)), key_pem(key), algorithm="es384")
    with pytest.raises(SigningError, match="does not fit"):
        PemSigner(pem(AUTHORITY.issue(key)), key_pem(key), algorithm="ps256")
    with pytest.raises(SigningError, match="not a C2PA"):
        PemSigner(pem(AUTHORITY.issue(key)), key_pem(key), algorithm="rs256")


@pytest.mark.parametrize("text", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    with pytest.raises(SigningError):
        PemSigner(pem(AUTHORITY.issue(new_key())), text)


def test_a_callable_may_answer_in_der() -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signer = CallbackSigner(
        pem(AUTHORITY.issue(key)), lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))
    )
    assert trusted(signer)
