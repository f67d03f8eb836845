"""The localisation benchmark, on an engine that knows half of the truth."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.attacks import Pixels
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
    (result,) = json.loads((tmp_path / "result.json").read_text())["tables"]
    rows = {row["measure"]: row for row in result["rows"]}
    assert rows["corner error after resize 0.5, px"]["mean"] == pytest.approx(110, rel=0.4)
    assert rows["corner error after resize 0.5, px"]["kept"] is False
    (presence_row,) = (row for name, row in rows.items() if name.startswith("presence"))
    assert presence_row["mean"] == 0.5
    assert (tmp_path / "presence.png").exists()
