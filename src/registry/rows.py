"""Records as rows: nothing is stored that could not be read, nothing is read that is no record."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from indelible.errors import RegistryError
from indelible.registry.record import Entry, Record, StoredFingerprint
from indelible.registry.tables import FINGERPRINTS, MANIFESTS

__all__ = [
    "ENTRY_COLUMNS",
    "MAX_VALUE_BYTES",
    "RECORD_COLUMNS",
    "as_stored",
    "by_name",
    "check_value",
    "entry_of",
    "packed",
    "record_of",
    "time_of",
    "unpacked",
    "values_of",
]

# The longest value, so also the largest manifest with its history, that is read. What is written
# stays below three quarters of it: SQLite's limit is on a whole row.
MAX_VALUE_BYTES: Final = 32 * 1024 * 1024
_MAX_WRITTEN_BYTES: Final = MAX_VALUE_BYTES // 4 * 3

# SQLite stores any type in any column, and the file may be anybody's. So values are read as they
# are, without SQLAlchemy's conversions, and their types are checked here.
_NONE: Final = type(None)
_DEFLATE: Final = "deflate"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "manifest_id": (str,),
    "manifest_store": (bytes,),
    "store_sha256": (str,),
    "media_type": (str,),
    "generator": (str, _NONE),
    "created": (str,),
    "picture_sha256": (str, _NONE),
    "width": (int, _NONE),
    "height": (int, _NONE),
    "algorithm": (str,),
    "payload": (bytes,),
    "owner": (str, _NONE),
    "status": (str,),
    "status_reason": (str, _NONE),
}
_ENTRY_FIELDS: Final = (
    "manifest_id", "algorithm", "payload", "store_sha256", "media_type", "generator", "created",
    "owner", "status",
)  # fmt: skip


def as_stored(column: sa.Column[Any], name: str | None = None) -> sa.Label[Any]:
    """Return a column to select whose values are read as they are: a file may be anybody's."""
    return sa.type_coerce(column, sa.types.NullType()).label(name or column.name)


def by_name(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row's values by their columns' names."""
    return {str(name): value for name, value in row.items()}


def _plain(column: sa.Column[Any]) -> sa.Label[Any]:
    return as_stored(column, "payload" if column.name == "value" else None)


RECORD_COLUMNS: Final = [
    *(_plain(MANIFESTS.c["value" if name == "payload" else name]) for name in _TYPES),
    *(_plain(MANIFESTS.c[name]) for name in ("encoding", "location", "reference")),
    *(_plain(column) for column in (FINGERPRINTS.c.pdq, FINGERPRINTS.c.quality)),
]
"""What a query selects of manifests and fingerprints, for `record_of`."""

ENTRY_COLUMNS: Final = [
    *(_plain(MANIFESTS.c["value" if name == "payload" else name]) for name in _ENTRY_FIELDS),
    _plain(MANIFESTS.c.size),
]
"""What a query selects of manifests, for `entry_of`."""


def values_of(record: Record) -> dict[str, Any]:
    """Return a record as a row of `MANIFESTS`, with its store in it.

    Raises
    ------
    RegistryError
        If a field has the wrong type, or is too large to be stored.
    """
    values = {name: getattr(record, name) for name in _TYPES}
    values["created"] = time_of(record.created)
    for name, value in values.items():
        check_value(name, value)
    values["value"] = values.pop("payload")
    changed = None if record.status == "live" else values["created"]
    return values | {
        "size": len(record.manifest_store),
        "encoding": None,
        "location": None,
        "reference": (record.fingerprint.reference or None) if record.fingerprint else None,
        "status_changed": changed,
    }


def packed(store: bytes) -> tuple[bytes, str | None]:
    """Return a manifest store as it is kept in the database, and how it is encoded.

    Certificates, labels and padding are half of a usual one.
    """
    short = zlib.compress(store, 1)  # as short as any level makes it, in half the time
    return (short, _DEFLATE) if len(short) < len(store) else (store, None)


def unpacked(store: object, encoding: object) -> bytes:
    """Return a manifest store that was kept in the database.

    Raises
    ------
    TypeError, ValueError
        If it is none, or was made to fill the memory.
    """
    if not isinstance(store, bytes):
        raise TypeError(f"manifest_store is a {type(store).__name__}")
    if encoding is None:
        return store
    if encoding != _DEFLATE:
        raise TypeError("a manifest store is encoded in an unknown way")
    decoder = zlib.decompressobj()
    try:
        data = decoder.decompress(store, MAX_VALUE_BYTES)
    except zlib.error as error:
        raise ValueError(f"a manifest store does not decode: {error}") from error
    if not decoder.eof:
        raise ValueError("a manifest store is cut short, or decodes to more than it may")
    return data


def time_of(time: dt.datetime) -> str:
    """Return a time as it is stored: ISO 8601 in UTC, to the microsecond, so that it sorts.

    Raises
    ------
    RegistryError
        If it lies outside of the calendar.
    """
    try:
        return time.astimezone(dt.UTC).isoformat(timespec="microseconds")
    except OverflowError as error:
        raise RegistryError("a record's created is not a time of this calendar") from error


def check_value(name: str, value: object) -> None:
    """Make sure that a field can be stored, and read again.

    Raises
    ------
    RegistryError
        If it has the wrong type, or is too large.
    """
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
        raise RegistryError(f"a record's {name} cannot be a {type(value).__name__}")
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise RegistryError(f"a record's {name} cannot be {value}")
    if isinstance(value, str):
        if "\0" in value:
            raise RegistryError(f"a record's {name} holds a NUL character")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise RegistryError(f"a record's {name} is not valid Unicode") from error
    if isinstance(value, str | bytes) and len(value) > _MAX_WRITTEN_BYTES:
        raise RegistryError(
            f"a record's {name} is too large: {len(value)} bytes",
            hint="Sign without the large parts of the history, or its thumbnails.",
        )


def record_of(row: Mapping[str, Any], store: bytes) -> Record:
    """Return the record in a row of `RECORD_COLUMNS`, whose manifest store was read.

    Raises
    ------
    TypeError, ValueError, RegistryError
        If the row's values are not those of a record.
    """
    values = {**{name: row[name] for name in _TYPES}, "manifest_store": store}
    _check_types(values)
    fingerprint = None
    if row["pdq"] is not None:
        fingerprint = StoredFingerprint(row["pdq"], row["quality"], row["reference"] or b"")
    created = dt.datetime.fromisoformat(values["created"])
    return Record(**{**values, "created": created}, fingerprint=fingerprint)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry in a row of `ENTRY_COLUMNS`.

    Raises
    ------
    TypeError, ValueError
        If the row's values are not those of a record.
    """
    values = {name: row[name] for name in _ENTRY_FIELDS}
    _check_types(values)
    if not isinstance(row["size"], int):
        raise TypeError(f"size is a {type(row['size']).__name__}")
    cursor = f"{values['created']} {values['manifest_id']}"
    created = dt.datetime.fromisoformat(values["created"])
    return Entry(**{**values, "created": created}, size=row["size"], cursor=cursor)


def _check_types(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not isinstance(value, _TYPES[name]):
            raise TypeError(f"{name} is a {type(value).__name__}")
