"""The wear benchmark end to end, on few pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import images
from benchmarks.security import wear
from indelible import watermark
from indelible.choices import DEFAULT_STRENGTH


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "_SIDE", 256)
    monkeypatch.setattr(wear, "_TARGETS", 1)
    monkeypatch.setattr(wear, "has_butteraugli", lambda: False)
    monkeypatch.setattr(watermark, "detect", lambda *_: watermark.Detection(found=False))
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(images.resize_side(images.photograph(2), 400)).save(folder / "a.png")
    out = tmp_path / "out"
    line = ["--images", str(folder), "--learn", "2", "3", "--jobs", "1", "--out", str(out)]
    wear.run(line)
    worn, trial = json.loads((out / "result.json").read_text())["tables"]
    rows = {row["strength"]: row for row in worn["rows"]}
    assert rows["robust"]["onset"] < rows[DEFAULT_STRENGTH]["onset"] < rows["discreet"]["onset"]
    for row in rows.values():
        assert row["rotate after"] <= row["onset"] < row["half"] < row["nine"]
        assert row["words: half"] < row["words: nine"]
    assert {(row["attack"], row["learned"]) for row in trial["rows"]} == {
        ("subspace", 2),
        ("subspace", 3),
        ("payloads", 2),
        ("payloads", 3),
    }
    assert (out / "wear.png").exists()


@pytest.mark.parametrize(
    ("number", "rounded"), [(311.4, 310), (42.9, 42), (7.6, 7), (15_999, 15_000)]
)
def test_advice_is_rounded_down(number: float, rounded: int) -> None:
    assert wear._two_digits(number) == rounded
