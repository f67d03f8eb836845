"""The short list of copies."""

from __future__ import annotations

from pathlib import Path

from indelible.scan import match_table, matches
from tests.scan.results import row, write_json, write_parquet

COPY = {"match_kind": "pdq", "match_query": "one.jpg", "match_distance": 8}


def test_copies_are_listed_in_order_and_counted(tmp_path: Path) -> None:
    rows = [row(), *(row(uri=f"{number}.jpg", **COPY) for number in range(5)), row()]
    for file in (
        write_parquet(tmp_path / "a.parquet", rows),
        write_json(tmp_path / "a.jsonl", rows),
    ):
        found = matches(file, most=3)
        assert [one["uri"] for one in found.rows] == ["0.jpg", "1.jpg", "2.jpg"]
        assert found.total == 5
    assert matches(file, most=0).total == 5


def test_a_table_says_what_told_it_and_what_speaks_against_it(tmp_path: Path) -> None:
    rows = [
        row(member="7", match_score=0.123, match_confirmed=False, **COPY),
        row(match_kind="exact", match_query="x", match_distance=0),
    ]
    found = matches(write_parquet(tmp_path / "a.parquet", rows))
    first, second = match_table(found).rows
    assert [cell.text for cell in first] == [
        *("a.jpg::7", "one.jpg", "looks alike (PDQ)", "8", "0.12: shows something else")
    ]
    assert [cell.text for cell in second][2:] == ["the same bytes", "0", ""]
    assert match_table(found, language="de").columns[1] == "Kopie von"
