"""The columns, and the page that says what they mean."""

from __future__ import annotations

import re
from pathlib import Path

from indelible.scan.schema import COLUMNS, NAMES, SCHEMA_VERSION, VERSION_KEY, schema, version_of

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
