"""What every registry can do, and what a caller may rely on when one fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from indelible.registry.record import Record, Similar

if TYPE_CHECKING:
    from indelible.registry.consents import ConsentRecord
    from indelible.registry.private.log import AuditLog
    from indelible.registry.private.sealed import SealedRecord

__all__ = [
    "MAX_FOUND",
    "ConsentSource",
    "PrivateRegistry",
    "Registry",
    "SealingRegistry",
    "SearchableRegistry",
]

MAX_FOUND: Final = 16
"""How many records `Registry.find` returns unless the caller asks for another number."""


@runtime_checkable
class Registry(Protocol):
    """What `protect` writes to and `verify` asks. Any object with these methods is one.

    A record is written whole or not at all, and is durable once `put` returns. The first manifest
    to claim an id keeps it.

    Every method raises `RegistryUnavailableError` where the registry cannot be used just now;
    nothing was changed then, with one exception.

    **A commit of unknown outcome.** A connection can fail after the commit was sent and before it
    was acknowledged. Nobody can tell then whether the change was made, and `put` and `withdraw`
    raise `RegistryOutcomeUnknownError`, a child of `RegistryUnavailableError`. The caller can

    - ask whether the record is there: ``get(manifest_id)``;
    - repeat the call with the same arguments: both methods are idempotent;
    - take the record back: ``withdraw(manifest_id)``, whether it is there or not.

    Until one of these succeeds, the record may be there or not. It must not be assumed to be there:
    a picture whose registration ended like this is not to be shown. It does no harm if it is: an
    entry about a picture that nobody has seen leads nobody astray.
    """

    def put(self, record: Record) -> None:
        """Store a manifest and its binding, durably and in one step.

        A record that is there already, equal in every field, is accepted: the call can be repeated.

        Raises
        ------
        BindingConflictError
            If another record holds the watermark's id or the manifest's. Nothing is changed.
        RegistryOutcomeUnknownError
            If the commit was sent and not acknowledged.
        """
        ...

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return the records bound to a watermark's id, the oldest first.

        Parameters
        ----------
        algorithm : str
            Watermark algorithm ("org.indelible.dft.2").
        payload : bytes
            The id in the watermark.
        limit : int
            Return this many at most; 1 or more. There is one record for an id, or none; only a
            registry that was merged from several can hold more.
        """
        ...

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        ...

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether a watermark's id is taken."""
        ...

    def withdraw(self, manifest_id: str) -> bool:
        """Remove the record of a picture that was never published; return whether it was there.

        Raises
        ------
        RegistryOutcomeUnknownError
            If the commit was sent and not acknowledged.
        """
        ...


@runtime_checkable
class SearchableRegistry(Registry, Protocol):
    """A registry that finds pictures by what they look like, too; see `SqlRegistry`."""

    def find_similar(
        self, hashes: bytes | Sequence[bytes], *, max_distance: int = 31, limit: int = MAX_FOUND
    ) -> list[Similar]:
        """Return registered pictures that look alike, the nearest first."""
        ...


class SealingRegistry(Registry, Protocol):
    """A registry that takes generation records; whether they are read there is another question."""

    def put(self, record: Record, *, private: SealedRecord | None = None) -> None:
        """Store a record, and who had the picture made, in one step; see `Registry.put`."""
        ...


@runtime_checkable
class PrivateRegistry(SealingRegistry, Protocol):
    """A registry that keeps generation records and an audit log, too; see `SqlRegistry`."""

    def sealed_records(self, manifest_ids: Sequence[str]) -> dict[str, bytes]:
        """Return generation records by their manifests' ids, as they were sealed."""
        ...

    def find_inputs(
        self, tokens: Sequence[bytes], *, offset: int = 0, limit: int = 100
    ) -> list[str]:
        """Return manifests whose pictures were made from inputs of these tokens."""
        ...

    @property
    def audit(self) -> AuditLog:
        """Who looked into what is private, and why."""
        ...


@runtime_checkable
class ConsentSource(Protocol):
    """What keeps records of consent, or knows whom to ask; see `SqlRegistry.consents`."""

    def find(self, algorithm: str, consent_id: bytes) -> Sequence[ConsentRecord]:
        """Return the records under the id of a consent mark.

        Raises
        ------
        RegistryError
            If it cannot be asked.
        """
        ...
