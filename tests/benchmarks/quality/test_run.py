"""The quality benchmark, on a watermark that changes one row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import run as command


def test_run_measures_and_draws_sheets(tmp_path: Path, open_fake: Callable[[str], None]) -> None:
    open_fake("benchmarks.quality.run")
    line = ["--limit", "2", "--side", "200", "--strength", "robust", "--jobs", "1"]
    command.run([*line, "--out", str(tmp_path)])
    result = json.loads((tmp_path / "result.json").read_text())
    tables = {table["title"]: table["rows"] for table in result["tables"]}
    assert [row["measure"] for row in tables["Photographs"]] == [
        "PSNR mean, dB",
        "PSNR least, dB",
        "SSIM mean",
        "SSIM least",
    ]
    assert all(row["kept"] for row in tables["Photographs"])
    names = {row["picture"] for row in tables["Pictures"]}
    assert {"generated sky", "generated page white", "generated drawing"} <= names
    assert len(list((tmp_path / "sheets").glob("*.png"))) == len(tables["Pictures"])
    assert (tmp_path / "quality.png").exists()


def test_sheet_shows_the_difference_eightfold() -> None:
    image = np.full((40, 50, 3), 100, np.uint8)
    marked = image.copy()
    marked[3, 4] = (101, 98, 120)
    sheet = command.sheet(image, marked)
    assert sheet.shape == (40, 150, 3)
    assert sheet[3, 104].tolist() == [136, 112, 255]
    assert sheet[0, 100].tolist() == [128, 128, 128]


def test_worst_window_finds_a_patch() -> None:
    local = np.ones((130, 200))
    local[64:96, 32:64] = 0.5
    assert command._worst_window(local) == pytest.approx(0.5, abs=0.25)
