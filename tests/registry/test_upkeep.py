"""Making, migrating and counting a registry."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indelible.errors import (
    NoRegistryError,
    OutputExistsError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry import StoredFingerprint, open_registry
from indelible.registry.tables import SCHEMA_VERSION
from indelible.registry.upkeep import Migration, initialise, migrate, statistics
from tests.registry.records import everything_below, execute, open_at
from tests.registry.test_merging import OLD, record_at


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "registry.sqlite3"
    path.parent.mkdir()
    shutil.copyfile(OLD, path)
    return path


def test_an_empty_registry_is_made_once(url: str) -> None:
    registry = open_registry(url)
    assert registry.database.version() is None
    assert initialise(registry)
    assert not initialise(registry)
    assert registry.database.version() == SCHEMA_VERSION
    assert registry.entries() == []


def test_what_is_there_is_not_touched(tmp_path: Path, old: Path) -> None:
    (tmp_path / "diary").write_text("a diary\n" * 100)
    execute(tmp_path / "foreign", "CREATE TABLE things (name TEXT)")
    before = everything_below(tmp_path)
    for path in (tmp_path / "diary", tmp_path / "foreign", tmp_path):
        with pytest.raises(NoRegistryError):
            initialise(open_at(path))
    with pytest.raises(RegistryUnavailableError, match="schema 1"):
        initialise(open_at(old))
    assert everything_below(tmp_path) == before


def test_counting(url: str) -> None:
    registry = open_registry(url)
    with pytest.raises(NoRegistryError):
        statistics(registry)
    initialise(registry)
    empty = statistics(registry)
    assert (empty.live, empty.oldest, empty.newest, empty.schema) == (0, None, None, SCHEMA_VERSION)
    for number in range(1, 7):
        registry.put(record_at(number, fingerprint=StoredFingerprint(bytes(32), number)))
    registry.set_status("urn:c2pa:1", "withdrawn")
    registry.set_status("urn:c2pa:2", "withdrawn")
    registry.set_status("urn:c2pa:3", "erased")
    registry.bind("other", b"id", "urn:c2pa:4")
    found = statistics(registry)
    assert (found.live, found.withdrawn, found.erased) == (3, 2, 1)
    assert (found.bindings, found.fingerprints) == (7, 5)
    assert (found.oldest, found.newest) == (record_at(1).created, record_at(6).created)
    assert found.disk_bytes > 10_000


def test_version_0_1_is_counted_as_it_is_and_migrated_after_a_copy(old: Path) -> None:
    before = everything_below(old.parent)
    found = statistics(open_at(old))
    assert (found.schema, found.live, found.bindings) == (1, 3, 3)
    assert everything_below(old.parent) == before

    backup = old.with_name("registry-schema-1.sqlite3")
    assert migrate(open_at(old)) == Migration(1, SCHEMA_VERSION, backup)
    assert migrate(open_at(old)) == Migration(SCHEMA_VERSION, SCHEMA_VERSION)
    assert statistics(open_at(old)).schema == SCHEMA_VERSION
    assert statistics(open_at(backup)).schema == 1
    assert [one.manifest_id for one in open_at(backup).entries()] == [
        one.manifest_id for one in open_at(old).entries()
    ]


def test_a_copy_that_is_there_already_is_kept(old: Path) -> None:
    old.with_name("registry-schema-1.sqlite3").write_text("mine")
    with pytest.raises(OutputExistsError):
        migrate(open_at(old))
    assert statistics(open_at(old)).schema == 1


def test_what_cannot_be_migrated(tmp_path: Path, old: Path) -> None:
    execute(old, "PRAGMA user_version = 99")
    (tmp_path / "empty").touch()
    for path in (old, tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(RegistryError):
            migrate(open_at(path))
