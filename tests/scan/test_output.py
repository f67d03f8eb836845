"""Results in parts, and going on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from indelible.errors import ArgumentError, OutputError, OutputExistsError
from indelible.scan.output import Output, OutputFormat, differences
from indelible.scan.rows import Row, begun
from indelible.scan.schema import schema
from indelible.scan.sources import Entry

LISTED = [Entry("file", "/a/\udcff.jpg", 5), Entry("table", "t.parquet", None, "image")]


def row(uri: str) -> Row:
    return begun(uri, None, "test") | {"size": 3, "reasons": ["one", "two"], "watermark_area": 0.5}


@pytest.mark.parametrize("format_", ["parquet", "jsonl", "both"])
def test_what_is_published_is_there_when_it_is_opened_again(
    tmp_path: Path, format_: OutputFormat
) -> None:
    output = Output(tmp_path / "out", format_)
    assert output.open() is None
    state = output.begin("abc", {"x": "1"}, LISTED)
    assert list(output.listed()) == LISTED
    rows = [row("a"), row("b")]
    output.publish("s1", rows)
    output.publish("s2", [])
    output.close()

    again = Output(tmp_path / "out", format_)
    assert again.open() == state
    assert (state.lines, state.size, state.scan_id) == (2, 5, "abc")
    assert again.finished == {"s1": 2, "s2": 0}
    assert again.finished_size == 6
    assert list(again.listed()) == LISTED
    assert list(again.rows(["s1", "s2"])) == rows
    again.close()
    if format_ != "jsonl":
        read = pq.read_table(tmp_path / "out" / "parquet")
        assert read.schema.equals(schema(), check_metadata=True)
        assert read.num_rows == 2
    if format_ == "parquet":
        assert pq.read_table(tmp_path / "out").num_rows == 2  # the state is hidden from readers
    if format_ != "parquet":
        lines = (tmp_path / "out" / "jsonl" / "part-s1.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == rows


def test_a_part_without_its_mark_is_not_finished(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.open()
    output.begin("abc", {}, LISTED)
    output.publish("s1", [row("a")])
    (tmp_path / "out" / "_scan" / "done" / "s1.json").unlink()
    output.close()
    left = tmp_path / "out" / "parquet" / ".indelible-0.tmp"
    left.write_bytes(b"half")
    again = Output(tmp_path / "out")
    again.open()
    assert again.finished == {}
    assert not left.exists()
    again.publish("s1", [row("b")])
    assert [one["uri"] for one in again.rows(["s1"])] == ["b"]
    again.close()


def test_a_part_that_somebody_removed_is_done_again(tmp_path: Path) -> None:
    output = Output(tmp_path / "out", "both")
    output.open()
    output.begin("abc", {}, LISTED)
    output.publish("s1", [row("a")])
    output.publish("s2", [row("b")])
    output.publish("s3", [row("c")])
    output.forget("s3")
    output.close()
    (tmp_path / "out" / "jsonl" / "part-s1.jsonl").unlink()
    again = Output(tmp_path / "out", "both")
    again.open()
    assert again.finished == {"s2": 1}
    again.close()


def test_one_scan_at_a_time(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.open()
    if os.name == "posix":
        with pytest.raises(OutputError, match="at this moment"):
            Output(tmp_path / "out").open()
    output.close()
    Output(tmp_path / "out").open()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError):
        Output(tmp_path).open(force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(OutputError):
        Output(tmp_path / "mine.txt").open()


def test_beginning_anew_removes_a_scan_and_nothing_else(tmp_path: Path) -> None:
    output = Output(tmp_path / "out", "both")
    output.open()
    output.begin("abc", {}, LISTED)
    output.publish("s1", [row("a")])
    output.close()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    again = Output(tmp_path / "out")
    assert again.open(force=True) is None
    assert again.finished == {}
    again.close()
    files = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"notes.txt", "lock"}


def test_nothing_to_scan(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.open()
    with pytest.raises(ArgumentError, match="nothing to scan"):
        output.begin("abc", {}, [])
    output.close()


def test_a_scan_by_another_version_is_refused(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.open()
    output.begin("abc", {}, LISTED)
    output.close()
    place = tmp_path / "out" / "_scan" / "scan.json"
    place.write_text(place.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(OutputExistsError, match="another version"):
        Output(tmp_path / "out").open()
    with pytest.raises(ArgumentError):
        Output(tmp_path / "out", "csv")  # type: ignore[arg-type]


def test_differences_are_called_what_people_call_them() -> None:
    assert differences({"a": "1", "only": ""}, {"a": "1", "only": "credentials"}) == ("--only",)
    assert differences({"verifier_keys": "1"}, {}) == ("verifier keys",)
    assert differences({"a": "1"}, {"a": "1"}) == ()
