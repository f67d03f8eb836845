"""Records as rows: nothing is stored that could not be read, nothing is read that is no record."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import zlib
from pathlib import Path

import pytest

from indelible.errors import RegistryError, RegistryUnavailableError
from indelible.registry.rows import packed, unpacked
from tests.registry.records import ALGORITHM, PAYLOAD, execute, make_record, open_at


@pytest.mark.parametrize("value", ["'text'", "5", "1e999", "x'80ff'", "''"])
@pytest.mark.parametrize("column", ["manifest_store", "created", "width", "media_type"])
def test_any_value_in_any_column(registry_path: Path, column: str, value: str) -> None:
    """Never a TypeError: SQLite stores any type in any column."""
    open_at(registry_path).put(make_record())
    execute(registry_path, f"UPDATE manifests SET {column} = {value}")
    registry = open_at(registry_path)
    with contextlib.suppress(RegistryUnavailableError):
        (record,) = registry.find(ALGORITHM, PAYLOAD)
        assert isinstance(getattr(record, column), bytes | str | int)
        assert column != "created"


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 2**70},
        {"height": -1},
        {"width": True},
        {"generator": "\udcff"},
        {"manifest_store": "text", "store_sha256": "x"},
        {"media_type": None},
        {"created": dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=2)))},
    ],
)
def test_records_that_cannot_be_stored(registry_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(RegistryError, match=next(iter(changes))):
        open_at(registry_path).put(make_record(PAYLOAD, **changes))


def test_a_manifest_store_is_kept_short_and_comes_back() -> None:
    for store in (b"certificate " * 500, os.urandom(500), b"x", b""):
        kept, encoding = packed(store)
        assert unpacked(kept, encoding) == store
        assert len(kept) <= len(store)
    assert packed(b"certificate " * 500)[1] == "deflate"


@pytest.mark.parametrize(
    ("store", "encoding"),
    [
        (b"no stream", "deflate"),
        (zlib.compress(b"certificate")[:-5], "deflate"),
        (zlib.compress(bytes(40_000_000)), "deflate"),
        (zlib.compress(b"certificate"), "gzip"),
        ("text", "deflate"),
    ],
)
def test_a_manifest_store_that_does_not_decode(
    registry_path: Path, store: object, encoding: str
) -> None:
    with pytest.raises((TypeError, ValueError)):
        unpacked(store, encoding)
    registry = open_at(registry_path)
    registry.put(make_record())
    with contextlib.closing(sqlite3.connect(registry_path)) as connection:
        connection.execute("UPDATE manifests SET manifest_store=?, encoding=?", [store, encoding])
        connection.commit()
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        registry.find(ALGORITHM, PAYLOAD)
