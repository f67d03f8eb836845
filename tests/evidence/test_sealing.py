"""Sealing: for one recipient, in a form that others can open, and nobody else."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence.sealing import opened, recipient, sealed
from indelible.secret import Secret
from tests.credentials.authority import Authority, key_pem, pem

X25519 = x25519.X25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
PICTURE = bytes(range(256)) * 9


def public(key: x25519.X25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def private(
    key: x25519.X25519PrivateKey | rsa.RSAPrivateKey, passphrase: bytes | None = None
) -> Secret:
    how: serialization.KeySerializationEncryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase)
    )
    form = serialization.PrivateFormat.PKCS8
    return Secret(key.private_bytes(serialization.Encoding.PEM, form, how))


@pytest.mark.parametrize("key", [X25519, RSA], ids=["x25519", "rsa"])
def test_only_its_recipient_opens_it(key: x25519.X25519PrivateKey | rsa.RSAPrivateKey) -> None:
    data = sealed(PICTURE, recipient(public(key)))
    assert PICTURE[:64] not in data
    assert opened(data, private(key)) == PICTURE
    assert opened(data, private(key, b"pass"), Secret(b"pass")) == PICTURE
    assert sealed(PICTURE, recipient(public(key))) != data
    others = (x25519.X25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048))
    for other in others:
        with pytest.raises(EvidenceError, match="does not open"):
            opened(data, private(other))
    with pytest.raises(EvidenceError, match="private key cannot be read"):
        opened(data, private(key, b"pass"))


@pytest.mark.parametrize("key", [X25519, RSA], ids=["x25519", "rsa"])
def test_every_changed_byte_is_noticed(key: x25519.X25519PrivateKey | rsa.RSAPrivateKey) -> None:
    data = sealed(b"a picture", recipient(public(key)))
    for at in range(0, len(data), 1 if key is X25519 else 17):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(EvidenceError):
            opened(changed, private(key))


def test_another_library_opens_it_as_the_form_says() -> None:
    data = sealed(PICTURE, recipient(public(X25519)))
    line, rest = data[: data.index(b"\n") + 1], data[data.index(b"\n") + 1 :]
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    assert suite.decrypt(rest, X25519, info=line) == PICTURE
    data = sealed(PICTURE, recipient(public(RSA)))
    line, rest = data[: data.index(b"\n") + 1], data[data.index(b"\n") + 1 :]
    head = json.loads(line)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    key = RSA.decrypt(base64.b64decode(head["wrapped"]), oaep)
    assert AESGCM(key).decrypt(base64.b64decode(head["nonce"]), rest, line) == PICTURE


def test_a_certificate_names_its_recipient() -> None:
    certificate = Authority().issue(RSA)
    whom = recipient(pem(certificate))
    assert whom.name == "O=Test,CN=Test signer"
    assert opened(sealed(b"x", whom), private(RSA)) == b"x"


@pytest.mark.parametrize(
    "given_pem",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        public(ec.generate_private_key(ec.SECP256R1())),
        public(rsa.generate_private_key(65537, 1024)),
        key_pem(RSA),
    ],
    ids=["empty", "broken", "ec", "short", "private"],
)
def test_keys_that_nothing_is_sealed_for(given_pem: bytes) -> None:
    with pytest.raises(ArgumentError):
        recipient(given_pem)


@given(st.binary(max_size=300))
def test_garbage_is_nothing_sealed(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        opened(data, private(X25519))


@pytest.mark.parametrize("head", ['{"kem":"HPKE"}', '{"kem":7}', '{"kem":"RSA-OAEP-SHA256"}', "[]"])
def test_garbage_behind_a_good_first_line(head: str) -> None:
    line = head.replace("{", '{"format":"indelible-sealed-1",', 1).encode() + b"\n"
    for key in (X25519, RSA):
        with pytest.raises(EvidenceError):
            opened(line + b"\0" * 40, private(key))
