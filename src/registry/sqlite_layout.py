"""How an SQLite file shows that it is a registry, and how one becomes a registry."""

from __future__ import annotations

import functools
import sqlite3
from typing import Final, Literal, NamedTuple

import sqlalchemy as sa

from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.registry.tables import METADATA, SCHEMA_VERSION

__all__ = ["APPLICATION_ID", "Layout", "empty_database", "make_registry", "read_layout"]

APPLICATION_ID: Final = 0x494E444C  # "INDL": marks a file as ours


class Layout(NamedTuple):
    """What a database holds, without its rows.

    Attributes
    ----------
    application_id, version : int
        SQLite's ``application_id`` and ``user_version``; the version is that of the tables.
    tables : int
        How many tables are ours, by their names and columns.
    others : int
        How many tables, views and triggers are not.
    """

    application_id: int
    version: int
    tables: int
    others: int

    def kind(self, name: str) -> Literal["ours", "unmarked", "empty"]:
        """Return what the database is: a registry, one of version 0.1, or empty.

        Parameters
        ----------
        name : str
            What messages call it.

        Raises
        ------
        NoRegistryError
            If it belongs to another program.
        RegistryUnavailableError
            If it is a registry that is damaged, or made by a newer version.
        """
        if self.application_id == APPLICATION_ID and self.version > SCHEMA_VERSION:
            raise RegistryUnavailableError(
                f"the registry {name} was made by a newer version of Indelible "
                f"(schema {self.version}, this one knows {SCHEMA_VERSION})",
                hint="Update Indelible.",
            )
        if self.application_id == APPLICATION_ID and self.version == SCHEMA_VERSION:
            if self.tables != len(METADATA.tables) or self.others:
                raise RegistryUnavailableError(
                    f"the registry {name} is damaged: it has not the tables of one",
                    hint="Restore it from a backup, or move it away.",
                )
            return "ours"
        if self == _UNMARKED:
            return "unmarked"
        if any(self):
            raise NoRegistryError(
                f"{name} is a database of another program, not a registry",
                hint="Name a registry, or a file that does not exist yet.",
            )
        return "empty"


# Version 0.1 did not write the application id yet.
_UNMARKED: Final = Layout(0, 1, len(METADATA.tables), 0)


def read_layout(connection: sa.Connection) -> Layout:
    """Return what a database holds."""
    ours = " OR ".join(
        f"type = 'table' AND name = '{table.name}' AND '{','.join(table.c.keys())}' = "  # noqa: S608 - our own names
        f"(SELECT group_concat(name) FROM pragma_table_info('{table.name}'))"
        for table in METADATA.tables.values()
    )
    theirs = f"type IN ('table', 'view', 'trigger') AND NOT ({ours})"
    queries = (
        "PRAGMA application_id",
        "PRAGMA user_version",
        f"SELECT count(*) FROM sqlite_master WHERE {ours}",  # noqa: S608
        f"SELECT count(*) FROM sqlite_master WHERE {theirs}",  # noqa: S608
    )
    return Layout(*(int(connection.exec_driver_sql(query).scalar_one()) for query in queries))


def make_registry(connection: sa.Connection, name: str) -> None:
    """Make a registry of an empty database, or mark one of version 0.1.

    Call it with the write lock held: the layout is read again, because another process may just
    have done this, and because tables may have waited in the file's log.

    Raises
    ------
    NoRegistryError, RegistryUnavailableError
        As `Layout.kind`.
    """
    if read_layout(connection).kind(name) != "ours":
        METADATA.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


@functools.cache
def empty_database() -> bytes:
    """Return the file of a registry that holds nothing yet."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    try:
        engine = sa.create_engine("sqlite://", creator=lambda: made, poolclass=sa.pool.StaticPool)
        with engine.connect() as connection:
            make_registry(connection, "in memory")
        return made.serialize()
    finally:
        made.close()
