"""A registry in a SQL database: the same statements, whatever the database is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, get_args

import sqlalchemy as sa

from indelible.choices import RecordStatus
from indelible.errors import RegistryError
from indelible.registry import changing
from indelible.registry.asking import (
    MOST_LISTED,
    check_binding,
    check_limit,
    check_number,
)
from indelible.registry.changing import Registration
from indelible.registry.consents import ConsentRecords
from indelible.registry.database import Database
from indelible.registry.group_commit import GroupCommit
from indelible.registry.objects import ObjectStore, open_objects
from indelible.registry.pending import remove_objects
from indelible.registry.private import statements
from indelible.registry.private.log import NOBODY, AuditLog, check_who_and_why, note_change
from indelible.registry.private.sealed import SealedRecord
from indelible.registry.protocol import MAX_FOUND
from indelible.registry.reading import RecordReader
from indelible.registry.record import Entry, Record, Similar, conflict
from indelible.registry.rows import check_value, packed, values_of
from indelible.registry.urls import DEFAULT_OPTIONS, Options

if TYPE_CHECKING:
    from indelible.registry.similar_pictures import SimilarPictures

__all__ = ["SqlRegistry"]


class SqlRegistry:
    """A registry in a database; `open_registry` makes one.

    Parameters
    ----------
    database : Database
        Opens transactions and turns the database's errors into ours.
    options : Options
        What else its URL says: where large manifest stores lie.

    Notes
    -----
    Every write is on the disk before it is acknowledged; what several threads write at once is
    one transaction. Looking something up writes nothing, and makes nothing.
    """

    def __init__(self, database: Database, options: Options = DEFAULT_OPTIONS) -> None:
        self._database = database
        self._options = options
        self._objects: ObjectStore | None = (
            None if options.manifests is None else open_objects(options.manifests)
        )
        self._reader = RecordReader(database, self._objects)
        # Not a method of this object: it would never be freed, and its file not be closed, in time.
        self._group = GroupCommit(partial(_register, database))
        self._alike: SimilarPictures | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes without connections, and without what is held in memory."""
        return SqlRegistry, (self._database, self._options)

    @property
    def url(self) -> str:
        """Where it is; the path in it is absolute, and a password is left out."""
        return self._database.url

    @property
    def database(self) -> Database:
        """What it lies in: for what is done with a whole registry (export, merge, purge, ...)."""
        return self._database

    # --- what protect and verify need ------------------------------------------------------------

    def put(
        self, record: Record, *, owner: str | None = None, private: SealedRecord | None = None
    ) -> None:
        """Store a manifest and its binding in one transaction; see `Registry.put`.

        Parameters
        ----------
        record : Record
            What to register.
        owner : str, optional
            Who does so, and alone may change it later; by default the record's own.
        private : SealedRecord, optional
            Who had the picture made, encrypted: written in the same transaction, and in no answer
            but that of `sealed_records`.
        """
        if owner is not None:
            record = replace(record, owner=owner)
        registration = self.registration(record, private)
        size = len(record.manifest_store) + 4096
        done = self._group.do(registration, key=record.manifest_id, size=size)
        # The very same record is no conflict: a caller whose first attempt ended with an unknown
        # outcome may repeat it.
        if not done and not self._holds(record, private):
            raise conflict(record)

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return the records that an id leads to, the oldest first; see `Registry.find`.

        There are fewer than `limit` where their manifests together exceed 32 MiB.
        """
        check_limit(limit)
        return self._reader.find(algorithm, payload, limit)

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        return self._reader.get(manifest_id)

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is taken; a registry that does not exist yet holds none."""
        return self._database.exists() and bool(self.find_ids(algorithm, payload, limit=1))

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; see `Registry.withdraw`."""
        if not self._database.exists():
            return False
        done = self._database.write(lambda connection: changing.withdraw(connection, manifest_id))
        self.finish_pending()
        return done

    # --- looking without loading manifests -------------------------------------------------------

    def find_ids(self, algorithm: str, value: bytes, *, limit: int = MAX_FOUND) -> list[str]:
        """Return the ids of the manifests that a binding leads to, without loading them."""
        check_limit(limit)
        return self._reader.find_ids(algorithm, value, limit)

    def entries(self, *, after: str = "", limit: int = 100) -> list[Entry]:
        """Return what is registered, the oldest first, without loading manifests.

        Parameters
        ----------
        after : str
            `Entry.cursor` of the last entry of the page before; empty for the first page.
        limit : int
            Length of a page, 1 to 1000.
        """
        check_limit(limit, MOST_LISTED)
        return self._reader.entries(after, limit)

    def count(self) -> int:
        """Return how many manifests the registry holds; none if it does not exist yet."""
        return self._reader.count() if self._database.exists() else 0

    def check(self, *, must_exist: bool = True) -> None:
        """Make sure that what is at the URL is a registry that can be asked.

        Parameters
        ----------
        must_exist : bool
            Whether there has to be one; else nothing, or an empty file, will do as well.

        Raises
        ------
        NoRegistryError
            If there is none, or something else.
        RegistryUnavailableError
            If it cannot be asked just now.
        """
        if must_exist or self._database.exists():
            self._database.read(lambda _: None)

    def find_similar(
        self, hashes: bytes | Sequence[bytes], *, max_distance: int = 31, limit: int = MAX_FOUND
    ) -> list[Similar]:
        """Return registered pictures that look alike, the nearest first.

        Parameters
        ----------
        hashes : bytes or sequence of bytes
            One perceptual hash (PDQ, 32 bytes) or several, 64 at most: those of a picture that may
            have been mirrored or turned, for example. The nearest counts.
        max_distance : int
            How many of the 256 bits may differ, 0 to 255. Whoever says that 31 is the same picture:
            https://github.com/facebook/ThreatExchange/tree/main/pdq.
        limit : int
            Return this many at most; 1 or more.

        Notes
        -----
        Every hash that is registered is held in memory from the first call on (40 bytes each). Of
        more than 4096 pictures that are near, only the nearest are looked at.
        """
        # Whoever only registers does not wait for the compiler to be loaded.
        from indelible.registry.similar_pictures import SimilarPictures  # noqa: PLC0415

        hashes = [hashes] if isinstance(hashes, bytes) else list(hashes)
        check_limit(limit)
        if self._alike is None:
            self._alike = SimilarPictures(self._database)
        return self._alike.search(hashes, max_distance, limit)

    # --- owners and status -----------------------------------------------------------------------

    def bind(
        self, algorithm: str, value: bytes, manifest_id: str, *, owner: str | None = None
    ) -> None:
        """Let another value lead to a manifest that is registered.

        Raises
        ------
        BindingConflictError
            If the value leads to another manifest already, or belongs to another owner.
        NotOwnerError
            If the manifest does.
        NoRecordError
            If there is no such manifest.
        """
        check_binding(algorithm, value)
        self._database.write(
            lambda connection: changing.bind(connection, algorithm, value, manifest_id, owner)
        )

    def move_binding(
        self, algorithm: str, value: bytes, manifest_id: str, *, owner: str | None = None
    ) -> None:
        """Let a value lead to another manifest; where it led before is kept as its history.

        Parameters
        ----------
        algorithm, value
            The binding.
        manifest_id : str
            Where it is to lead, to a manifest of the same owner.
        owner : str, optional
            Who asks: the owner of both alone may do so. None is who runs the registry.

        Raises
        ------
        NotOwnerError
            If the binding or the manifest belongs to somebody else.
        NoRecordError
            If there is no such binding, or no such manifest.
        """
        check_binding(algorithm, value)
        self._database.write(
            lambda connection: changing.move_binding(
                connection, algorithm, value, manifest_id, owner
            )
        )

    def set_status(
        self,
        manifest_id: str,
        status: RecordStatus,
        *,
        reason: str | None = None,
        actor: str = NOBODY,
    ) -> None:
        """Say what has become of a picture; the audit log says who did so, and why.

        Parameters
        ----------
        manifest_id : str
            Its manifest.
        status : {"live", "withdrawn", "erased"}
            "erased" removes the manifest store, the fingerprint and the generation record. The
            tombstone stays, with its ids: an id never leads to another picture later by accident.
        reason : str, optional
            Why, in words for people; 4096 characters at most.
        actor : str
            Who says so: a user of the machine, or a token's name. For the audit log alone.

        Raises
        ------
        NoRecordError
            If there is no such manifest, or it was erased.
        ArgumentError
            If the audit log cannot hold the reason or the actor.
        """
        if status not in get_args(RecordStatus):
            raise RegistryError(f"a record's status cannot be {status!r}")
        check_value("status_reason", reason)
        check_who_and_why(actor, reason)

        def work(connection: sa.Connection) -> None:
            changing.set_status(connection, manifest_id, status, reason)
            note_change(connection, f"status {status}", manifest_id, reason=reason, actor=actor)

        self._database.write(work)
        self.finish_pending()

    def finish_pending(self, *, limit: int = 100) -> int:
        """Remove objects whose manifests were erased or withdrawn; return how many are left.

        A process that dies, or an object store that is down, leaves some to the next call.
        """
        if self._objects is None:
            return 0
        return remove_objects(self._database, self._objects, limit)

    # --- for the operator alone ------------------------------------------------------------------

    def sealed_records(self, manifest_ids: Sequence[str]) -> dict[str, bytes]:
        """Return generation records by their manifests' ids, as they were sealed.

        Parameters
        ----------
        manifest_ids : sequence of str
            1000 at most. Those that nothing is kept about are left out of the answer.
        """
        check_number("manifest_ids", manifest_ids)
        return self._database.read(
            lambda connection: statements.sealed_records(connection, manifest_ids)
        )

    def find_inputs(
        self, tokens: Sequence[bytes], *, offset: int = 0, limit: int = 100
    ) -> list[str]:
        """Return the ids of manifests whose generation records have inputs of these tokens.

        Parameters
        ----------
        tokens : sequence of bytes
            What `indelible.registry.private.traces.tokens_of` returned; 1000 at most.
        offset : int
            How many to leave out: those of the pages before.
        limit : int
            Length of a page, 1 to 1000. Those that share the most tokens come first.
        """
        check_limit(limit, MOST_LISTED)
        check_number("tokens", tokens)
        return self._database.read(
            lambda connection: statements.find_inputs(connection, tokens, offset, limit)
        )

    @property
    def audit(self) -> AuditLog:
        """Who looked into what is private, withdrew or erased, and why."""
        return AuditLog(self._database)

    @property
    def consents(self) -> ConsentRecords:
        """What the owners of pictures ask of others; public."""
        return ConsentRecords(self._database)

    def close(self) -> None:
        """Close what is open just now; it is opened again when it is needed.

        Nobody has to: a file is closed when it was not used for a second, and connections to a
        server when the registry is not referred to any more.
        """
        self._database.close()

    def __repr__(self) -> str:
        """Show where the registry is."""
        return f"SqlRegistry({self.url!r})"

    # --- behind them -----------------------------------------------------------------------------

    def registration(self, record: Record, private: SealedRecord | None = None) -> Registration:
        """Return a record as it is to be stored, its manifest store put where it belongs."""
        values = values_of(record)
        if record.status == "erased":
            values["manifest_store"] = private = None
        elif self._objects is not None and values["size"] > self._options.inline:
            # Before the transaction: an object to which no row leads harms nobody, a row that leads
            # to no object would.
            values["location"] = self._objects.write(record.manifest_store)
            values["manifest_store"] = None
        else:
            values["manifest_store"], values["encoding"] = packed(record.manifest_store)
        return Registration(values, record.fingerprint, private)

    def _holds(self, record: Record, private: SealedRecord | None) -> bool:
        """Whether the very same record is there, and the very same private one with it."""
        if self.get(record.manifest_id) != record:
            return False
        if private is None or record.status == "erased":
            return True
        there = self.sealed_records([record.manifest_id])
        return there.get(record.manifest_id) == private.sealed


def _register(database: Database, group: Sequence[Registration]) -> Sequence[bool]:
    return database.write(lambda connection: changing.register(connection, group))
