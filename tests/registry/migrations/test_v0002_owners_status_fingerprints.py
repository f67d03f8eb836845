"""From the schema of version 0.1 to today's, on a file that version 0.1 wrote (commit 8fd76e0)."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from indelible.errors import RegistryUnavailableError
from indelible.registry import Record, open_registry
from indelible.registry.migrations import migrate
from indelible.registry.sqlite_layout import APPLICATION_ID
from indelible.registry.tables import METADATA, SCHEMA_VERSION
from tests.registry.records import ALGORITHM, everything_below, make_record, open_at
from tests.registry.servers import PostgresServer

OLD = Path(__file__).parents[1] / "data" / "schema-1.sqlite3"
RECORDS = [
    Record(
        manifest_id=f"urn:c2pa:00000000-0000-4000-8000-00000000000{number}",
        algorithm=ALGORITHM,
        payload=bytes([number]) * 8,
        manifest_store=b"manifest store %d " % number * 20,
        media_type="image/jpeg",
        generator="Acme Images 2.1" if number else None,
        created=dt.datetime(2026, 11, number + 1, 12, 0, 0, number * 5, tzinfo=dt.UTC),
        picture_sha256="ab" * 32 if number else None,
        width=640 if number else None,
        height=480 if number else None,
    )
    for number in range(3)
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "registry.sqlite3"
    path.parent.mkdir()
    shutil.copyfile(OLD, path)
    return path


def check_records(path: Path) -> None:
    registry = open_at(path)
    for record in RECORDS:
        assert registry.find(ALGORITHM, record.payload) == [record]
        assert registry.get(record.manifest_id) == record
        assert registry.has(ALGORITHM, record.payload)
    assert [entry.manifest_id for entry in registry.entries()] == [
        record.manifest_id for record in RECORDS
    ]
    assert registry.find_similar(bytes(32)) == []
    assert not registry.has(ALGORITHM, b"another!")
    assert registry.get("urn:c2pa:x") is None


def test_an_old_registry_is_read_as_it_is(old: Path) -> None:
    before = everything_below(old.parent)
    check_records(old)
    assert everything_below(old.parent) == before


def test_an_old_registry_on_a_read_only_disk(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indelible.registry import sqlite, sqlite_opening  # noqa: PLC0415

    opened = sqlite_opening.open_file

    def cannot_write(path: Path, timeout: float, how: sqlite_opening.Mode) -> sqlite3.Connection:
        if how != "immutable":
            raise sqlite3.OperationalError("unable to open database file")
        return opened(path, timeout, how)

    monkeypatch.setattr(sqlite, "open_file", cannot_write)
    check_records(old)
    with pytest.raises(RegistryUnavailableError):
        open_at(old).put(make_record())


def test_the_first_write_migrates(old: Path) -> None:
    new = make_record(b"another!")
    open_at(old).put(new)
    assert open_at(old).get(new.manifest_id) == new
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DELETE FROM manifests WHERE manifest_id = ?", [new.manifest_id])
        connection.execute("DELETE FROM bindings WHERE manifest_id = ?", [new.manifest_id])
        connection.commit()
        pragmas = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode", "integrity_check")
        ]
        assert pragmas == [APPLICATION_ID, SCHEMA_VERSION, "wal", "ok"]
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [
            (str(SCHEMA_VERSION),)
        ]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    check_records(old)
    assert not list(old.parent.glob("*-wal"))


def test_a_migration_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indelible.registry import migrations  # noqa: PLC0415

    def fail(connection: sa.Connection, *, start: int) -> None:
        migrate(connection, start=start)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrations, "migrate", fail)
    with pytest.raises(RegistryUnavailableError, match="disk is full"):
        open_at(old).put(make_record())
    monkeypatch.undo()
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    check_records(old)


def str_values(options: dict[str, Any]) -> dict[str, str]:
    """Return options as texts: conditions are equal to nothing else."""
    return {name: str(value) for name, value in options.items()}


def schema_of(connection: sa.Connection) -> dict[str, Any]:
    """Return everything that the database says about its tables."""
    inspector = sa.inspect(connection)
    return {
        table: (
            [{**column, "type": repr(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            inspector.get_foreign_keys(table),
            sorted(
                (
                    {**index, "dialect_options": str_values(index.get("dialect_options", {}))}
                    for index in inspector.get_indexes(table)
                ),
                key=lambda index: str(index["name"]),
            ),
            inspector.get_unique_constraints(table),
        )
        for table in sorted(inspector.get_table_names())
    }


def test_the_steps_lead_to_the_very_tables_in_sqlite(tmp_path: Path) -> None:
    texts = []
    for name in ("made", "migrated"):
        engine = sa.create_engine(f"sqlite:///{tmp_path / name}")
        with engine.begin() as connection:
            if name == "made":
                METADATA.create_all(connection)
            else:
                migrate(connection, start=0)
            schema = schema_of(connection)
            texts.append((schema, [
                " ".join(text.split())
                for (text,) in connection.exec_driver_sql(
                    "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') "
                    "AND sql NOT NULL ORDER BY name"
                )
            ]))  # fmt: skip
            autoincrement = connection.exec_driver_sql(
                "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master "
                "WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name)"
            ).scalar_one()
            assert autoincrement == "binding_history,fingerprints,outbox"
        engine.dispose()
    assert texts[0] == texts[1]


def test_the_steps_lead_to_the_very_tables_in_postgresql(postgres: PostgresServer) -> None:
    schemas = []
    for name in ("made", "migrated"):
        registry = open_registry(postgres.new_url())
        engine = registry._database._engine("write")  # type: ignore[attr-defined]
        with engine.begin() as connection:
            if name == "made":
                METADATA.create_all(connection)
            else:
                migrate(connection, start=0)
            own = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            triggers = connection.exec_driver_sql(
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger "
                "WHERE tgrelid = 'audit'::regclass AND NOT tgisinternal"
            ).all()
            assert len(triggers) == 1
            schemas.append(f"{schema_of(connection)} {triggers}".replace(own, "schema"))
    assert schemas[0] == schemas[1]
