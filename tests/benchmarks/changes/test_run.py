"""The benchmark of change maps, on a few pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.changes import run as command
from benchmarks.changes.alterations import ALTERATIONS, PATHS
from benchmarks.images import photograph


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.changes.run.PATHS", dict(list(PATHS.items())[:1]))
    command.run(["--limit", "1", "--trials", "1", "--jobs", "1", "--out", str(tmp_path)])
    (table,) = json.loads((tmp_path / "result.json").read_text())["tables"]
    rows = {row["alteration"]: row for row in table["rows"]}
    assert rows["all"]["mean IoU"] > 0.5
    assert rows["unaltered"]["share found"] == 0


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_alteration_stays_in_its_region(name: str) -> None:
    image = photograph(2)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:180, 90:230] = True
    altered = ALTERATIONS[name](image, mask, np.random.default_rng(0))
    changed = np.abs(altered.astype(int) - image).max(axis=2) > 8
    assert changed[mask].mean() > 0.3
    assert changed[:40].mean() == changed[:, 260:].mean() == 0
