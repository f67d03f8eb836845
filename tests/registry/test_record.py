"""A record and its parts."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from indelible.errors import RegistryError
from tests.registry.records import make_record


def test_a_record_needs_its_ids() -> None:
    for changes in ({"payload": b""}, {"manifest_id": ""}, {"algorithm": ""}):
        with pytest.raises(RegistryError, match="needs"):
            make_record(**{"payload": b"12345678", **changes})  # type: ignore[arg-type]


def test_a_time_needs_its_zone() -> None:
    naive = dt.datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(RegistryError, match="time zone"):
        make_record(created=naive)


def test_the_hash_of_the_manifest_is_computed_where_it_is_not_given() -> None:
    record = make_record()
    assert record.store_sha256 == hashlib.sha256(record.manifest_store).hexdigest()
    assert make_record(store_sha256="ab").store_sha256 == "ab"


def test_the_manifest_is_not_printed() -> None:
    assert "store of" not in repr(make_record())
