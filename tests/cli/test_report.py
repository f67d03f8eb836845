"""``indelible report``: a scan's results as tables, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.scan.results import NASTY, row, signed, write_parquet


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    write_parquet(folder / "a.parquet", [row(), row(), signed("untrusted", NASTY, "Y")])
    return folder


def test_tables(run: Run, results: Path) -> None:
    answer = run("report", results)
    assert answer.code == 0, answer.err
    words = " ".join(answer.out.split())
    assert "none 2 66.7 %" in words
    assert "says it is <img" in words
    assert "\x1b[31m" not in answer.out
    assert "absence proves nothing" in answer.err


def test_german(run: Run, results: Path) -> None:
    assert "66,7 %" in run("report", results, "--language", "de").out


def test_json(run: Run, results: Path) -> None:
    told = json.loads(run("report", results, "--json").out)
    assert told["rows"] == 3
    assert told["verdicts"] == {"none": 2, "unverified": 1}


def test_a_page_is_not_overwritten(run: Run, results: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run("report", results, "--html", page).code == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert run("report", results, "--html", page).code == 2
    assert run("report", results, "--html", page, "--force").code == 0


def test_what_is_no_result(run: Run, tmp_path: Path) -> None:
    answer = run("report", tmp_path / "absent")
    assert answer.code == 4
    assert "Traceback" not in answer.err
    assert run("report").code == 2
