"""Manifest stores as boxes (JUMBF, ISO 19566-5): find each manifest's signature and its chain.

The C2PA library validates manifests and names their signers, but does not hand out certificates.
Nothing here validates anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cryptography import x509

from indelible.credentials.cose import CoseSignature, parse_signature

__all__ = ["Box", "signatures", "signing_chains", "walk"]

_MAX_DEPTH = 16
_SIGNATURE = "c2pa.signature"


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

    A chain that cannot be read for sure is empty.
    """
    return {label: list(found.chain) for label, found in signatures(store).items()}


def signatures(store: bytes, only: str | None = None) -> dict[str, CoseSignature]:
    """Return each manifest's signature by the manifest's label.

    Where two could be meant, because a label is there twice, the signature is an empty one.

    Parameters
    ----------
    store : bytes
        The manifest store.
    only : str, optional
        Label of the one manifest whose signature is wanted.
    """
    found: dict[str, CoseSignature] = {}
    seen: set[str] = set()
    manifest: str | None = None
    inside = False  # a signature's box whose content comes next
    for box in walk(store):
        if box.depth == 1:
            manifest, inside = box.label, False
            if manifest is not None:
                if manifest in seen:
                    found[manifest] = CoseSignature()
                    manifest = None
                else:
                    seen.add(manifest)
        elif box.label == _SIGNATURE and box.depth == 2 and manifest is not None:
            inside = manifest not in found
            found[manifest] = CoseSignature()
        elif inside and box.kind == b"cbor" and manifest is not None:
            inside = False
            if only is None or only == manifest:
                found[manifest] = parse_signature(store[box.content : box.end])
    return found
