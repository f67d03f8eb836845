"""A registry as a Parquet file, which may be anybody's when it is read."""

from __future__ import annotations

import datetime as dt
import random
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indelible.errors import (
    MissingDependencyError,
    NoRegistryError,
    OutputError,
    OutputExistsError,
    UnreadableExportError,
)
from indelible.registry import open_registry
from indelible.registry.exchange import export_records, import_records
from indelible.registry.tables import GENERATIONS
from tests.registry.records import execute, make_record, open_at
from tests.registry.test_merging import everything_in, other, record_at

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["other"]  # a fixture

DOCS = Path(__file__).parents[2] / "docs" / "registry.md"


@pytest.fixture
def exported(tmp_path: Path, other: SqlRegistry) -> Path:
    path = tmp_path / "export.parquet"
    assert export_records(other, path) == 5
    return path


def test_everything_comes_back_and_nothing_twice(
    url: str, other: SqlRegistry, exported: Path
) -> None:
    target = open_registry(url)
    done = import_records(target, exported)
    assert (done.new, done.equal, done.conflicting) == (5, 0, 0)
    again = import_records(target, exported)
    assert (again.new, again.equal, again.conflicting) == (0, 5, 0)
    assert everything_in(target) == everything_in(other)


def test_both_databases_write_the_same(
    url: str, other: SqlRegistry, exported: Path, tmp_path: Path
) -> None:
    target = open_registry(url)
    import_records(target, exported)
    export_records(target, tmp_path / "again.parquet")
    tables = [pq.read_table(path).to_pylist() for path in (exported, tmp_path / "again.parquet")]
    for row in (row for rows in tables for row in rows):
        row["bindings"].sort(key=str)
    assert tables[0] == tables[1]


