"""Signers: every algorithm, encrypted keys, callables, and what goes wrong with each."""

from __future__ import annotations

import base64
import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    PemSigner,
    Signer,
    Trust,
    check_chain,
    inspect_chain,
    read,
    sign,
)
from indelible.credentials.signers.signer import (
    ALGORITHMS,
    PASSPHRASE_VARIABLE,
    algorithm_for,
    load_private_key,
)
from indelible.errors import CertificateError, SigningError
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture

AUTHORITY = Authority()
TRUST = Trust.nobody().with_anchors(AUTHORITY.pem)


def trusted(signer: Signer) -> bool:
    signed = sign(picture(), "jpeg", make_request(), signer)
    report = read(signed.data, "jpeg", trust=TRUST)
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
def test_what_is_no_key_is_told(text: bytes) -> None:
    with pytest.raises(SigningError):
        PemSigner(pem(AUTHORITY.issue(new_key())), text)


def test_algorithms_follow_the_key() -> None:
    assert algorithm_for(new_key("es384").public_key()) == "es384"
    assert algorithm_for(new_key("ps256").public_key(), rsa_hash="512") == "ps512"
    with pytest.raises(SigningError):
        algorithm_for("a password")


def test_a_callable_may_answer_in_der() -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signer = CallbackSigner(
        pem(AUTHORITY.issue(key)), lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))
    )
    assert trusted(signer)


def _element(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    length = bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])
    return bytes([tag]) + length + body


def _encrypted(*scheme: bytes) -> bytes:
    """Return an encrypted key whose passphrase makes as much work as a scheme says."""
    cipher = _element(6, bytes.fromhex("60864801650304012a")) + _element(4, bytes(16))
    pbes2 = _element(6, bytes.fromhex("2a864886f70d01050d"))
    inner = _element(0x30, pbes2, _element(0x30, _element(0x30, *scheme), _element(0x30, cipher)))
    text = base64.encodebytes(_element(0x30, inner, _element(4, bytes(96))))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%b-----END ENCRYPTED PRIVATE KEY-----\n" % text


def _number(value: int) -> bytes:
    return _element(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@pytest.mark.parametrize(
    ("kind", "numbers", "costly"),
    [
        ("2a864886f70d01050c", (10**9,), True),  # PBKDF2
        ("2a864886f70d01050c", (2048,), False),
        ("2a864886f70d010c0103", (10**9,), True),  # of PKCS#12
        ("2b06010401da47040b", (2**20, 8, 1), True),  # scrypt, a gigabyte
        ("2b06010401da47040b", (2**14, 8, 1024), True),  # scrypt, half a minute
        ("2b06010401da47040b", (2**14, 8, 1), False),
    ],
)
def test_a_key_cannot_ask_for_hours(kind: str, numbers: tuple[int, ...], costly: bool) -> None:
    parameters = _element(0x30, _element(4, bytes(8)), *map(_number, numbers))
    encrypted = _encrypted(_element(6, bytes.fromhex(kind)), parameters)
    message = "too much work" if costly else "does not open"
    for text in (encrypted, b"a key\n" + encrypted.replace(b"\n", b"\r\n")):
        with pytest.raises(SigningError, match=message):
            load_private_key(text, passphrase="x")


def test_a_certificate_is_read_when_it_is_loaded(identity: DevelopmentIdentity) -> None:
    """The library parses names and keys when they are asked for, and raises errors of its own."""
    leaf = x509.load_pem_x509_certificates(identity.signer.certificates)[0]
    der = leaf.public_bytes(serialization.Encoding.DER)
    text = b"Indelible development signer"
    names = der.replace(text, b"\xff" * len(text))
    assert names != der
    curve = bytes.fromhex("2a8648ce3d0201")  # id-ecPublicKey
    keys = der.replace(curve, b"\x2a\x86\x48\xce\x3d\x02\x7f")
    assert keys != der
    for broken in (names, keys):
        pem = ssl.DER_cert_to_PEM_cert(broken).encode()
        with pytest.raises(CertificateError):
            CallbackSigner(pem, lambda data: data)
        with contextlib.suppress(CertificateError):
            inspect_chain(pem)
        with contextlib.suppress(CertificateError):
            check_chain(pem)
