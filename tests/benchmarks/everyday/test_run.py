"""The everyday benchmark end to end, on a watermark that survives nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks import images
from benchmarks.attacks import Pixels
from benchmarks.everyday import again, rows, tables
from benchmarks.everyday import run as command
from benchmarks.hosts import pages
from benchmarks.robustness import trials
from indelible import watermark
from indelible.errors import UnmarkableImageError


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(2):
        pixels = images.resize_side(images.photograph(index), 200)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.fixture(autouse=True)
def fake(open_fake: Callable[[str], None]) -> None:
    trials._mark.cache_clear()
    open_fake("benchmarks.robustness.trials")


@pytest.fixture
def small_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, name in (("DOCUMENTS", "page of text"), ("PERIODIC", "QR code")):
        host = replace(getattr(pages, kind)[name], height=240, width=200)
        monkeypatch.setattr(pages, kind, {name: host})


def _run(pictures: Path, out: Path, *names: str, draws: int = 4) -> dict[str, list[Any]]:
    line = ["--images", str(pictures), "--jobs", "1", "--out", str(out), "--draws", str(draws)]
    command.run([*line, "--rows", *names])
    result = json.loads((out / "result.json").read_text())
    return {table["title"]: table["rows"] for table in result["tables"]}


@pytest.mark.usefixtures("small_hosts")
def test_rows_are_filled_and_compared_with_their_goals(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = _run(pictures, out, "aspect", "jpeg 8", "small", "small square", "periodic untouched")
    lines = {line["row"]: line for line in found["Everyday paths"]}
    assert lines["aspect"]["found"] == 0
    assert lines["aspect"]["kept"] is False
    assert lines["jpeg 8"]["goal"] is None
    for name in ("small", "small square", "periodic untouched"):
        assert lines[name]["found"] == 1
        assert lines[name]["kept"] is True
    assert lines["small"]["n"] == 4
    assert {line["why"] for line in found["Not recovered"]} == {"nothing found"}
    settings = json.loads((out / "settings.json").read_text())
    assert settings["rows"][0] == "aspect"


@pytest.mark.usefixtures("small_hosts")
def test_documents_are_counted_by_host_and_by_path(pictures: Path, tmp_path: Path) -> None:
    found = _run(pictures, tmp_path / "out", "documents", draws=1)
    assert [line["of"] for line in found["Documents"]] == [22]
    # Its mark is in the lowest bits, which nothing but leaving alone keeps.
    assert {line["paths found"] for line in found["Documents"]} <= {1, 2}
    by_path = {line["path"]: line["found"] for line in found["Documents by path"]}
    assert by_path["untouched"] == 1
    assert by_path["scan"] == 0


def test_refusing_counts_where_the_row_says_so() -> None:
    shared = {"picture": "x", "attack": "a", "exact": False, "wrong": False, "unmarkable": True}
    records = [shared | {"row": "small"}, shared | {"row": "aspect"}]
    small, aspect = reversed([row for row in tables.row_table(records).rows if row])
    columns = list(tables.row_table(records).columns)
    assert (small[columns.index("n")], small[columns.index("found")]) == (1, 1)
    assert (aspect[columns.index("n")], aspect[columns.index("refused")]) == (0, 1)


def test_rows_without_their_program_are_skipped_loudly(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    out = tmp_path / "out"
    found = _run(pictures, out, "video 480p", "aspect", draws=1)
    assert [line["row"] for line in found["Everyday paths"]] == ["aspect"]
    result = json.loads((out / "result.json").read_text())
    assert result["settings"]["skipped"] == ["video 480p"]
    assert any("SKIPPED" in note for note in result["tables"][0]["notes"])


def test_generated_pictures_take_turns_with_the_others(pictures: Path, tmp_path: Path) -> None:
    other = tmp_path / "generated"
    other.mkdir()
    Image.fromarray(images.resize_side(images.photograph(3), 160)).save(other / "0.png")
    line = ["--images", str(pictures), "--generated", str(other), "--rows", "aspect"]
    command.run([*line, "--jobs", "1", "--draws", "3", "--out", str(tmp_path / "out")])
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert settings["pictures"] == ["0.png", "generated/0.png", "1.png"]


def test_effort_reaches_the_detector(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(watermark, "embed", lambda image, *_, **__: image)

    def detect(*_: object, **options: object) -> watermark.Detection:
        asked.append(options)
        return watermark.Detection(found=False)

    monkeypatch.setattr(watermark, "detect", detect)
    line = ["--images", str(pictures), "--rows", "embed twice", "--jobs", "1", "--draws", "1"]
    command.run([*line, "--out", str(tmp_path / "a")])
    command.run([*line, "--out", str(tmp_path / "b"), "--effort", "thorough"])
    assert asked == [{}, {"effort": "thorough"}]


class _Marks:
    """An engine whose detector answers the first or the last payload that was embedded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, newest: bool) -> None:
        self.payloads: list[bytes] = []
        self.index = -1 if newest else 0
        monkeypatch.setattr(watermark, "embed", self.embed)
        monkeypatch.setattr(watermark, "detect", self.detect)

    def embed(self, image: Pixels, payload: bytes, *_: object, **__: object) -> Pixels:
        self.payloads.append(payload)
        return image

    def detect(self, *_: object, **__: object) -> watermark.Detection:
        return watermark.Detection(found=True, payload=self.payloads[self.index])


def _again(row: str) -> again.Again:
    source = images.Source("grey", lambda: np.full((64, 64, 3), 90, np.uint8))
    return again.Again("id", source, row, "robust", 0)


@pytest.mark.parametrize("newest", [True, False])
def test_the_newer_mark_of_one_key_has_to_win(
    newest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Marks(monkeypatch, newest=newest)
    (record,) = again.mark_again(_again("embed twice, flip"))
    assert (record["exact"], record["wrong"]) == (newest, not newest)


def test_marks_of_two_keys_are_both_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _Marks(monkeypatch, newest=True)
    (record,) = again.mark_again(_again("two keys"))
    assert (record["exact"], record["wrong"]) == (False, True)


def test_a_refusal_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Pixels:
        raise UnmarkableImageError("flat")

    monkeypatch.setattr(watermark, "embed", refuse)
    (record,) = again.mark_again(_again("two keys, JPEG"))
    assert record["unmarkable"] is True


def test_every_row_has_a_goal_of_its_own() -> None:
    assert tuple(rows.goals()) == rows.NAMES
    assert len(set(rows.NAMES)) == len(rows.NAMES)
