"""The registry: where a watermark's id leads to the manifest that was signed with it.

C2PA calls this a manifest repository. `open_registry` opens one; importing this package loads no
database library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from indelible.registry.opening import open_registry
from indelible.registry.protocol import (
    MAX_FOUND,
    ConsentSource,
    PrivateRegistry,
    Registry,
    SealingRegistry,
    SearchableRegistry,
)
from indelible.registry.record import Entry, Record, Similar, StoredFingerprint
from indelible.registry.several import (
    Registries,
    consent_sources,
    own_registry,
    private_registry,
    sealing_registry,
)
from indelible.registry.urls import registry_url, shown_url, sqlite_url

if TYPE_CHECKING:
    from indelible.registry import (
        backup,
        exchange,
        merging,
        purging,
        similar_pictures,
        transfers,
        upkeep,
    )
    from indelible.registry.consents import ConsentRecord
    from indelible.registry.remote import RemoteRegistry
    from indelible.registry.sql import SqlRegistry

__all__ = [
    "MAX_FOUND",
    "ConsentRecord",
    "ConsentSource",
    "Entry",
    "PrivateRegistry",
    "Record",
    "Registries",
    "Registry",
    "RemoteRegistry",
    "SealingRegistry",
    "SearchableRegistry",
    "Similar",
    "SqlRegistry",
    "StoredFingerprint",
    "backup",
    "consent_sources",
    "exchange",
    "merging",
    "open_registry",
    "own_registry",
    "private_registry",
    "purging",
    "registry_url",
    "sealing_registry",
    "shown_url",
    "similar_pictures",
    "sqlite_url",
    "transfers",
    "upkeep",
]


if not TYPE_CHECKING:  # checkers see the imports above, and know of no other name

    def __getattr__(name: str) -> object:
        """Import what needs a database when it is asked for."""
        if name == "SqlRegistry":
            return importlib.import_module(f"{__name__}.sql").SqlRegistry
        if name == "ConsentRecord":
            return importlib.import_module(f"{__name__}.consents").ConsentRecord
        if name == "RemoteRegistry":
            return importlib.import_module(f"{__name__}.remote").RemoteRegistry
        if name in __all__:  # a module that needs more than the protocol
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
