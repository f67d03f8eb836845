"""Making a registry, bringing one to the newest schema, and saying what is in one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from indelible.errors import RegistryUnavailableError
from indelible.registry.backup import back_up
from indelible.registry.sqlite import SqliteDatabase
from indelible.registry.tables import BINDINGS, FINGERPRINTS, MANIFESTS, SCHEMA_VERSION

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["Migration", "Statistics", "initialise", "migrate", "statistics"]


@dataclass(frozen=True, slots=True)
class Migration:
    """From which schema a registry was brought to which, and where it is as it was.

    Attributes
    ----------
    before, after : int
        Schemas; equal where there was nothing to do.
    backup : Path or None
        The file as it was.
    """

    before: int
    after: int
    backup: Path | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is in a registry.

    Attributes
    ----------
    schema : int
        Of its tables.
    live, withdrawn, erased : int
        Records by what has become of them.
    bindings, fingerprints : int
        Rows of these tables.
    oldest, newest : datetime.datetime or None
        When the first record and the last one were registered; None where there is none.
    disk_bytes : int
        Room on the database's disk; manifests in an object store aside.
    """

    schema: int
    live: int
    withdrawn: int
    erased: int
    bindings: int
    fingerprints: int
    oldest: dt.datetime | None
    newest: dt.datetime | None
    disk_bytes: int


def initialise(registry: SqlRegistry) -> bool:
    """Make an empty registry where there is nothing; return whether it was made.

    Raises
    ------
    NoRegistryError
        If there is something else.
    RegistryUnavailableError
        If it cannot be made, or is there with an older schema.
    """
    there = registry.database.version()
    if there is None:
        registry.database.write(lambda _: None)
        return True
    if there < SCHEMA_VERSION:
        raise RegistryUnavailableError(
            f"{registry.database.name} is a registry already, of schema {there}",
            hint="Bring it to the newest one: indelible registry migrate.",
        )
    return False


def migrate(registry: SqlRegistry) -> Migration:
    """Bring a registry to the schema of this version, in one transaction.

    An SQLite file is copied before, to one beside it that is named after its schema.

    Raises
    ------
    OutputExistsError, OutputError
        If there is such a copy, or it cannot be written. Nothing is changed.
    RegistryError
        If there is no registry, or it cannot be changed.
    """
    database = registry.database
    before = database.version()
    if before is None:
        registry.check()  # says what is wrong
        before = SCHEMA_VERSION
    if before == SCHEMA_VERSION:
        return Migration(before, before)
    backup = None
    if isinstance(database, SqliteDatabase):
        place = Path(database.name)
        backup = back_up(registry, place.with_name(f"{place.stem}-schema-{before}{place.suffix}"))
    database.write(lambda _: None)
    return Migration(before, SCHEMA_VERSION, backup)


def statistics(registry: SqlRegistry) -> Statistics:
    """Count what is in a registry, without reading a manifest.

    Raises
    ------
    RegistryError
        If there is no registry, or it cannot be read.
    """
    database = registry.database
    columns = MANIFESTS.c
    # Looked up in the index of the few that are not live: the status itself lies behind the
    # manifest in its row.
    status = (
        sa.select(columns.status, sa.func.count())
        .where(sa.text("status <> 'live'"))
        .group_by(columns.status)
    )

    def ask(connection: sa.Connection) -> tuple[dict[str, int], list[int], list[str | None]]:
        return (
            {row[0]: row[1] for row in connection.execute(status)},
            [
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in (MANIFESTS, BINDINGS, FINGERPRINTS)
            ],
            [
                connection.execute(
                    sa.select(columns.created).order_by(order).limit(1)
                ).scalar_one_or_none()
                for order in (columns.created, columns.created.desc())
            ],
        )

    by_status, (records, bindings, fingerprints), times = database.read(ask)
    try:
        oldest, newest = (dt.datetime.fromisoformat(text) if text else None for text in times)
    except (TypeError, ValueError) as error:
        raise RegistryUnavailableError(
            f"the registry {database.name} is damaged: a time is none ({error})",
            hint="Restore it from a backup.",
        ) from error
    return Statistics(
        schema=database.version() or SCHEMA_VERSION,
        live=records - sum(by_status.values()),
        withdrawn=by_status.get("withdrawn", 0),
        erased=by_status.get("erased", 0),
        bindings=bindings,
        fingerprints=fingerprints,
        oldest=oldest,
        newest=newest,
        disk_bytes=database.disk_bytes(),
    )
