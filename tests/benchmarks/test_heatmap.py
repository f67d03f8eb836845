"""Heat maps: what is printed in a cell, and the shape of the page."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import _heatmap


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (0.958, ".96"),
        (0.5, ".50"),
        (0.999, ".99"),  # not all
        (0.001, ".01"),  # not none
        (math.nan, "–"),
    ],
)
def test_shares_are_never_rounded_to_all_or_none(share: float, text: str) -> None:
    assert _heatmap.share_text(share) == text


def _size(path: Path, groups: _heatmap.Groups, columns: list[str]) -> tuple[int, int]:
    _heatmap.heat_map(path, "Title", ["one note", "another"], groups, columns)
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize("systems", [1, 4])
def test_page_is_about_as_wide_as_it_is_high(tmp_path: Path, systems: int) -> None:
    groups = {
        f"group {index}": {f"attack {row}": [row / 12] * systems for row in range(12)}
        for index in range(8)
    }
    width, height = _size(tmp_path / "map.png", groups, ["blind-watermark"] * systems)
    assert 0.55 < width / height < 1.5
    assert width <= 1800


def test_one_cell_is_a_page_too(tmp_path: Path) -> None:
    width, height = _size(tmp_path / "map.png", {"group": {"attack": [math.nan]}}, ["indelible"])
    assert min(width, height) > 100


def test_groups_stay_whole_and_in_order() -> None:
    heights = {"a": 5.0, "b": 1.0, "c": 1.0, "d": 4.0}
    assert _heatmap._split(heights, 2) == [["a"], ["b", "c", "d"]]
    assert _heatmap._split(heights, 1) == [["a", "b", "c", "d"]]
    assert _heatmap._split(heights, 4) == [["a"], ["b"], ["c"], ["d"]]
