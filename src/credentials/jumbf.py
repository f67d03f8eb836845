"""Manifest stores as boxes (JUMBF, ISO 19566-5): find each manifest's signature and its chain.

The C2PA library validates manifests and names their signers, but does not hand out certificates.
Nothing here validates anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cryptography import x509

from indelible.credentials.signers import UNREADABLE

__all__ = ["Box", "signing_chains", "walk"]

_MAX_DEPTH = 16
_SIGNATURE = "c2pa.signature"
_CBOR_BYTES_2 = 0x59  # a CBOR byte string whose length takes two bytes


class Box(NamedTuple):
    """One box: its type, its label if it is a labelled superbox, where it lies, its depth."""

    kind: bytes
    label: str | None
    start: int
    content: int
    end: int
    depth: int


def walk(store: bytes) -> Iterator[Box]:
    """Yield every box of a manifest store, outer before inner; stop where it makes no sense."""
    yield from _walk(store, 0, len(store), 0)


def _walk(store: bytes, start: int, end: int, depth: int) -> Iterator[Box]:
    while start + 8 <= end and depth < _MAX_DEPTH:
        length, kind = struct.unpack_from(">I4s", store, start)
        content = start + 8
        if length == 1 and content + 8 <= end:
            (length,) = struct.unpack_from(">Q", store, content)
            content += 8
        elif length == 0:
            length = end - start
        stop = start + length
        if stop < content or stop > end:
            return
        superbox = kind == b"jumb"
        yield Box(
            kind, _label(store, content, stop) if superbox else None, start, content, stop, depth
        )
        if superbox:
            yield from _walk(store, content, stop, depth + 1)
        start = stop


def _label(store: bytes, start: int, end: int) -> str | None:
    """Return the label in a superbox's description box."""
    if start + 25 > end or store[start + 4 : start + 8] != b"jumd":
        return None
    (length,) = struct.unpack_from(">I", store, start)
    stop = min(start + length, end)
    has_label = store[start + 24] & 0x02
    text = store[start + 25 : stop].partition(b"\0")[0]
    return text.decode("utf-8", "replace") if has_label else None


def signing_chains(store: bytes) -> dict[str, list[x509.Certificate]]:
    """Return the certificates in each manifest's signature, the signer's first, by manifest label.

    Time-stamp authorities' certificates follow the signer's chain, where there are any.
    """
    found: dict[str, list[x509.Certificate]] = {}
    manifest: str | None = None
    for box in walk(store):
        if box.depth == 1 and box.label is not None:
            manifest = box.label
        elif box.label == _SIGNATURE and manifest is not None:
            found.setdefault(manifest, list(_certificates(store[box.content : box.end])))
    return found


def _certificates(signature: bytes) -> Iterator[x509.Certificate]:
    """Yield each certificate that stands as a byte string in a COSE signature."""
    position = 0
    while (position := signature.find(b"\x30\x82", position)) >= 0:
        (inner,) = struct.unpack_from(">H", signature.ljust(position + 4, b"\0"), position + 2)
        size = inner + 4
        header = bytes([_CBOR_BYTES_2]) + struct.pack(">H", size & 0xFFFF)
        if signature[max(0, position - 3) : position] == header:
            try:
                yield x509.load_der_x509_certificate(signature[position : position + size])
            except UNREADABLE:
                position += 2
            else:
                position += size
        else:
            position += 2  # a certificate of the time stamp, or something else
