"""The localisation benchmark, on an engine that knows half of the truth."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.attacks import Pixels
from benchmarks.localisation import coverage
from benchmarks.localisation import run as command
from indelible import watermark


def test_area_under_curve() -> None:
    assert command.area_under_curve([2, 3], [0, 1]) == 1
    assert command.area_under_curve([0, 1], [2, 3]) == 0
    assert command.area_under_curve([1, 1], [1, 1]) == 0.5
    assert math.isnan(command.area_under_curve([], [1]))


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def embed(image: Pixels, *_: object) -> Pixels:
        return np.minimum(image, 250) + np.uint8(5)

    def detect(*_: object) -> watermark.Detection:
        return watermark.Detection(True, bytes(8), 1e-12, np.eye(3), "key")

    def presence(image: Pixels, *_: object) -> npt.NDArray[np.float32]:
        return np.full((image.shape[0] // 8, image.shape[1] // 8), 0.5, np.float32)

    monkeypatch.setattr(watermark, "embed", embed)
    monkeypatch.setattr(watermark, "detect", detect)
    monkeypatch.setattr(watermark, "presence", presence, raising=False)
    line = ["--limit", "2", "--root", "300", "--jobs", "1", "--out", str(tmp_path)]
    command.run(line)
    result, edited = json.loads((tmp_path / "result.json").read_text())["tables"]
    rows = {row["measure"]: row for row in result["rows"]}
    assert rows["corner error after resize 0.5, px"]["mean"] == pytest.approx(110, rel=0.4)
    assert rows["corner error after resize 0.5, px"]["kept"] is False
    (presence_row,) = (row for name, row in rows.items() if name.startswith("presence"))
    assert presence_row["mean"] == 0.5
    assert (tmp_path / "presence.png").exists()
    edits = {row["edit"]: row for row in edited["rows"]}
    assert edits["honest edit"]["n"] == 2 * len(coverage.HONEST)
    assert edits["honest edit"]["share of it marked"] == 1
    assert edits["50 % of a collage"]["share of it marked"] == 0.5
    assert edits["paste of 128 px"]["called altered"] == 0  # this engine's mark is none


def test_forgeries_hold_as_much_of_the_mark_as_they_say() -> None:
    marked, stranger = np.zeros((400, 600, 3), np.uint8), np.full((300, 300, 3), 255, np.uint8)
    forged = [edit for edit in coverage.edits(marked, stranger, "a", 0) if edit.marked < 1]
    assert len(forged) == 7
    for edit in forged:
        assert np.mean(edit.pixels.max(axis=2) < 50) == pytest.approx(edit.marked, abs=0.01)
