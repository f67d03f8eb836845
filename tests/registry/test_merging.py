"""Copying records into a registry: what is missing is added, nothing is changed."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indelible.errors import ArgumentError, NoRegistryError
from indelible.registry import Record, StoredFingerprint, open_registry, sqlite_url
from indelible.registry.merging import copy_into, merge
from indelible.registry.transfers import Transfer, transfers_of
from tests.registry.records import ALGORITHM, everything_below, make_record, open_at

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
OLD = Path(__file__).parent / "data" / "schema-1.sqlite3"


def record_at(number: int, **changes: object) -> Record:
    return make_record(
        bytes([number]) * 8,
        manifest_id=f"urn:c2pa:{number}",
        created=START + dt.timedelta(number),
        **changes,
    )


def everything_in(registry: SqlRegistry) -> list[tuple[Transfer, Record | None]]:
    return [
        (replace(one, bindings=tuple(sorted(one.bindings, key=str))), one.load())
        for one in transfers_of(registry)
    ]


@pytest.fixture
def other(tmp_path: Path) -> SqlRegistry:
    """A registry with every kind of record."""
    registry = open_at(tmp_path / "other" / "registry.sqlite3")
    seen = StoredFingerprint(bytes(range(32)), 50, b"reference")
    for record in (
        record_at(1, owner="studio"),
        record_at(2, owner="studio", fingerprint=seen),
        record_at(3, fingerprint=seen),
        record_at(4),
        Record("urn:c2pa:5", "", b"", b"store", "image/png", created=START),
    ):
        registry.put(record)
    registry.move_binding(ALGORITHM, bytes([1]) * 8, "urn:c2pa:2", owner="studio")
    registry.bind("com.example.other", b"id", "urn:c2pa:4")
    registry.set_status("urn:c2pa:3", "erased", reason="asked for")
    registry.set_status("urn:c2pa:4", "withdrawn", reason="a mistake")
    return registry


def test_everything_is_copied_and_nothing_twice(url: str, other: SqlRegistry) -> None:
    target = open_registry(url)
    told: list[int] = []
    done = merge(other, target, progress=told.append)
    assert (done.new, done.equal, done.conflicting) == (5, 0, 0)
    assert told == [5]
    assert everything_in(target) == everything_in(other)
    again = merge(other, target)
    assert (again.new, again.equal, again.conflicting, again.bindings) == (0, 5, 0, 0)
    assert everything_in(target) == everything_in(other)
    (found,) = target.find_similar(bytes(range(32)))
    assert found.manifest_id == "urn:c2pa:2"


def test_the_other_one_is_only_read(tmp_path: Path, other: SqlRegistry) -> None:
    other.close()
    before = everything_below(tmp_path / "other")
    merge(other, open_at(tmp_path / "mine.sqlite3"))
    other.close()
    assert everything_below(tmp_path / "other") == before


def test_conflicts_change_nothing(url: str, other: SqlRegistry) -> None:
    target = open_registry(url)
    mine = [
        record_at(1, owner="studio", manifest_store=b"another one"),  # the id of a manifest
        make_record(bytes([2]) * 8, manifest_id="urn:c2pa:mine"),  # the id in a picture
        record_at(4),  # live here
    ]
    for record in mine:
        target.put(record)
    done = merge(other, target)
    assert (done.new, done.equal, done.conflicting) == (2, 0, 3)
    kinds = {one.manifest_id: one.kind for one in done.conflicts}
    assert kinds == {
        "urn:c2pa:1": "manifest",
        "urn:c2pa:2": "binding",
        "urn:c2pa:4": "status",
    }
    assert [target.get(record.manifest_id) for record in mine] == mine
    assert target.get("urn:c2pa:2") is None
    assert target.find_ids(ALGORITHM, bytes([1]) * 8) == ["urn:c2pa:1"]
    again = merge(other, target)
    assert (again.new, again.equal, again.conflicting) == (0, 2, 3)


def test_what_was_bound_since_is_added(url: str, other: SqlRegistry) -> None:
    target = open_registry(url)
    merge(other, target)
    other.bind("com.example.other", b"later", "urn:c2pa:2", owner="studio")
    done = merge(other, target)
    assert (done.equal, done.bindings) == (5, 1)
    assert target.find_ids("com.example.other", b"later") == ["urn:c2pa:2"]


def test_what_was_erased_here_does_not_come_back(url: str, other: SqlRegistry) -> None:
    target = open_registry(url)
    merge(other, target)
    target.set_status("urn:c2pa:2", "erased", reason="asked for")
    (conflict,) = merge(other, target).conflicts
    assert conflict.kind == "status"
    record = target.get("urn:c2pa:2")
    assert record is not None
    assert record.manifest_store == b""


def test_an_interrupted_merge_is_done_again(
    url: str, other: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indelible.registry.merging._MOST_RECORDS", 2)
    target = open_registry(url)

    def broken() -> Iterator[Transfer]:
        for number, one in enumerate(transfers_of(other)):
            if number == 3:
                raise KeyboardInterrupt
            yield one

    with pytest.raises(KeyboardInterrupt):
        copy_into(target, broken())
    assert target.count() == 2
    done = merge(other, target)
    assert (done.new, done.equal) == (3, 2)
    assert everything_in(target) == everything_in(other)


def test_two_merges_at_once(url: str, other: SqlRegistry) -> None:
    for number in range(20, 60):
        other.put(record_at(number))
    target = open_registry(url)
    done = []
    threads = [threading.Thread(target=lambda: done.append(merge(other, target))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.new for one in done) == 45
    assert {one.total for one in done} == {45}
    assert {one.conflicting for one in done} == {0}
    assert everything_in(target) == everything_in(other)


def test_one_that_comes_twice_is_copied_once(url: str, other: SqlRegistry) -> None:
    target = open_registry(url)
    done = copy_into(target, [one for one in transfers_of(other) for _ in range(2)])
    assert (done.new, done.equal, done.conflicting) == (5, 5, 0)


def test_manifests_go_to_the_object_store_of_the_target(tmp_path: Path, other: SqlRegistry) -> None:
    place = f"{sqlite_url(tmp_path / 'mine.sqlite3')}?manifests={tmp_path / 'objects'}&inline=4"
    target = open_registry(place)
    merge(other, target)
    merge(other, target)
    assert len([path for path in (tmp_path / "objects").rglob("*") if path.is_file()]) == 4
    assert everything_in(target) == everything_in(other)


def test_a_registry_of_version_0_1_is_merged(url: str, tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    shutil.copyfile(OLD, path)
    target = open_registry(url)
    assert merge(open_at(path), target).new == 3
    assert merge(open_at(path), target).equal == 3
    assert [one.current[0].value for one in transfers_of(target)] == [
        bytes([number]) * 8 for number in range(3)
    ]


def test_what_cannot_be_merged(tmp_path: Path, other: SqlRegistry) -> None:
    with pytest.raises(ArgumentError, match="into itself"):
        merge(other, open_registry(other.url + "?timeout=3"))
    with pytest.raises(NoRegistryError):
        merge(open_at(tmp_path / "nowhere.sqlite3"), other)
