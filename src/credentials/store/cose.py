"""The signature of a manifest (COSE, RFC 9052): its certificate chain and its time stamp.

The C2PA library validates signatures and does not hand out what is in them. Here only what it
looked at is taken out, and nothing where two places could be meant: a decoy must not be examined
in the place of the certificate that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from indelible.credentials.signers.chains import UNREADABLE
from indelible.credentials.store.cbor import decode_cbor

__all__ = ["CoseSignature", "cose_headers", "parse_signature"]

_MAX_CERTIFICATES: Final = 16
_X5CHAIN: Final = (33, "x5chain")
_TIME_STAMPS: Final = ("sigTst", "sigTst2")


@dataclass(frozen=True, slots=True)
class CoseSignature:
    """What a signature says about its signer.

    Attributes
    ----------
    chain : tuple of x509.Certificate
        The signer's certificate, then the intermediates. Empty where it cannot be read for sure.
    time_stamp : bytes or None
        The RFC 3161 token or response, DER.
    """

    chain: tuple[x509.Certificate, ...] = ()
    time_stamp: bytes | None = None


def parse_signature(content: bytes) -> CoseSignature:
    """Take apart a COSE_Sign1 structure, tagged or not; what cannot be read is left out."""
    protected, unprotected = cose_headers(content)
    return CoseSignature(_chain(protected, unprotected), _time_stamp(unprotected))


def cose_headers(content: bytes) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Return the protected and unprotected headers of a COSE_Sign1 structure; empty if unreadable.

    References
    ----------
    RFC 9052, section 4.2.
    """
    value = decode_cbor(content, text_keys=False)
    parts = getattr(value, "value", value)
    if not isinstance(parts, (list, tuple)) or len(parts) != 4:
        return {}, {}
    protected = decode_cbor(parts[0], text_keys=False) if isinstance(parts[0], bytes) else None
    known = [item if isinstance(item, Mapping) else {} for item in (protected, parts[1])]
    return known[0], known[1]


def _chain(
    protected: Mapping[Any, Any], unprotected: Mapping[Any, Any]
) -> tuple[x509.Certificate, ...]:
    """Return the certificates, which old manifests keep in the header that is not protected."""
    found = [part[name] for part in (protected, unprotected) for name in _X5CHAIN if name in part]
    if len(found) != 1:
        return ()
    encoded = found[0] if isinstance(found[0], (list, tuple)) else found
    if len(encoded) > _MAX_CERTIFICATES:
        return ()
    try:
        return tuple(
            x509.load_der_x509_certificate(item) for item in encoded if isinstance(item, bytes)
        )
    except UNREADABLE:
        return ()


def _time_stamp(unprotected: Mapping[Any, Any]) -> bytes | None:
    found = [unprotected[name] for name in _TIME_STAMPS if name in unprotected]
    if len(found) != 1 or not isinstance(found[0], Mapping):
        return None
    tokens = found[0].get("tstTokens")
    if (
        not isinstance(tokens, (list, tuple))
        or len(tokens) != 1
        or not isinstance(tokens[0], Mapping)
    ):
        return None
    token = tokens[0].get("val")
    return token if isinstance(token, bytes) else None
