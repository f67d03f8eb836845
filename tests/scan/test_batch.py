"""Arrow in, Arrow out."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from indelible.scan import scan_batch
from indelible.scan.schema import input_schema, schema
from tests.scan.hostile import options
from tests.scan.pictures import picture


def test_content_addresses_members_and_errors(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(1))
    given: list[dict[str, object]] = [
        {"uri": str(tmp_path / "a.jpg")},
        {"uri": "b.jpg", "content": picture(2)},
        {"uri": "c.tar", "member": "d.jpg", "content": picture(3)},
        {"uri": "c.tar", "member": "e.jpg"},
        {"uri": "missing.jpg"},
        {"uri": "f.jpg", "error": "it is gone", "error_type": "NetworkError"},
        {"uri": "g.jpg", "content": b""},
    ]
    batch = pa.RecordBatch.from_pylist(given, schema=input_schema())
    found = scan_batch(batch, options())
    assert isinstance(found, pa.RecordBatch)
    assert found.schema.equals(schema(), check_metadata=True)
    rows = found.to_pylist()
    assert [row["uri"] for row in rows] == [one["uri"] for one in given]
    assert [row["error_type"] for row in rows] == [
        None, None, None, *["UnreadableImageError"] * 2, "NetworkError", "UnreadableImageError",
    ]  # fmt: skip
    assert rows[2]["member"] == "d.jpg"
    assert rows[5]["error"] == "it is gone"
    assert rows[0]["read_ms"] is not None


def test_tables_other_columns_and_none_at_all() -> None:
    table = pa.table({"uri": ["a"], "content": [picture(1)], "other": [1]})
    assert scan_batch(table, options()).num_rows == 1
    assert scan_batch(table.slice(0, 0), options()).num_rows == 0
    with pytest.raises(KeyError):
        scan_batch(pa.table({"path": ["a"]}), options())
