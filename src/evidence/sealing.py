"""Sealing: the picture encrypted for one recipient, whose private key alone opens it.

The form is ``indelible-sealed-1``. A first line of JSON says how it is sealed, and is itself
covered by the encryption; what follows it depends on its ``kem``:

``HPKE``
    for X25519 keys: what RFC 9180 makes in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256
    and AES-256-GCM, ``info`` being the line with its end: encapsulated key (32 bytes), ciphertext.
``RSA-OAEP-SHA256``
    for RSA keys: the ciphertext of AES-256-GCM, whose additional data is the line with its end. In
    the line stand ``nonce`` and ``wrapped``, the key encrypted with RSA-OAEP (SHA-256 for both
    hashes, no label), in base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from indelible import extras
from indelible.credentials.signers.chains import UNREADABLE
from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence.layout import json_line
from indelible.evidence.packing import sha256
from indelible.secret import Secret

__all__ = ["SUFFIX", "Recipient", "opened", "recipient", "sealed"]

SUFFIX: Final = ".sealed"

_FORMAT: Final = "indelible-sealed-1"
_HPKE: Final = "HPKE"
_RSA: Final = "RSA-OAEP-SHA256"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LEAST_BITS: Final = 2048
_MOST_HEAD: Final = 4096
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom something is sealed for.

    Attributes
    ----------
    key : X25519PublicKey or RSAPublicKey
        Their public key.
    name : str
        By their certificate; for a bare key, its kind and hash.
    sha256 : str
        Of the public key, in small hexadecimal digits.
    """

    key: x25519.X25519PublicKey | rsa.RSAPublicKey = field(repr=False)
    name: str
    sha256: str


def recipient(pem: bytes) -> Recipient:
    """Read a recipient's public key or certificate, in PEM.

    Raises
    ------
    ArgumentError
        If it is none, or of a kind that nothing is sealed for.
    """
    hint = "Give a public key (X25519, or RSA of 2048 bits or more) or a certificate, in PEM."
    name: str | None = None
    key: object
    if b"PRIVATE KEY" in pem:
        raise ArgumentError("seal_for", "That is a private key.", hint=hint)
    try:
        if b"BEGIN CERTIFICATE" in pem:
            certificate = x509.load_pem_x509_certificate(pem)
            name, key = certificate.subject.rfc4514_string(), certificate.public_key()
        else:
            key = serialization.load_pem_public_key(pem)
    except UNREADABLE as error:
        raise ArgumentError("seal_for", "The recipient's key cannot be read.", hint=hint) from error
    if not isinstance(key, x25519.X25519PublicKey | rsa.RSAPublicKey) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_BITS
    ):
        raise ArgumentError("seal_for", "Nothing is sealed for a key of this kind.", hint=hint)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    print_ = sha256(key.public_bytes(serialization.Encoding.DER, form))
    kind = "RSA" if isinstance(key, rsa.RSAPublicKey) else "X25519"
    return Recipient(key, name or f"{kind} key, SHA-256 {print_}", print_)


def sealed(data: bytes, whom: Recipient) -> bytes:
    """Return bytes encrypted for a recipient, in the form that this module describes."""
    head: dict[str, Any] = {"format": _FORMAT, "recipient_key_sha256": whom.sha256}
    if isinstance(whom.key, x25519.X25519PublicKey):
        line = json_line({**head, "kem": _HPKE})
        sealed_: bytes = _hpke().encrypt(data, whom.key, info=line)
        return line + sealed_
    key = Secret(secrets.token_bytes(_KEY_BYTES))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    wrapped = whom.key.encrypt(key.reveal(), _OAEP)
    line = json_line({**head, "kem": _RSA, "wrapped": _text(wrapped), "nonce": _text(nonce)})
    return line + AESGCM(key.reveal()).encrypt(nonce, data, line)


def opened(data: bytes, private_pem: Secret, passphrase: Secret | None = None) -> bytes:
    """Return what was sealed.

    Parameters
    ----------
    data : bytes
        What `sealed` returned.
    private_pem : Secret
        The recipient's private key, in PEM.
    passphrase : Secret, optional
        Of an encrypted key.

    Raises
    ------
    EvidenceError
        If the key cannot be read or is another one, or the bytes were changed.
    """
    line, head = _head(data)
    rest = data[len(line) :]
    try:
        key = serialization.load_pem_private_key(
            private_pem.reveal(), None if passphrase is None else passphrase.reveal()
        )
    except (TypeError, *UNREADABLE):
        raise EvidenceError(
            "The private key cannot be read.", hint="Give it in PEM, with its passphrase."
        ) from None
    try:
        if head["kem"] == _HPKE and isinstance(key, x25519.X25519PrivateKey):
            plain: bytes = _hpke().decrypt(rest, key, info=line)
            return plain
        if head["kem"] == _RSA and isinstance(key, rsa.RSAPrivateKey):
            wrapped, nonce = (_bytes(head[name]) for name in ("wrapped", "nonce"))
            return AESGCM(key.decrypt(wrapped, _OAEP)).decrypt(nonce, rest, line)
    except (KeyError, TypeError, ValueError, InvalidTag):
        pass
    raise EvidenceError(
        "It does not open: it was sealed for another key, or it was changed.",
        hint=f"It was sealed for the key of this SHA-256: {head.get('recipient_key_sha256')}.",
    )


def _hpke() -> Any:  # noqa: ANN401 - older versions of the library do not have it
    hpke = extras.load(
        "cryptography.hazmat.primitives.hpke",
        extra="evidence",
        missing="sealing for X25519 keys needs a newer version of cryptography",
    )
    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _head(data: bytes) -> tuple[bytes, dict[str, Any]]:
    line = data[:_MOST_HEAD].partition(b"\n")[0] + b"\n"
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != _FORMAT or not data.startswith(line):
        raise EvidenceError("That is nothing sealed.", hint="Its first line says how it is sealed.")
    return line, head


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
