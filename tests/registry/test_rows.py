"""Records as rows: nothing is stored that could not be read, nothing is read that is no record."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest

from indelible.errors import RegistryError, RegistryUnavailableError
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
