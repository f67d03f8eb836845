"""The security benchmark end to end, on an engine that finds nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import images
from benchmarks.security import run as command


@pytest.mark.usefixtures("quick_engine")
def test_run(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in (0, 2):
        small = images.resize_side(images.photograph(index), 300)
        Image.fromarray(small).save(folder / f"{index}.png")
    out = tmp_path / "out"
    line = ["--images", str(folder), "--averages", "1", "4", "--targets", "2", "--side", "128"]
    command.run([*line, "--jobs", "1", "--out", str(out)])
    (table,) = json.loads((out / "result.json").read_text())["tables"]
    rows = {row["attack"]: row for row in table["rows"]}
    assert {"average of 1", "average of 4", "notch the pilots", "fold one picture: both"} <= set(
        rows
    )
    assert all(row["n"] == 2 for row in rows.values())
    assert all(row["payload read"] == 0 for row in rows.values())
    assert (out / "security.png").exists()
