"""The active manifest of a store: its id, and the store without the rest of the history."""

from __future__ import annotations

import struct

from indelible.credentials.store.jumbf import read_boxes
from indelible.credentials.store.opening import Store, open_store
from indelible.errors import ManifestError

__all__ = ["active_manifest", "active_manifest_id"]


def active_manifest_id(store: bytes) -> str:
    """Return the id of a store's active manifest, which is its last one.

    Parameters
    ----------
    store : bytes
        A manifest store (``application/c2pa``). Its signatures are not looked at.

    Raises
    ------
    ManifestError
        If it is none, or over a limit.
    """
    return _checked(store).active.label


def active_manifest(store: bytes) -> bytes:
    """Return a store that holds the active manifest alone.

    Raises
    ------
    ManifestError
        As `active_manifest_id`.
    """
    checked = _checked(store)
    data, label = checked.data, checked.active.label
    parts = [box for box in read_boxes(data) if box.depth == 1]
    last = next(box for box in reversed(parts) if box.label == label)
    header = data[8 : parts[0].start] + data[last.start : last.end]
    return struct.pack(">I4s", 8 + len(header), b"jumb") + header


def _checked(store: bytes) -> Store:
    try:
        return open_store(store)
    except ValueError as error:
        raise ManifestError(f"The manifest store cannot be read: {error}.") from error
