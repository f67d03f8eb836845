"""Reading results: tests/scan/test_reporting.py has what is no result."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indelible.scan.results import batches
from indelible.scan.schema import schema
from tests.scan.results import row, write_json, write_parquet


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    for file in (
        write_parquet(tmp_path / "a.parquet", [row()] * 3),
        write_json(tmp_path / "a.jsonl", [row()] * 3),
    ):
        (table,) = batches(file, ["verdict", "size"])
        assert table.to_pylist() == [{"verdict": "none", "size": 1000}] * 3


def test_a_column_that_a_file_lacks_is_empty(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([row()], schema()).drop_columns(["pdq"])
    pq.write_table(table, tmp_path / "a.parquet")
    (found,) = batches(tmp_path, ["pdq"])
    assert found.to_pylist() == [{"pdq": None}]


def test_rows_come_in_pieces(tmp_path: Path) -> None:
    write_json(tmp_path / "a.jsonl", [row()] * 9000)
    assert [one.num_rows for one in batches(tmp_path, ["uri"])] == [4096, 4096, 808]
