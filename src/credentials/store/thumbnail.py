"""The preview of its picture that a manifest may hold."""

from __future__ import annotations

from typing import Final

from indelible.credentials.store.opening import open_store

__all__ = ["read_thumbnail"]

_LABEL: Final = "c2pa.thumbnail.claim"
_CONTENT: Final = b"bidb"  # of an embedded file (JUMBF, ISO/IEC 19566-5)


def read_thumbnail(manifest_store: bytes) -> bytes | None:
    """Return the encoded preview in the active manifest of a store; None unless there is one.

    Nothing is validated: it is the signer's only where the manifest holds (`credentials.read`).
    """
    try:
        store = open_store(manifest_store)
    except ValueError:
        return None
    found = [
        store.data[box.content : box.end]
        for label, boxes in store.active.assertions
        if label.startswith(_LABEL)
        for box in boxes
        if box.kind == _CONTENT
    ]
    return found[0] if len(found) == 1 else None  # of several only one need be signed
