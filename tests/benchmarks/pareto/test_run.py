"""The Pareto plot, on a watermark that is quick and frail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import attacks, images
from benchmarks._running import SettingsError
from benchmarks._systems import OURS
from benchmarks._visibility import Visibility
from benchmarks.pareto import run as command
from benchmarks.robustness import trials
from indelible.errors import UnmarkableImageError
from indelible.watermark.embedding import BUDGETS, Budget

_LINE = ["--limit", "2", "--attacks", "none", "crop 50 %", "--jobs", "1"]


@pytest.fixture
def fake(
    open_fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that runs the benchmark and returns the rows of its table."""
    open_fake("benchmarks.quality.measuring")
    open_fake("benchmarks.robustness.trials")
    monkeypatch.setattr(command, "has_butteraugli", lambda: True)
    monkeypatch.setattr(command, "butteraugli", lambda *_: Visibility(0.5, 1.5))

    def run() -> list[dict[str, Any]]:
        command.run([*_LINE, "--out", str(tmp_path)])
        rows: list[dict[str, Any]] = json.loads((tmp_path / "result.json").read_text())["tables"][
            0
        ]["rows"]
        return rows

    return run


def test_run_plots_every_point_and_resumes(
    fake: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    budget = next(iter(BUDGETS.values()))
    monkeypatch.setattr(command, "BUDGETS", {})
    monkeypatch.setattr(command, "SETTINGS", (("balanced", budget), ("fainter", budget)))
    monkeypatch.setattr(
        "benchmarks.quality.measuring.BUDGETS", {"balanced": budget, "fainter": budget}
    )
    rows = {row["point"]: row for row in fake()}
    assert set(rows) == {"balanced", "fainter", "JPEG 95", "JPEG 90", "JPEG 80"}
    assert (rows["fainter"]["attacks"], rows["fainter"]["recovered"]) == (4, 0.5)
    assert rows["JPEG 90"]["recovered"] is None
    assert (tmp_path / "pareto.png").exists()

    def never(_: object) -> list[dict[str, Any]]:
        raise AssertionError

    monkeypatch.setattr(command, "attack", never)
    monkeypatch.setattr(command, "see", never)
    assert {row["point"]: row for row in fake()} == rows


def test_a_point_teaches_its_budget_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[Any, Budget] = dict(BUDGETS)
    monkeypatch.setattr(command, "BUDGETS", known)
    budget = replace(next(iter(known.values())))
    command.Point("between", OURS, budget).prepare()
    assert known["between"] is budget


def test_a_refused_picture_is_not_seen_and_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        payload_bytes = 8

        def embed(self, *_: object) -> None:
            raise UnmarkableImageError("flat")

    for module in ("benchmarks.quality.measuring", "benchmarks.robustness.trials"):
        monkeypatch.setattr(f"{module}.open_system", lambda *_: Refusing())
    (source,) = images.built_in(["cat"])
    point = command.Point("dwtDct", "dwtDct")
    assert command.see(command.Seeing("see", point, source, 0)) == []
    chosen = [attacks.get("none")]
    (some,) = trials.named("dwtDct", [source], chosen, strength="robust", seed=0)
    (record,) = command.attack(command.Attacking("attack", point, some))
    assert not record["exact"]


def test_without_butteraugli_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "has_butteraugli", lambda: False)
    monkeypatch.setattr(command, "missing", lambda: ["apt install libjxl-devtools"])
    with pytest.raises(SettingsError, match="libjxl-devtools"):
        command.run([*_LINE, "--out", str(tmp_path)])


def test_unknown_attacks_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "has_butteraugli", lambda: True)
    with pytest.raises(SettingsError, match="nonsense"):
        command.run(["--attacks", "nonsense", "--out", str(tmp_path)])
