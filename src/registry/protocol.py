"""The registry: which manifest belongs to the id that a watermark carries.

C2PA calls this a manifest repository. A `Record` holds the manifest store and the binding that
leads to it; both are written in one step or not at all. The first manifest to claim an id keeps it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from indelible.errors import RegistryError

__all__ = ["Record", "Registry"]


@dataclass(frozen=True, slots=True)
class Record:
    """One registered picture.

    Attributes
    ----------
    manifest_id : str
        Id of the manifest, ``urn:c2pa:<uuid>``.
    algorithm : str
        Watermark algorithm ("org.indelible.dft.1").
    payload : bytes
        The id in the watermark.
    manifest_store : bytes
        The manifest with its history, ``application/c2pa``.
    media_type : str
        Of the picture that was signed ("image/jpeg").
    generator : str or None
        Who made it, as the manifest says.
    created : datetime.datetime
        When it was registered; timezone-aware.
    picture_sha256 : str or None
        SHA-256 of the signed file, in hexadecimal.
    width, height : int or None
        Size of the picture in pixels.
    store_sha256 : str
        SHA-256 of `manifest_store`, in hexadecimal; computed where it is not given.
    """

    manifest_id: str
    algorithm: str
    payload: bytes
    manifest_store: bytes = field(repr=False)
    media_type: str
    generator: str | None = None
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    picture_sha256: str | None = None
    width: int | None = None
    height: int | None = None
    store_sha256: str = ""

    def __post_init__(self) -> None:
        if not self.manifest_id or not self.algorithm or not self.payload:
            raise RegistryError("a record needs a manifest id, an algorithm and a payload")
        if self.created.tzinfo is None:
            raise RegistryError("a record's time needs a time zone")
        if not self.store_sha256:
            digest = hashlib.sha256(self.manifest_store).hexdigest()
            object.__setattr__(self, "store_sha256", digest)

    @property
    def intact(self) -> bool:
        """Whether the manifest store is still what was registered."""
        return hashlib.sha256(self.manifest_store).hexdigest() == self.store_sha256

    def summary(self) -> dict[str, Any]:
        """Return what can be shown: everything but the manifest store."""
        values = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if item.name != "manifest_store"
        }
        return values | {"payload": self.payload.hex(), "created": self.created.isoformat()}


@runtime_checkable
class Registry(Protocol):
    """What `protect` writes to and `verify` asks.

    Every method raises `RegistryUnavailableError` if the registry cannot be used just now.
    """

    def put(self, record: Record) -> None:
        """Store a manifest and its binding, durably and in one step.

        Raises
        ------
        BindingConflictError
            If the id, or the manifest id, is held already. Nothing is changed then.
        """
        ...

    def find(self, algorithm: str, payload: bytes, *, limit: int = 16) -> list[Record]:
        """Return the records bound to an id, `limit` at most: in a merged registry a few."""
        ...

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest."""
        ...

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is held."""
        ...

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; return whether it was there."""
        ...
