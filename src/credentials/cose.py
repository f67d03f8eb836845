"""The signature of a manifest (COSE, RFC 9052): its certificate chain and its time stamp.

The C2PA library validates signatures and does not hand out what is in them. Here only what it
looked at is taken out, and nothing where two places could be meant: a decoy must not be examined
in the place of the certificate that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509

from indelible.credentials.signers import UNREADABLE

__all__ = ["CoseSignature", "parse_signature"]

_MAX_DEPTH: Final = 16
_MAX_CERTIFICATES: Final = 16
_X5CHAIN: Final = (33, "x5chain")
_TIME_STAMPS: Final = ("sigTst", "sigTst2")
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(7)  # CBOR's major types


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
    """Take apart a COSE_Sign1 structure; what cannot be read is left out.

    Parameters
    ----------
    content : bytes
        CBOR, tagged or not. Lengths that are told by a break are not read.
    """
    try:
        parts, _ = _item(content, 0, 0)
        if not isinstance(parts, list) or len(parts) != 4:
            return CoseSignature()
        protected = _headers(parts[0])
        unprotected = parts[1] if isinstance(parts[1], dict) else {}
        return CoseSignature(_chain(protected, unprotected), _time_stamp(unprotected))
    except (ValueError, IndexError):
        return CoseSignature()


def _headers(value: object) -> dict[object, object]:
    if not isinstance(value, bytes):
        raise ValueError("the protected header is no byte string")  # noqa: TRY004 - not a caller's
    if not value:
        return {}
    headers, end = _item(value, 0, 0)
    if not isinstance(headers, dict) or end != len(value):
        raise ValueError("the protected header is no map")
    return headers


def _chain(
    protected: dict[object, object], unprotected: dict[object, object]
) -> tuple[x509.Certificate, ...]:
    """Return the certificates, which old manifests keep in the header that is not protected."""
    found = [part[name] for part in (protected, unprotected) for name in _X5CHAIN if name in part]
    if len(found) != 1:
        return ()
    encoded = found[0] if isinstance(found[0], list) else found
    if len(encoded) > _MAX_CERTIFICATES:
        return ()
    try:
        return tuple(
            x509.load_der_x509_certificate(item) for item in encoded if isinstance(item, bytes)
        )
    except UNREADABLE:
        return ()


def _time_stamp(unprotected: dict[object, object]) -> bytes | None:
    found = [unprotected[name] for name in _TIME_STAMPS if name in unprotected]
    if len(found) != 1 or not isinstance(found[0], dict):
        return None
    tokens = found[0].get("tstTokens")
    if not isinstance(tokens, list) or len(tokens) != 1 or not isinstance(tokens[0], dict):
        return None
    token = tokens[0].get("val")
    return token if isinstance(token, bytes) else None


def _item(data: bytes, at: int, depth: int) -> tuple[object, int]:
    """Return the CBOR item at a position, and where the next one begins.

    Tags are passed over, and numbers that are not whole come out as None.

    Raises
    ------
    ValueError, IndexError
        If it is not well-formed, or not of a form that is read here.
    """
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    size = 0 if info < 24 else 1 << (info - 24)
    if depth > _MAX_DEPTH or info > 27 or at + size > len(data):
        raise ValueError("not well-formed")
    value = int.from_bytes(data[at : at + size], "big") if size else info
    at += size
    if major in (_BYTES, _TEXT):
        if value > len(data) - at:
            raise ValueError("cut short")
        raw = data[at : at + value]
        return (raw if major == _BYTES else raw.decode()), at + value
    if major == _ARRAY:
        items = []
        for _ in range(value):
            item, at = _item(data, at, depth + 1)
            items.append(item)
        return items, at
    if major == _MAP:
        return _map(data, at, value, depth + 1)
    if major == _TAG:
        return _item(data, at, depth + 1)
    whole = {_UNSIGNED: value, _NEGATIVE: -1 - value}
    return whole.get(major), at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[object, object], int]:
    entries: dict[object, object] = {}
    for _ in range(count):
        key, at = _item(data, at, depth)
        value, at = _item(data, at, depth)
        if not isinstance(key, (int, str, bytes)) or key in entries:
            raise ValueError("a map with a key that is odd or there twice")
        entries[key] = value
    return entries, at
