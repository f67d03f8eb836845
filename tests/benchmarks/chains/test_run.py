"""The benchmark of chains, on the engine itself and on one that prefers the older mark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.chains import run as command
from indelible.protection.markable import MarkablePicture, Marked


def rows(folder: Path) -> list[dict[str, object]]:
    tables = json.loads((folder / "result.json").read_text())["tables"]
    return list(tables[0]["rows"])


def test_run(tmp_path: Path) -> None:
    line = ["--limit", "1", "--length", "2", "--jobs", "1", "--out", str(tmp_path)]
    command.run(line)
    first, second, again = rows(tmp_path)
    assert (first["mark"], second["mark"], again["mark"]) == ("number 1", "number 2", "all again")
    assert again["won"] == 1
    assert again["as meant"] is True


def test_an_older_mark_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks: list[bytes] = []
    mark = MarkablePicture.mark

    def older(self: MarkablePicture, payload: bytes, *args: object) -> Marked:
        marks.append(payload)
        made = mark(self, payload, *args)  # type: ignore[arg-type]
        return Marked(made.file, marks[0])

    monkeypatch.setattr(MarkablePicture, "mark", older)
    command.run(["--limit", "1", "--length", "2", "--jobs", "1", "--out", str(tmp_path)])
    again = rows(tmp_path)[-1]
    assert again["won"] == 0
    assert again["older found"] == 1
    assert again["as meant"] is False
