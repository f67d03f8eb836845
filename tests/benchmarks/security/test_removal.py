"""The removal benchmark end to end, and its bisection."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import images
from benchmarks._running import Record
from benchmarks.attacks import Pixels
from benchmarks.security import removal
from benchmarks.security.removers import Remover
from indelible import watermark


def _plus(image: Pixels, rng: np.random.Generator, level: float) -> Pixels:
    del rng
    return np.asarray(image + np.uint8(level), np.uint8)


@pytest.fixture
def two_removers(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let removers add a level, and a mark be read while less than 5 was added."""
    tried: list[float] = []
    some = [
        Remover("add", "codec", (1, 2, 3, 4, 5, 6, 7, 8), _plus),
        Remover("add a little", "informed", (1, 2, 3), _plus, moved=True),
    ]

    def embed(image: Pixels, *_: object, **__: object) -> Pixels:
        return np.zeros_like(image)

    def detect(payload: bytes, image: Pixels, _: object) -> watermark.Detection:
        tried.append(float(image.max()))
        return watermark.Detection(image.max() < 5, payload if image.max() < 5 else None)

    monkeypatch.setattr(removal, "removers", lambda _: some)
    monkeypatch.setattr(removal, "payload_for", lambda *_: bytes(8))
    monkeypatch.setattr(watermark, "embed", embed)
    monkeypatch.setattr(watermark, "detect", partial(detect, bytes(8)))
    return tried


@pytest.fixture(params=[True, False], ids=["butteraugli", "without"])
def seen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    def norm(original: Pixels, other: Pixels) -> object:
        assert original.shape == other.shape
        return type("Seen", (), {"norm": float(other.max()) / 10})

    there: bool = request.param
    monkeypatch.setattr(removal, "has_butteraugli", lambda: there)
    monkeypatch.setattr(removal, "butteraugli", norm)
    return there


def test_run(
    tmp_path: Path, two_removers: list[float], seen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(images.resize_side(images.photograph(2), 80)).save(folder / "a.png")
    line = ["--images", str(folder), "--groups", "codec", "informed", "--jobs", "1"]
    out = tmp_path / "out"
    removal.run([*line, "--out", str(out)])
    costs, levels = json.loads((out / "result.json").read_text())["tables"]
    rows = {row["remover"]: row for row in costs["rows"]}
    assert rows["add"]["removed"] == 1
    assert rows["add a little"]["removed"] == 0
    assert ("half" in rows["add"]) == seen
    assert ("not installed" in capsys.readouterr().out) == (not seen)
    if seen:
        assert rows["add"]["half"] == pytest.approx(0.5)
        assert rows["add a little"]["half"] is None
    assert {row["still read"] for row in levels["rows"] if row["remover"] == "add"} == {0.0, 1.0}
    assert (out / "removal.png").exists()
    assert len(two_removers) == 3 + 2
    removal.run([*line, "--out", str(out)])
    assert len(two_removers) == 3 + 2


def test_costs_are_those_of_the_gentlest_loss() -> None:
    def record(picture: str, place: int, *, read: bool) -> Record:
        cost = {"norm": 1.0 + place, "psnr": 40.0 - place, "original norm": math.nan}
        named = {"remover": "a", "group": "codec", "level": float(place), "picture": picture}
        return named | {"place": place, "read": read} | cost

    records = [
        record("x", 2, read=False),
        record("x", 1, read=False),
        record("x", 0, read=True),
        record("y", 2, read=True),
    ]
    costs, levels = removal.cost_table(records), removal.level_table(records)
    row = costs.rows[0]
    assert row is not None
    assert row[3] == 0.5
    assert list(row[4:6]) == [2.0, 2.0]
    assert math.isnan(float(row[6] or 0))
    assert [row[3] for row in levels.rows if row is not None] == [1.0, 0.5, 0.5]
