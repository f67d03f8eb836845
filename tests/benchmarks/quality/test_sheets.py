"""Sheets of differences."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quality import measuring, sheets


def test_sheet_shows_the_difference_eightfold_and_enlarged() -> None:
    image = np.full((40, 50, 3), 100, np.uint8)
    marked = image.copy()
    marked[3, 4] = (101, 98, 120)
    sheet = sheets.sheet(image, marked)
    assert sheet.shape == (80, 150, 3)
    assert sheet[3, 104].tolist() == [136, 112, 255]
    assert sheet[0, 100].tolist() == [128, 128, 128]
    # Below: the pixel again, twice as large.
    assert (sheet[46:48, 108:110] == sheet[3, 104]).all()


def test_smoothest_part_is_one_that_the_mark_touches() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (256, 320, 3), np.uint8)
    image[:128, :160] = 0
    image[128:, 160:] = 200
    marked = image.copy()
    marked[100:, 100:] ^= 1
    top, left = sheets.smoothest(image, marked, 96, 96)
    assert top in range(128, 161)
    assert left in range(160, 225)
    assert sheets.smoothest(image, image, 96, 96)[0] < 128


def test_worst_window_finds_a_patch() -> None:
    local = np.ones((130, 200))
    local[64:96, 32:64] = 0.5
    assert measuring.worst_window(local) == pytest.approx(0.5, abs=0.25)
