"""The preview of its picture that a manifest may hold."""

from __future__ import annotations

from typing import Final

from indelible.credentials.store.opening import open_store

__all__ = ["read_thumbnail"]

_LABEL: Final = "c2pa.thumbnail.claim"
_CONTENT: Final = b"bidb"  # of an embedded file (JUMBF, ISO/IEC 19566-5)


def read_thumbnail(manifest_store: bytes) -> bytes | None:
    """Return the encoded preview in the active manifest of a store; None where there is none.

    Nothing is validated: it is the signer's only where the manifest holds (`credentials.read`).
    """
    try:
        store = open_store(manifest_store)
    except ValueError:
        return None
    for label, boxes in store.active.assertions:
        if label == _LABEL or label.startswith((f"{_LABEL}.", f"{_LABEL}__")):
            for box in boxes:
                if box.kind == _CONTENT:
                    return store.data[box.content : box.end]
    return None
