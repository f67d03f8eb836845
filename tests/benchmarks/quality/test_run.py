"""The quality benchmark, on a watermark that changes one row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks import hosts
from benchmarks.images import photograph
from benchmarks.quality import hard, measuring
from benchmarks.quality import run as command

_SEEN = {"norm": 0.5, "worst": 1.5, "flip": 0.01}


@pytest.fixture
def fake(open_fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hard, measuring):
        open_fake(module.__name__)
        monkeypatch.setattr(module, "visibility", lambda *_: dict(_SEEN))


def _tables(folder: Path) -> dict[str, list[dict[str, Any]]]:
    result = json.loads((folder / "result.json").read_text())
    return {table["title"]: table["rows"] for table in result["tables"]}


@pytest.mark.usefixtures("fake")
def test_run_measures_and_draws_sheets(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    Image.fromarray(photograph(3)).save(tmp_path / "made" / "cup.png")
    line = ["--limit", "2", "--side", "200", "--strength", "balanced", "--jobs", "1"]
    out = tmp_path / "out"
    made = ["--generated", str(tmp_path / "made")]
    command.run([*line, *made, "--groups", "photographs", "generated", "--out", str(out)])
    tables = _tables(out)
    goals = {(row["pictures"], row["measure"]): row for row in tables["Goals"]}
    assert goals["all", "3-norm, mean"]["n"] == 3
    assert goals["generated", "worst spot, mean"]["kept"]
    names = {row["picture"] for row in tables["Pictures"]}
    assert names == {"astronaut", "coffee", "cup.png"}
    assert len(list((out / "sheets").glob("*.png"))) == len(tables["Pictures"])
    subjects = {row["subject"] for row in tables["Visibility"]}
    assert subjects == {"balanced", *measuring.YARDSTICKS}
    lengths = {row["format"]: row for row in tables[_LENGTHS]}
    assert set(lengths) == set(measuring.FORMATS)
    assert all(row["kept"] and row["mean"] < 1.05 for row in lengths.values())
    assert (out / "quality.png").exists()


_LENGTHS = "Length of the marked file over that of the unmarked one"


@pytest.mark.usefixtures("fake")
def test_groups_are_run_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_FLAT_KINDS", ("sky",))
    some = hosts.hard(("fog", "skin"), side=128)
    monkeypatch.setattr(hosts, "hard", lambda **_: some)
    for name, kept in (("ENHANCED", "dark red"), ("CUT_OUTS", "disc of 200 px, black behind")):
        monkeypatch.setattr(hard, name, {kept: getattr(hard, name)[kept]})
    line = ["--groups", "flat", "hard", "enhanced", "cut-outs", "--strength", "balanced"]
    command.run([*line, "--jobs", "1", "--out", str(tmp_path)])
    tables = _tables(tmp_path)
    assert [row["picture"] for row in tables["Hard hosts"]] == ["fog", "skin"]
    assert [row["picture"] for row in tables["Enhanced afterwards, like their originals"]]
    assert tables["Cut-outs"][0]["read"]
    assert len(list((tmp_path / "sheets").glob("*.png"))) == 4
    assert _LENGTHS not in tables


@pytest.mark.usefixtures("fake")
def test_small_pictures_have_a_goal_of_their_own(tmp_path: Path) -> None:
    line = ["--limit", "1", "--groups", "small", "--strength", "balanced", "--jobs", "1"]
    command.run([*line, "--no-sheets", "--no-lengths", "--out", str(tmp_path)])
    tables = _tables(tmp_path)
    assert {row["pictures"] for row in tables["Goals"]} == {"small"}
    assert not (tmp_path / "sheets").exists()
    assert _LENGTHS not in tables
    (tmp_path / "few").mkdir()
    Image.fromarray(photograph(3)[:90, :120]).save(tmp_path / "few" / "cup.png")
    small = ["--small", str(tmp_path / "few"), "--no-lengths", "--out", str(tmp_path / "other")]
    command.run([*line, *small])
    assert {row["picture"] for row in _tables(tmp_path / "other")["Pictures"]} == {"cup.png"}


@pytest.mark.usefixtures("fake")
def test_without_butteraugli_no_goal_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = dict.fromkeys(_SEEN, float("nan"))
    monkeypatch.setattr(measuring, "visibility", lambda *_: dict(nothing))
    line = ["--limit", "1", "--side", "200", "--groups", "photographs", "--strength", "robust"]
    command.run([*line, "--no-lengths", "--jobs", "1", "--out", str(tmp_path)])
    tables = _tables(tmp_path)
    assert "Goals" not in tables
    assert {row["3-norm"] for row in tables["Visibility"]} == {None}
