"""Records as JSON: what is written is read, and nothing else is."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import RegistryError
from indelible.registry import Record, StoredFingerprint
from indelible.registry.private import SealedRecord
from indelible.registry.wire import (
    ids_from_json,
    ids_to_json,
    record_from_json,
    record_to_json,
    records_from_json,
    records_to_json,
)
from tests.registry.records import make_record

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
FINGERPRINTS = st.builds(
    StoredFingerprint,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 100),
    st.binary(max_size=100),
)
RECORDS = st.builds(
    make_record,
    manifest_id=TEXT.filter(bool),
    payload=st.binary(min_size=1, max_size=16),
    manifest_store=st.binary(max_size=200),
    media_type=TEXT,
    generator=st.none() | TEXT,
    created=st.integers(0, 10**16).map(
        lambda after: dt.datetime(1980, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=after)
    ),
    width=st.none() | st.integers(0, 2**31 - 1),
    owner=st.none() | TEXT,
    status=st.sampled_from(["live", "withdrawn"]),
    status_reason=st.none() | TEXT,
    fingerprint=st.none() | FINGERPRINTS,
)
SEALED = st.builds(
    SealedRecord,
    st.binary(max_size=100),
    st.lists(st.binary(min_size=16, max_size=16), max_size=3).map(tuple),
)


@given(RECORDS, st.none() | SEALED)
def test_what_is_written_is_read(record: Record, private: SealedRecord | None) -> None:
    assert record_from_json(record_to_json(record, private)) == (record, private)


@given(st.lists(RECORDS, max_size=3))
def test_several(records: list[Record]) -> None:
    assert records_from_json(records_to_json(records)) == records
    ids = [record.manifest_id for record in records]
    assert ids_from_json(ids_to_json(ids)) == ids


def test_an_erased_record_and_one_without_a_watermark() -> None:
    record = make_record()
    erased = make_record(status="erased", manifest_store=b"", store_sha256=record.store_sha256)
    unmarked = make_record(payload=b"", algorithm="")
    for one in (erased, unmarked):
        assert record_from_json(record_to_json(one)) == (one, None)


def changed(**changes: Any) -> bytes:
    data = json.loads(record_to_json(make_record()))
    data.update(changes)
    return json.dumps({name: value for name, value in data.items() if value != "left out"}).encode()


FAULTS: list[dict[str, Any]] = [
    {"manifest_id": ""}, {"manifest_id": 7}, {"manifest_id": None}, {"manifest_id": "a\0"},
    {"manifest_id": "x" * 5000}, {"manifest_id": "\ud800"}, {"manifest_id": "left out"},
    {"algorithm": ""}, {"payload": ""}, {"payload": "?"}, {"payload": [1]}, {"payload": "A" * 9999},
    {"manifest_store": "AAA"}, {"manifest_store": "AAAA"}, {"manifest_store": None},
    {"created": "yesterday"}, {"created": "2026-01-01T00:00:00"}, {"created": 5},
    {"created": "9999-12-31T23:59:59-23:59"}, {"created": "0001-01-01T00:00:00+23:59"},
    {"picture_sha256": "AB" * 32}, {"store_sha256": "ab" * 32}, {"width": -1}, {"width": 1.5},
    {"width": True}, {"height": 2**31}, {"status": "gone"}, {"status": ["live"]}, {"owner": 7},
    {"fingerprint": {}}, {"fingerprint": {"pdq": "AAAA", "quality": 1, "reference": ""}},
    {"fingerprint": {"pdq": "A" * 43 + "=", "quality": True, "reference": ""}},
    {"fingerprint": {"pdq": "A" * 43 + "=", "quality": 101, "reference": ""}},
    {"more": 1}, {"private": {}}, {"private": {"sealed": "", "tokens": ["AAAA"]}},
    {"private": {"sealed": "?", "tokens": []}}, {"private": {"sealed": "", "tokens": "AAAA"}},
    {"private": {"sealed": "", "tokens": ["A" * 22 + "=="] * 5000}},
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_what_is_no_record(fault: dict[str, Any]) -> None:
    with pytest.raises(RegistryError):
        record_from_json(changed(**fault))


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'{"records": {}}', b'{"records": [[]]}', b'{"records": [], "x": 1}',
     b'{"ids": []}', b'{"records": [' + b"{}," * 2000 + b"{}]}", b"[" * 100_000],
)  # fmt: skip
def test_what_are_no_records(data: bytes) -> None:
    with pytest.raises(RegistryError):
        records_from_json(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_our_error(data: bytes) -> None:
    for read in (record_from_json, records_from_json, ids_from_json):
        with pytest.raises(RegistryError):
            read(data)


def test_a_secret_is_not_in_the_message() -> None:
    with pytest.raises(RegistryError) as caught:
        record_from_json(b'{"canary-in-a-record": tru}')
    assert "canary" not in str(caught.value)
