"""Encrypted keys that would take hours or gigabytes to open are refused."""

from __future__ import annotations

import base64

import pytest

from indelible.credentials.signers.private_keys import load_private_key
from indelible.errors import SigningError


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
