"""The robustness benchmark end to end, on a watermark that survives nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from benchmarks import _report, attacks, images
from benchmarks._running import Record, SettingsError
from benchmarks.peers import METHODS, VERSIONS
from benchmarks.robustness import run as command
from benchmarks.robustness import trials


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        pixels = images.resize_side(images.photograph(index), 160)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.fixture(autouse=True)
def fake(open_fake: Callable[[str], None]) -> None:
    trials._mark.cache_clear()
    open_fake("benchmarks.robustness.trials")


def _rows(folder: Path, title: str) -> dict[str, dict[str, object]]:
    result = json.loads((folder / "result.json").read_text())
    (table,) = (table for table in result["tables"] if table["title"] == title)
    return {row[next(iter(row))]: row for row in table["rows"]}


def test_named_attacks(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    groups = ["--groups", "none", "flip v", "border 5 %", "noise 20"]
    command.run(["--images", str(pictures), *groups, "--jobs", "1", "--out", str(out)])

    rows = _rows(out, "Named attacks")
    assert list(rows) == ["none", "flip v", "noise 20", "border 5 %"]
    assert rows["none"]["n"] == 3
    assert rows["none"]["exact"] == 1
    assert rows["none"]["bits"] == 1
    assert rows["none"]["corners px"] == 0
    assert rows["flip v"]["exact"] == 0
    assert rows["flip v"]["score"] is None
    assert len(_rows(out, "Quality and cost")) == 1
    assert (out / "attacks.png").stat().st_size > 1000


def test_peers_have_tables_of_their_own(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "environment", lambda: None)
    groups = ["--groups", "none", "seal jpeg 40, crop 0.71, brightness 0.5", "--peers"]
    line = ["--images", str(pictures), *groups, "--jobs", "1", "--out", str(tmp_path / "out")]
    shown = io.StringIO()
    monkeypatch.setattr(_report, "_OUTPUT", Console(file=shown, width=140))
    command.run(line)

    exact = _rows(tmp_path / "out", "Other packages: exact")
    assert exact["none"] == {"attack": "none"} | dict.fromkeys(["indelible", *METHODS], 1)
    bits = _rows(tmp_path / "out", "Other packages: share of right bits")
    assert bits["seal jpeg 40, crop 0.71, brightness 0.5"]["dwtDct"] is None
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["settings"]["peers"] == list(VERSIONS)
    assert len(_rows(tmp_path / "out", "Quality and cost")) == 4
    # Nothing is cut, and names stay on one line.
    assert "…" not in shown.getvalue()
    assert "seal jpeg 40, crop 0.71, brightness 0.5" in shown.getvalue()
    assert "dwtDct 32, dwtDctSvd 64, blind-watermark 64" in shown.getvalue()
    for head in ("detect x JPEG", "wrong payloads", "unmarkable"):
        assert head in shown.getvalue()


def test_draws_fill_the_promised_rows(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = ["--workloads", "codec", "tiny", "--draws", "7"]
    none = ["--groups", "--jobs", "1", "--out", str(out)]
    command.run(["--images", str(pictures), *none, *rows])

    result = _rows(out, "Random draws")
    assert [row["n"] for row in result.values()] == [7, 7]
    assert [row["promised"] for row in result.values()] == [0.99, 0.9]
    assert (out / "draws.png").exists()
    assert not (out / "attacks.png").exists()


def test_run_resumes_and_refuses_other_settings(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    line = ["--images", str(pictures), "--groups", "noise", "--jobs", "1", "--out", str(out)]
    command.run(line)
    records = (out / "records.jsonl").read_text()
    # The last line was cut short: only its task is done again.
    (out / "records.jsonl").write_text(records[:-40])
    done: list[str] = []

    def watched(task: trials.Trials) -> list[Record]:
        done.append(task.id)
        return original(task)

    original = trials.try_attacks
    monkeypatch.setattr(trials, "try_attacks", watched)
    command.run(line)
    assert len(done) == 1
    again = [json.loads(line)["id"] for line in (out / "records.jsonl").read_text().splitlines()]
    assert sorted(again) == sorted(json.loads(line)["id"] for line in records.splitlines())

    with pytest.raises(SettingsError, match="--restart"):
        command.run([*line, "--seed", "1"])
    command.run([*line, "--seed", "1", "--restart"])


def test_unknown_attack_is_named(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="blurr"):
        command.run(["--images", str(pictures), "--groups", "blurr", "--out", str(tmp_path)])


def test_draws_cover_their_count_once() -> None:
    sources = images.built_in()[:5]
    row = attacks.WORKLOADS["stretch"]
    work = trials.draws("indelible", sources, row, 23, strength="robust", seed=3)
    assert sum(len(task.attacks) for task in work) == 23
    assert len({task.id for task in work}) == len(work)
    for task in work:
        wants_4k = any(attack.source_side for attack in task.attacks)
        assert (task.preparation.how == "side") is wants_4k


def test_preparations() -> None:
    picture = np.zeros((300, 450, 3), np.uint8)
    assert trials.Preparation("square", 256)(picture).shape == (256, 256, 3)
    assert trials.Preparation("side", 900)(picture).shape == (600, 900, 3)
    assert trials.Preparation()(picture) is picture
