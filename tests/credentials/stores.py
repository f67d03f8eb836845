"""Manifest stores made by hand, for what no signer would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import cbor2

FORM_TAIL = bytes.fromhex("00110010800000aa00389b71")
MANIFEST = "urn:c2pa:00000000-0000-4000-8000-000000000000"


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def superbox(form: bytes, label: str, *inside: bytes) -> bytes:
    """Return a labelled superbox."""
    description = form + FORM_TAIL + b"\3" + label.encode() + b"\0"
    return box(b"jumb", box(b"jumd", description) + b"".join(inside))


def assertion(label: str, value: object) -> bytes:
    """Return an assertion of CBOR."""
    return superbox(b"cbor", label, box(b"cbor", cbor2.dumps(value)))


def signature(**unprotected: object) -> bytes:
    """Return a signature box that nobody signed."""
    content = cbor2.dumps(cbor2.CBORTag(18, [b"\xa1\x01\x26", unprotected, None, bytes(64)]))
    return superbox(b"c2cs", "c2pa.signature", box(b"cbor", content))


def manifest(
    *assertions: bytes, label: str = MANIFEST, form: bytes = b"c2ma", signed: bytes = signature()
) -> bytes:
    """Return a manifest with these assertions."""
    claim = superbox(b"c2cl", "c2pa.claim.v2", box(b"cbor", cbor2.dumps({"alg": "sha256"})))
    return superbox(form, label, superbox(b"c2as", "c2pa.assertions", *assertions), claim, signed)


def store(*manifests: bytes) -> bytes:
    """Return a store of manifests."""
    return superbox(b"c2pa", "c2pa", *manifests)


def many(count: int, label: str = "com.example.thing") -> Iterable[bytes]:
    """Yield so many small assertions."""
    return (assertion(f"{label}__{number}", {}) for number in range(count))
