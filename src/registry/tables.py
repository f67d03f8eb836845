"""The two tables of a registry, and a record as the values of a row in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from indelible.errors import RegistryError
from indelible.registry.record import Record

__all__ = [
    "BINDINGS",
    "COLUMNS",
    "MANIFESTS",
    "MAX_VALUE_BYTES",
    "METADATA",
    "SCHEMA_VERSION",
    "record_of",
    "values_of",
]

SCHEMA_VERSION: Final = 1

# The longest value, so also the largest manifest with its history, that is read. What is written
# stays below three quarters of it: SQLite's limit is on a whole row.
MAX_VALUE_BYTES: Final = 32 * 1024 * 1024
_MAX_WRITTEN_BYTES: Final = MAX_VALUE_BYTES // 4 * 3

METADATA: Final = sa.MetaData()
MANIFESTS: Final = sa.Table(
    "manifests",
    METADATA,
    sa.Column("manifest_id", sa.Text, primary_key=True),
    sa.Column("manifest_store", sa.LargeBinary, nullable=False),
    sa.Column("store_sha256", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("generator", sa.Text),
    sa.Column("created", sa.Text, nullable=False),  # ISO 8601 in UTC: sorts by time
    sa.Column("picture_sha256", sa.Text),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
)
BINDINGS: Final = sa.Table(
    "bindings",
    METADATA,
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("payload", sa.LargeBinary, primary_key=True),
    sa.Column(
        "manifest_id",
        sa.Text,
        sa.ForeignKey("manifests.manifest_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

# SQLite stores any type in any column, and the file may be anybody's. So values are read as they
# are, without SQLAlchemy's conversions, and their types are checked here.
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "manifest_id": (str,),
    "manifest_store": (bytes,),
    "store_sha256": (str,),
    "media_type": (str,),
    "generator": (str, type(None)),
    "created": (str,),
    "picture_sha256": (str, type(None)),
    "width": (int, type(None)),
    "height": (int, type(None)),
    "algorithm": (str,),
    "payload": (bytes,),
}
COLUMNS: Final = [
    sa.type_coerce(column, sa.types.NullType()).label(column.name)
    for column in (*MANIFESTS.c, BINDINGS.c.algorithm, BINDINGS.c.payload)
]
"""What a query selects of the two tables, joined, for `record_of`."""


def values_of(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a record as a row of `MANIFESTS` and a row of `BINDINGS`.

    Raises
    ------
    RegistryError
        If a field has the wrong type, or is too large to be stored.
    """
    values = {name: getattr(record, name) for name in _TYPES}
    try:
        values["created"] = record.created.astimezone(dt.UTC).isoformat()
    except OverflowError as error:
        raise RegistryError("a record's created is not a time of this calendar") from error
    for name, value in values.items():
        _check_value(name, value)
    return (
        {column.name: values[column.name] for column in MANIFESTS.c},
        {column.name: values[column.name] for column in BINDINGS.c},
    )


def _check_value(name: str, value: object) -> None:
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
        raise RegistryError(f"a record's {name} cannot be a {type(value).__name__}")
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise RegistryError(f"a record's {name} cannot be {value}")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RegistryError(f"a record's {name} is not valid Unicode") from error
    if isinstance(value, str | bytes) and len(value) > _MAX_WRITTEN_BYTES:
        raise RegistryError(
            f"a record's {name} is too large: {len(value)} bytes",
            hint="Sign without the large parts of the history, or its thumbnails.",
        )


def record_of(row: Mapping[str, Any]) -> Record:
    """Return the record in a row of `COLUMNS`.

    Raises
    ------
    TypeError, ValueError, RegistryError
        If the row's values are not those of a record.
    """
    for name, types in _TYPES.items():
        if not isinstance(row[name], types):
            raise TypeError(f"{name} is a {type(row[name]).__name__}")
    return Record(**{**row, "created": dt.datetime.fromisoformat(row["created"])})
