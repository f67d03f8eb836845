"""The columns, and the page that says what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from indelible.scan.batch import record_batch
from indelible.scan.rows import begun
from indelible.scan.schema import (
    COLUMNS,
    NAMES,
    SCHEMA_VERSION,
    VERSION_KEY,
    fits,
    schema,
    version_of,
)

PAGE = (Path(__file__).parents[2] / "docs" / "scan.md").read_text("utf-8")


def test_the_page_has_the_columns() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [row for row in rows if row[0] in NAMES] == [
        (one.name, one.type, one.meaning) for one in COLUMNS
    ]
    assert f"version {SCHEMA_VERSION}" in PAGE


def test_names_are_distinct_and_types_known() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert schema().names == list(NAMES)
    assert [one.name for one in schema() if not one.nullable] == [
        one.name for one in COLUMNS if one.required
    ]


def test_versions() -> None:
    assert version_of(schema().metadata) == SCHEMA_VERSION
    assert version_of({VERSION_KEY: b"no number"}) is None
    assert version_of({VERSION_KEY: b"9" * 100}) is None
    assert version_of(None) is None


GOOD = {
    "string": "a", "bool": True, "int32": 2**31 - 1, "int64": -(2**63), "float32": 1,
    "float64": 0.5, "timestamp": "2026-11-26T12:00:00.000001+00:00", "list<string>": ["a", ""],
}  # fmt: skip
BAD: dict[str, list[Any]] = {
    "string": [1, "\ud800", b"a"],
    "bool": [1, "yes"],
    "int32": [2**31, 1.5, True],
    "int64": [2**63, "1"],
    "float32": ["1", True, float("nan"), 10**400],
    "float64": ["1", [1.0]],
    "timestamp": ["never", "2026-11-26T12:00:00", 5],
    "list<string>": ["a", [1], ["\ud800"], [None]],
}


def test_rows_that_fit_are_what_arrow_takes() -> None:
    row = begun("a", None, "x")
    assert fits(row)
    full = row | {one.name: GOOD[one.type] for one in COLUMNS}
    assert fits(full)
    assert record_batch([row, full]).num_rows == 2
    for column in COLUMNS:
        for wrong in [*BAD[column.type], *([None] if column.required else [])]:
            assert not fits(full | {column.name: wrong}), (column, wrong)
    assert not fits({**row, "more": 1})
    assert not fits({name: row[name] for name in reversed(NAMES)})
