"""Certificate chains are parsed whole when they are loaded."""

from __future__ import annotations

import contextlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    check_chain,
    inspect_chain,
)
from indelible.errors import CertificateError


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
