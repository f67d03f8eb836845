"""Whose database a file is: only a registry is read, and only an empty file becomes one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from indelible.errors import RegistryUnavailableError
from indelible.registry import Record
from indelible.registry.sqlite_layout import APPLICATION_ID
from tests.registry.records import (
    ALGORITHM,
    PAYLOAD,
    everything_below,
    execute,
    make_record,
    open_at,
)


def test_a_file_of_a_newer_version_is_left_alone(registry_path: Path) -> None:
    open_at(registry_path).put(make_record())
    with contextlib.closing(sqlite3.connect(registry_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryUnavailableError, match="newer"):
        open_at(registry_path).find(ALGORITHM, PAYLOAD)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_a_file_of_a_newer_version_costs_no_descriptor(registry_path: Path) -> None:
    open_at(registry_path).put(make_record())
    execute(registry_path, "PRAGMA user_version = 99")

    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = opened()
    registry = open_at(registry_path)
    for _ in range(5):
        with pytest.raises(RegistryUnavailableError, match="newer"):
            registry.find(ALGORITHM, PAYLOAD)
    assert opened() == before


def foreign_database(path: Path, mode: str = "delete") -> Path:
    execute(
        path,
        f"PRAGMA journal_mode = {mode}",
        "CREATE TABLE manifests (manifest_id TEXT)",
        "CREATE TABLE bindings (algorithm TEXT, payload BLOB)",
        "PRAGMA user_version = 1",
    )
    return path


def foreign_text(path: Path) -> Path:
    path.write_text("a diary\n" * 100, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "make",
    [foreign_database, lambda path: foreign_database(path, "wal"), foreign_text],
    ids=["database", "wal database", "text"],
)
def test_a_file_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path / "file")
    before = everything_below(tmp_path)
    registry = open_at(path)
    for act in (
        lambda: registry.find(ALGORITHM, PAYLOAD),
        lambda: registry.has(ALGORITHM, PAYLOAD),
        lambda: registry.get("urn:c2pa:x"),
        lambda: registry.put(make_record()),
        lambda: registry.withdraw("urn:c2pa:x"),
        registry.count,
        registry.check,
    ):
        with pytest.raises(RegistryUnavailableError, match=r"another program|not a database"):
            act()
    assert everything_below(tmp_path) == before


def test_missing_values_and_tables(registry_path: Path) -> None:
    for index, statements in enumerate(
        [
            ["DROP TABLE bindings"],
            ["ALTER TABLE manifests RENAME TO m", "CREATE VIEW manifests AS SELECT * FROM m"],
            ["CREATE TRIGGER t AFTER INSERT ON bindings BEGIN DELETE FROM manifests; END"],
            [
                "ALTER TABLE manifests RENAME TO m",
                "CREATE TABLE manifests AS SELECT *, NULL AS generator FROM m",
                "UPDATE manifests SET created = NULL",
                "DROP TABLE m",
            ],
        ]
    ):
        path = registry_path.with_name(f"{index}.sqlite3")
        open_at(path).put(make_record())
        execute(path, *statements)
        with pytest.raises(RegistryUnavailableError, match="damaged"):
            open_at(path).find(ALGORITHM, PAYLOAD)


# What version 0.1 wrote: a log beside the file, and no application id.
VERSION_0_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE manifests (
    manifest_id TEXT NOT NULL, manifest_store BLOB NOT NULL, store_sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, generator TEXT, created TEXT NOT NULL, picture_sha256 TEXT,
    width INTEGER, height INTEGER, PRIMARY KEY (manifest_id)
);
CREATE TABLE bindings (
    algorithm TEXT NOT NULL, payload BLOB NOT NULL, manifest_id TEXT NOT NULL,
    PRIMARY KEY (algorithm, payload),
    FOREIGN KEY(manifest_id) REFERENCES manifests (manifest_id) ON DELETE CASCADE
);
CREATE INDEX ix_bindings_manifest_id ON bindings (manifest_id);
PRAGMA user_version = 1;
"""


def write_old(path: Path, schema: str = VERSION_0_1) -> Record:
    record = make_record()
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        values = {**vars_of(record), "created": record.created.isoformat()}
        columns = [row[1] for row in connection.execute("PRAGMA table_info(manifests)")]
        names = [name for name in columns if name in values]
        marks = ", ".join(f":{name}" for name in names)
        connection.execute(f"INSERT INTO manifests ({', '.join(names)}) VALUES ({marks})", values)
        connection.execute(
            "INSERT INTO bindings VALUES (:algorithm, :payload, :manifest_id)", values
        )
        connection.commit()
    return record


def vars_of(record: Record) -> dict[str, object]:
    values: dict[str, object] = {item.name: getattr(record, item.name) for item in fields(record)}
    values["store_sha256"] = record.store_sha256
    return values


def test_a_registry_of_version_0_1_is_read_and_marked_on_the_first_write(
    registry_path: Path,
) -> None:
    record = write_old(registry_path)
    before = registry_path.read_bytes()
    registry = open_at(registry_path)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry_path.read_bytes() == before
    registry.put(make_record(b"another!"))
    assert open_at(registry_path).count() == 2
    with contextlib.closing(sqlite3.connect(registry_path)) as connection:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
    assert mark == APPLICATION_ID


@pytest.mark.parametrize(
    "change",
    [
        ("width INTEGER, ", "width INTEGER, depth INTEGER, "),
        ("PRAGMA user_version", "CREATE TABLE pages (name TEXT); PRAGMA user_version"),
        ("user_version = 1", "user_version = 7"),
    ],
)
def test_a_database_that_only_resembles_one_of_version_0_1_is_refused(
    registry_path: Path, change: tuple[str, str]
) -> None:
    write_old(registry_path, VERSION_0_1.replace(*change))
    before = registry_path.read_bytes()
    registry = open_at(registry_path)
    with pytest.raises(RegistryUnavailableError, match="another program"):
        registry.get("urn:c2pa:x")
    with pytest.raises(RegistryUnavailableError, match="another program"):
        registry.put(make_record(b"another!"))
    assert registry_path.read_bytes() == before


def test_tables_that_wait_in_a_log_are_seen(registry_path: Path) -> None:
    """As where a process of version 0.1 was killed before anything reached the file itself."""
    registry_path.parent.mkdir()
    live = sqlite3.connect(registry_path)
    try:
        live.executescript(VERSION_0_1)
        assert open_at(registry_path).get("urn:c2pa:x") is None
        live.executescript("CREATE TABLE pages (name TEXT)")
        with pytest.raises(RegistryUnavailableError, match="another program"):
            open_at(registry_path).put(make_record())
    finally:
        live.close()
