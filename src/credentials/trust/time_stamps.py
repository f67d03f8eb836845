"""Time-stamp tokens (RFC 3161): which certificate made one.

The C2PA library checks that a token fits the signature. For manifests of the first version it asks
no list whether the authority is to be believed, and elsewhere it takes every certificate below a
listed authority for that of a time-stamp authority, a claim signer's too. So the certificate is
taken out here, and judged in `paths`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from cryptography import x509

from indelible.credentials._der import SEQUENCE, Element, elements, whole
from indelible.credentials.signers.chains import UNREADABLE

__all__ = ["in_order", "stamping_chain"]

_OBJECT_ID, _SET, _CONTEXT_0 = 0x06, 0x31, 0xA0
_MAX_CERTIFICATES: Final = 16


def stamping_chain(token: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificate that signed a time stamp, then the others that came with it.

    Parameters
    ----------
    token : bytes
        A time-stamp token or a whole response, DER.

    Returns
    -------
    tuple of x509.Certificate
        Empty where there is not exactly one signer and one certificate of it.
    """
    try:
        signed = _signed_data(token)
        parts = list(elements(token, signed))
        encoded = [
            token[item.start : item.end]
            for part in parts
            if part.tag == _CONTEXT_0
            for item in elements(token, part)
        ]
        pool = list(_readable(encoded[:_MAX_CERTIFICATES]))
        (signer,) = elements(token, parts[-1])  # the set of signers comes last
        if parts[-1].tag != _SET:
            return ()
        _version, who, *_rest = elements(token, signer)
        issuer, serial = elements(token, who)
        number = int.from_bytes(token[serial.content : serial.end], "big", signed=True)
        name = token[issuer.start : issuer.end]
        (found,) = (
            item
            for item in pool
            if item.serial_number == number and item.issuer.public_bytes() == name
        )
    except (IndexError, *UNREADABLE):
        return ()
    return (found, *(item for item in pool if item is not found))


def in_order(token: bytes) -> bytes:
    """Return a time stamp with its certificates in the order that DER wants.

    OpenSSL writes them as they come, and readers that take DER at its word refuse that. The
    signature does not cover their order. What is no time stamp comes back as it is.
    """
    try:
        signed = _signed_data(token)
        held = [part for part in elements(token, signed) if part.tag == _CONTEXT_0]
        for part in held:
            encoded = [token[item.start : item.end] for item in elements(token, part)]
            token = token[: part.content] + b"".join(sorted(encoded)) + token[part.end :]
    except (IndexError, ValueError):
        return token
    return token


def _readable(encoded: Iterable[bytes]) -> Iterator[x509.Certificate]:
    for der in encoded:
        with suppress(*UNREADABLE):
            yield x509.load_der_x509_certificate(der)


def _signed_data(token: bytes) -> Element:
    """Return the SignedData structure in a token, or in the response around one."""
    (outer,) = elements(token, whole(token))
    kind, content, *_rest = elements(token, outer)
    if kind.tag == SEQUENCE:  # the status of a response
        kind, content, *_rest = elements(token, content)
    if kind.tag != _OBJECT_ID or content.tag != _CONTEXT_0:
        raise ValueError("no signed data")
    (signed,) = elements(token, content)
    return signed
