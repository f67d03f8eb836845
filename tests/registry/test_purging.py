"""Erasing what is older than it may get."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from indelible.errors import ArgumentError, NoRegistryError
from indelible.registry import StoredFingerprint, open_registry
from indelible.registry.purging import count_purgeable, purge
from tests.registry.records import ALGORITHM, make_record, open_at
from tests.registry.test_merging import record_at

BEFORE = record_at(6).created


def test_old_records_leave_a_tombstone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indelible.registry.purging._BATCH", 2)
    registry, told = open_registry(url), list[int]()
    for number in range(1, 9):
        seen = StoredFingerprint(bytes([number]) * 32, 50, b"reference")
        registry.put(record_at(number, fingerprint=seen))
    registry.set_status("urn:c2pa:1", "withdrawn")
    registry.set_status("urn:c2pa:7", "withdrawn")
    registry.set_status("urn:c2pa:2", "erased", reason="asked for")

    assert count_purgeable(registry, BEFORE, statuses=["withdrawn"]) == 1
    assert purge(registry, BEFORE, statuses=["withdrawn"], reason="policy", actor="alice") == 1
    assert count_purgeable(registry, BEFORE) == 3
    assert purge(registry, BEFORE, reason="policy", progress=told.append) == 3
    assert told == [2, 3]
    assert purge(registry, BEFORE) == count_purgeable(registry, BEFORE) == 0

    found = {number: registry.get(f"urn:c2pa:{number}") for number in range(1, 9)}
    erased = {number for number, one in found.items() if one and one.status == "erased"}
    assert erased == {1, 2, 3, 4, 5}
    reasons = {number: one.status_reason for number, one in found.items() if one}
    assert reasons[2] == "asked for"
    assert reasons[3] == "policy"
    assert registry.find_ids(ALGORITHM, bytes([3]) * 8) == ["urn:c2pa:3"]
    assert registry.find_similar(bytes([3]) * 32, max_distance=0) == []

    entries = [one for one in registry.audit.entries() if one.action == "purge"]
    assert [(one.actor, one.reason) for one in entries] == [
        ("alice", "policy"),
        ("not said", "policy"),
        ("not said", "policy"),
    ]
    assert [one.subject for one in entries] == [
        "urn:c2pa:1",
        "2 records, in the order of their registration from urn:c2pa:3 to urn:c2pa:4",
        "urn:c2pa:5",
    ]
    assert registry.audit.check().holds


def test_objects_are_removed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite3'}?manifests={tmp_path / 'objects'}&inline=1"
    registry = open_registry(url)
    for number in range(1, 4):
        registry.put(record_at(number))
    purge(registry, record_at(3).created)
    assert len([path for path in (tmp_path / "objects").rglob("*") if path.is_file()]) == 1


def test_what_cannot_be_purged(registry_path: Path) -> None:
    registry = open_at(registry_path)
    with pytest.raises(NoRegistryError):
        purge(registry, BEFORE)
    registry.put(make_record())
    for statuses in (["erased"], [], ["lost"]):
        with pytest.raises(ArgumentError):
            purge(registry, dt.datetime.now(dt.UTC), statuses=statuses)  # type: ignore[arg-type]
