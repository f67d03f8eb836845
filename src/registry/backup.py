"""A copy of a whole registry, as it is at one moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indelible.errors import ArgumentError
from indelible.files import stage_with
from indelible.registry.sqlite import SqliteDatabase

if TYPE_CHECKING:
    import os

    from indelible.registry.sql import SqlRegistry

__all__ = ["back_up"]


def back_up(
    registry: SqlRegistry, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Copy an SQLite registry to a file of its own, which can take its place; return the file.

    Others may read and write the registry meanwhile; the copy is as it was at one moment, private
    records and audit log included, and was read through. It appears as a whole or not at all,
    readable by its owner only. Manifests in an object store are named in it, and not copied.

    Raises
    ------
    ArgumentError
        If it is not an SQLite file: PostgreSQL has backups of its own.
    OutputExistsError, OutputError
        If the file exists, or cannot be written.
    RegistryError
        If the registry cannot be read.
    """
    database = registry.database
    if not isinstance(database, SqliteDatabase):
        raise ArgumentError(
            "registry",
            "Only a registry in an SQLite file is copied like this.",
            hint="Use pg_dump, or PostgreSQL's continuous archiving; `indelible registry export` "
            "writes the records to a Parquet file.",
        )
    registry.check()
    with stage_with(path, database.copy_to, overwrite=overwrite) as staged:
        staged.publish()
    return Path(path)