def test_the_file_is_private_and_never_half_done(
    tmp_path: Path, other: SqlRegistry, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    with pytest.raises(OutputExistsError):
        export_records(other, exported)
    export_records(other, exported, overwrite=True)
    with pytest.raises(OutputError):
        export_records(other, tmp_path / "nowhere" / "export.parquet")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OutputError, match="no space"):
        export_records(other, tmp_path / "new.parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"other", "export.parquet"}


def test_a_part_by_time_in_small_groups(
    tmp_path: Path, other: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indelible.registry.exchange._GROUP_ROWS", 2)
    path, told = tmp_path / "part.parquet", list[int]()
    since = record_at(2).created
    assert export_records(other, path, since=since, progress=told.append) == 3
    assert pq.ParquetFile(path).metadata.num_row_groups == 2
    assert told == [2, 3]
    assert import_records(open_at(tmp_path / "mine.sqlite3"), path).new == 3


def test_what_is_private_is_not_in_it(tmp_path: Path, other: SqlRegistry) -> None:
    other.database.write(
        lambda connection: connection.execute(
            GENERATIONS.insert().values(manifest_id="urn:c2pa:1", sealed=b"a secret")
        )
    )
    export_records(other, tmp_path / "export.parquet")
    assert b"a secret" not in (tmp_path / "export.parquet").read_bytes()
    assert "generations" not in repr(pq.read_schema(tmp_path / "export.parquet"))


def test_the_columns_are_those_of_the_page(exported: Path) -> None:
    schema = pq.read_schema(exported)
    text = DOCS.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    for field in schema:
        assert any(line.startswith(f"| `{field.name}`") or f", `{field.name}`" in line
                   for line in lines), field.name  # fmt: skip
    assert schema.metadata[b"indelible.registry"] == b"1"


def test_without_pyarrow(
    tmp_path: Path, other: SqlRegistry, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingDependencyError, match="pyarrow"):
        export_records(other, tmp_path / "new.parquet")
    with pytest.raises(MissingDependencyError):
        import_records(other, exported)


def test_a_registry_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoRegistryError):
        export_records(open_at(tmp_path / "nowhere.sqlite3"), tmp_path / "export.parquet")


# --- hostile files --------------------------------------------------------------------------------


def changed(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the rows of a file."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


CHANGES: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "another manifest": lambda rows: rows[1].update(manifest_store=b"another"),
    "no manifest": lambda rows: rows[1].update(manifest_store=None),
    "another size": lambda rows: rows[1].update(size=1),
    "a negative size": lambda rows: rows[3].update(size=-1),
    "no id": lambda rows: rows[0].update(manifest_id=""),
    "a NUL character": lambda rows: rows[0].update(owner="a\0b"),
    "an unknown status": lambda rows: rows[0].update(status="lost"),
    "erased, and not": lambda rows: rows[1].update(status="erased"),
    "a negative width": lambda rows: rows[0].update(width=-1),
    "a short hash": lambda rows: rows[1].update(pdq=b"short", quality=1, reference=b""),
    "an empty binding": lambda rows: rows[1]["bindings"][0].update(value=b""),
    "half a watermark": lambda rows: rows[1].update(payload=b""),
    "a NUL in a binding": lambda rows: rows[1]["bindings"][0].update(moved_by="\0"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_row_that_is_no_record(
    tmp_path: Path, exported: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    changed(exported, change)
    with pytest.raises(UnreadableExportError, match="damaged"):
        import_records(open_at(tmp_path / "mine.sqlite3"), exported)


def test_a_time_out_of_the_calendar(tmp_path: Path, exported: Path) -> None:
    table = pq.read_table(exported)
    far = pa.array([2**62] * len(table), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    field = table.schema.field("created")
    pq.write_table(table.set_column(table.schema.get_field_index("created"), field, far), exported)
    with pytest.raises(UnreadableExportError):
        import_records(open_at(tmp_path / "mine.sqlite3"), exported)


def test_two_records_that_claim_one_id(tmp_path: Path, exported: Path) -> None:
    def claim(rows: list[dict[str, Any]]) -> None:
        rows[4]["bindings"] = rows[2]["bindings"]

    changed(exported, claim)
    done = import_records(open_at(tmp_path / "mine.sqlite3"), exported)
    assert (done.new, done.conflicting) == (4, 1)


@pytest.mark.parametrize("kind", ["text", "empty", "other", "columns", "newer", "large", "absent"])
def test_a_file_of_something_else(
    tmp_path: Path, exported: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, table = tmp_path / "file", pq.read_table(exported)
    schema = table.schema
    if kind == "text":
        path.write_text("a diary\n" * 100)
    elif kind == "empty":
        path.touch()
    elif kind == "other":
        pq.write_table(table.replace_schema_metadata({}), path)
    elif kind == "columns":
        pq.write_table(table.drop_columns(["owner"]).replace_schema_metadata(schema.metadata), path)
    elif kind == "newer":
        pq.write_table(table.replace_schema_metadata({"indelible.registry": "2"}), path)
    elif kind == "large":
        monkeypatch.setattr("indelible.registry.exchange._MOST_GROUP_ROWS", 4)
        path = exported
    with pytest.raises(UnreadableExportError):
        import_records(open_at(tmp_path / "mine.sqlite3"), path)
    assert not (tmp_path / "mine.sqlite3").exists()


def test_damaged_bytes(tmp_path: Path, exported: Path) -> None:
    """Whatever is wrong with a file, it is one of our errors, and no manifest is a wrong one."""
    draw = random.Random(7)
    data = exported.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    target = open_at(tmp_path / "mine.sqlite3")
    for _ in range(150):
        damaged = bytearray(data)
        span = footer if draw.random() < 0.5 else len(data)
        damaged[len(data) - 1 - draw.randrange(span)] = draw.randrange(256)
        if draw.random() < 0.1:
            del damaged[draw.randrange(len(damaged)) :]
        exported.write_bytes(damaged)
        try:
            import_records(target, exported)
        except UnreadableExportError:
            continue
    target.close()
    if (tmp_path / "mine.sqlite3").exists():
        assert all(record is not None for _, record in everything_in(target))


def test_a_damaged_registry_is_not_exported(tmp_path: Path, other: SqlRegistry) -> None:
    other.close()
    execute(tmp_path / "other" / "registry.sqlite3", f"UPDATE manifests SET width = {2**40}")
    with pytest.raises(Exception, match="cannot be exported") as caught:
        export_records(other, tmp_path / "export.parquet")
    assert type(caught.value).__name__ == "RegistryError"
    assert not (tmp_path / "export.parquet").exists()


def test_times_keep_their_microseconds(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=zone)
    registry, record = open_at(tmp_path / "a.sqlite3"), make_record(created=moment)
    registry.put(record)
    export_records(registry, tmp_path / "export.parquet")
    mine = open_at(tmp_path / "mine.sqlite3")
    import_records(mine, tmp_path / "export.parquet")
    assert mine.get(record.manifest_id) == record
