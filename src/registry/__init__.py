"""The registry: where a watermark's id leads to the manifest that was signed with it.

C2PA calls this a manifest repository. `open_registry` opens one; importing this package loads no
database library.
"""

from __future__ import annotations

from indelible.registry.opening import open_registry
from indelible.registry.protocol import MAX_FOUND, PrivateRegistry, Registry
from indelible.registry.record import Entry, Record, Similar, StoredFingerprint
from indelible.registry.several import Registries, private_registry
from indelible.registry.urls import registry_url, shown_url, sqlite_url

__all__ = [
    "MAX_FOUND",
    "Entry",
    "PrivateRegistry",
    "Record",
    "Registries",
    "Registry",
    "Similar",
    "StoredFingerprint",
    "open_registry",
    "private_registry",
    "registry_url",
    "shown_url",
    "sqlite_url",
]
