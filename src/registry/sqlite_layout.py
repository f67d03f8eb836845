"""How an SQLite file shows that it is a registry, and how one becomes a registry."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.registry.database import newer
from indelible.registry.tables import APPEND_ONLY, METADATA, SCHEMA_VERSION, VERSION

__all__ = [
    "APPLICATION_ID",
    "Kind",
    "Layout",
    "empty_database",
    "make_registry",
    "read_layout",
    "show_as_current",
]

APPLICATION_ID: Final = 0x494E444C  # "INDL": marks a file as ours
Kind: TypeAlias = Literal["ours", "old", "empty"]

Columns: TypeAlias = Mapping[str, tuple[str, ...]]

_CURRENT: Final[Columns] = {table.name: tuple(table.c.keys()) for table in METADATA.tables.values()}
_SCHEMAS: Final[Mapping[int, Columns]] = {
    1: {
        "manifests": (
            "manifest_id", "manifest_store", "store_sha256", "media_type", "generator", "created",
            "picture_sha256", "width", "height",
        ),
        "bindings": ("algorithm", "payload", "manifest_id"),
    },
    2: {name: _CURRENT[name] for name in _CURRENT.keys() - {"recent_hashes", "hash_blocks"}},
    SCHEMA_VERSION: _CURRENT,
}  # fmt: skip


class Layout(NamedTuple):
    """What a database holds, without its rows.

    Attributes
    ----------
    application_id, version : int
        SQLite's ``application_id`` and ``user_version``; the version is that of the tables.
    tables : int
        How many tables are those of a registry of this version, by their names and columns.
    all_tables : int
        How many tables, views and triggers there are, but for those that keep the audit log.
    """

    application_id: int
    version: int
    tables: int
    all_tables: int

    def kind(self, name: str) -> Kind:
        """Return what the database is: a registry, one of an older version, or empty.

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
            raise newer(name, self.version)
        if self.application_id == APPLICATION_ID and self.version:
            wanted = len(_SCHEMAS.get(self.version, ()))
            if not wanted or not wanted == self.tables == self.all_tables:
                raise RegistryUnavailableError(
                    f"the registry {name} is damaged: it has not the tables of one",
                    hint="Restore it from a backup, or move it away.",
                )
            return "ours" if self.version == SCHEMA_VERSION else "old"
        if self == _UNMARKED:
            return "old"
        if any(self):
            raise NoRegistryError(
                f"{name} is a database of another program, not a registry",
                hint="Name a registry, or a file that does not exist yet.",
            )
        return "empty"


# Version 0.1 did not always write the application id.
_UNMARKED: Final = Layout(0, 1, len(_SCHEMAS[1]), len(_SCHEMAS[1]))


_TRIGGERS: Final = ", ".join("'" + one.replace("'", "''") + "'" for one in APPEND_ONLY["sqlite"])
_ALL: Final = (  # but indexes, SQLite's own, and the triggers that are ours to the letter
    "SELECT count(*) FROM main.sqlite_master "  # noqa: S608 - our own text
    "WHERE type <> 'index' AND substr(name, 1, 7) <> 'sqlite_' "
    f"AND NOT (type = 'trigger' AND sql IN ({_TRIGGERS}))"
)


def read_layout(connection: sa.Connection) -> Layout:
    """Return what a database holds."""

    def ask(query: str) -> int:
        return int(connection.exec_driver_sql(query).scalar_one())

    version = ask("PRAGMA user_version")
    tables = ask(_counted(_SCHEMAS[version])) if version in _SCHEMAS else 0
    return Layout(ask("PRAGMA application_id"), version, tables, ask(_ALL))


def _counted(tables: Columns) -> str:
    """Return the query that counts the tables of these names and columns."""
    ours = " OR ".join(
        f"name = '{name}' AND '{','.join(columns)}' = "  # noqa: S608 - our own names
        f"(SELECT group_concat(name) FROM pragma_table_info('{name}', 'main'))"
        for name, columns in tables.items()
    )
    return f"SELECT count(*) FROM main.sqlite_master WHERE type = 'table' AND ({ours})"  # noqa: S608


def make_registry(connection: sa.Connection, name: str) -> None:
    """Make a registry of an empty database, or bring one of an older version to this one's schema.

    Call it with the write lock held: the layout is read again, because another process may just
    have done this, and because tables may have waited in the file's log.

    Raises
    ------
    NoRegistryError, RegistryUnavailableError
        As `Layout.kind`.
    """
    layout = read_layout(connection)
    kind = layout.kind(name)
    if kind == "ours":
        return
    if kind == "old":
        from indelible.registry.migrations import migrate  # noqa: PLC0415 - alembic takes long

        migrate(connection, start=layout.version)
    else:
        METADATA.create_all(connection)
        connection.execute(VERSION.insert().values(version_num=str(SCHEMA_VERSION)))
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def show_as_current(connection: sa.Connection, version: int) -> None:
    """Let the connection see a registry of an older schema as one of this version, unchanged.

    A file on a read-only disk cannot be migrated, and a look-up changes nothing. What the newer
    tables hold besides is empty.
    """
    connection.exec_driver_sql("PRAGMA query_only = OFF")  # what follows is this connection's own
    for name in _CURRENT.keys() - _SCHEMAS[version].keys() - {"recent_hashes"}:
        connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({', '.join(_CURRENT[name])})")
    # Hashes that are in no block are read one by one: here, all are.
    connection.exec_driver_sql(
        "CREATE TEMP VIEW recent_hashes AS SELECT id, pdq FROM fingerprints WHERE length(pdq) = 32"
    )
    if version == 1:
        for statement in _OF_SCHEMA_1:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("PRAGMA query_only = ON")


_OF_SCHEMA_1: Final = (
    (
        "CREATE TEMP VIEW bindings AS SELECT algorithm, payload AS value, manifest_id, "
        "NULL AS owner, '' AS created FROM main.bindings"
    ),
    (
        "CREATE TEMP VIEW manifests AS SELECT m.manifest_id, m.manifest_store, "
        "NULL AS encoding, NULL AS location, NULL AS reference, "
        "m.store_sha256, length(m.manifest_store) AS size, m.media_type, m.generator, m.created, "
        "m.picture_sha256, m.width, m.height, coalesce(b.algorithm, '') AS algorithm, "
        "coalesce(b.payload, x'') AS value, NULL AS owner, 'live' AS status, "
        "NULL AS status_reason, NULL AS status_changed "
        "FROM main.manifests AS m LEFT JOIN main.bindings AS b ON b.manifest_id = m.manifest_id"
    ),
)


@functools.cache
def empty_database() -> bytes:
    """Return the file of a registry that holds nothing yet."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    try:
        engine = sa.create_engine("sqlite://", creator=lambda: made, poolclass=sa.pool.StaticPool)
        with engine.connect() as connection:
            make_registry(connection, "in memory")
        image = bytearray(made.serialize())
        # Write-ahead log: readers and the writer do not wait for each other. A database in memory
        # cannot be told so (sqlite.org/fileformat2.html, section 1.3.3).
        image[18:20] = b"\x02\x02"
        return bytes(image)
    finally:
        made.close()
