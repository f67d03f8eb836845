"""The benchmark of copied marks, on a few pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.copies import cases
from benchmarks.copies import run as command
from benchmarks.images import photograph


def test_run(tmp_path: Path) -> None:
    line = ["--limit", "4", "--edits", "3", "--copies", "5", "--jobs", "1", "--out", str(tmp_path)]
    command.run(line)
    table = json.loads((tmp_path / "result.json").read_text())["tables"][0]
    rows = {row["kind"]: row for row in table["rows"]}
    assert rows["copies"]["another"] == 1
    assert rows["edits"]["another"] == 0
    assert (tmp_path / "copies.png").stat().st_size > 1000


@pytest.mark.parametrize("name", [*cases.COPIES, "pasted part"])
def test_copies_look_like_the_other_picture(name: str) -> None:
    marked, onto = photograph(0), cases.fitted(photograph(3), photograph(0))
    copier = cases.COPIES.get(name, cases.paste)
    forged = copier(marked, onto, np.random.default_rng(0))
    assert forged.shape == marked.shape
    differences = np.abs(forged.astype(int) - onto).mean(axis=2)
    assert np.median(differences) < 12


def test_edits_are_drawn_from_everywhere() -> None:
    rng = np.random.default_rng(0)
    assert len({cases.drawn_edit(rng).group for _ in range(60)}) > 15
