"""``indelible scan``: exit codes, going on, lists, what is printed where."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from indelible import scan as room
from indelible.cli import scan as module
from indelible.scan import Progress
from tests.cli.conftest import Run
from tests.scan.pictures import fill


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    fill(folder, 5)
    (folder / "bad.jpg").write_bytes(b"garbage" * 10)
    return folder


def test_a_finished_scan_exits_0_whatever_it_found(run: Run, uploads: Path, tmp_path: Path) -> None:
    given = ("scan", uploads, "-o", tmp_path / "out", "--only", "credentials", "--jobs", 1)
    answer = run(*given)
    assert answer.code == 0, answer.err
    assert answer.out == ""
    assert "6 rows" in answer.err
    assert "1 with an error" in answer.err
    again = run(*given, "--json")
    assert again.code == 0
    told = json.loads(again.out)
    assert (told["rows"], told["before"]) == (6, 6)
    assert "all from before" in again.err
    assert pq.read_table(tmp_path / "out" / "parquet").num_rows == 6
    other = run("scan", uploads, "-o", tmp_path / "out")
    assert other.code == 2
    assert "--only" in other.err
    assert "--resume-anyway" in other.err
    assert run(*given, "--format", "both").code == 2
    assert run(*given, "--force", "--format", "both").code == 0
    assert len(list((tmp_path / "out" / "jsonl").iterdir())) == 1


def test_a_list_on_standard_input_or_in_a_file(run: Run, uploads: Path, tmp_path: Path) -> None:
    names = "\n".join(str(path) for path in sorted(uploads.iterdir()))
    given = ("scan", "--files-from", "-", "-o", tmp_path / "out", "--only")
    assert run(*given, "credentials", "--jobs", 1, stdin=names.encode()).code == 0
    assert pq.read_table(tmp_path / "out" / "parquet").num_rows == 6
    (tmp_path / "names").write_text(names)
    given = ("scan", "--files-from", str(tmp_path / "names"), "-o", tmp_path / "o2", "--only")
    assert run(*given, "credentials", "--jobs", 1).code == 0


def test_wrong_uses(run: Run, uploads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("scan", uploads).code == 2
    assert run("scan", "-o", out).code == 2
    assert run("scan", uploads, "-o", uploads).code == 2
    assert run("scan", uploads, "-o", out, "--only", "pixels").code == 2
    assert run("scan", uploads, "-o", out, "--send-picture").code == 2
    assert run("scan", uploads, "-o", out, "--address", "auto").code == 2
    assert run("scan", "missing", "-o", out).code == 4
    assert run("scan", "@missing", "-o", out).code == 4
    assert not (out / "parquet").exists() or not list((out / "parquet").iterdir())


def test_an_interrupted_scan_says_how_to_go_on(
    run: Run, uploads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "scan", interrupted)
    answer = run("scan", uploads, "-o", tmp_path / "out")
    assert answer.code == 130
    assert "goes on from here" in answer.err


def test_how_far_it_is_in_words() -> None:
    progress = Progress(lines=10_000)
    row = {"error_type": None, "duplicate_of": None, "credential_state": None}
    for _ in range(5000):
        progress.count({**row, "watermark_found": None}, None)
    line = module._line(progress)
    assert line.startswith("50 %, 5,000 pictures, ")
    assert line.endswith(" left")
    assert [module._duration(one) for one in (5, 300, 8000, 1e6)] == [
        "5 s", "5 min", "2 hours", "12 days",
    ]  # fmt: skip
