"""Everyday rows: drawn as the promised ones, described by their names."""

from __future__ import annotations

import pickle
import shutil

import numpy as np
import pytest

from benchmarks.attacks import Pixels
from benchmarks.attacks.everyday import EVERYDAY

_HERE = [name for name, row in EVERYDAY.items() if row.tool is None or shutil.which(row.tool)]


@pytest.mark.parametrize("name", list(EVERYDAY))
def test_draws_are_reproducible_and_varied(name: str) -> None:
    names = [EVERYDAY[name].draw(np.random.default_rng(seed)).name for seed in range(40)]
    assert names == [EVERYDAY[name].draw(np.random.default_rng(seed)).name for seed in range(40)]
    assert len(set(names)) >= 2


@pytest.mark.parametrize("name", _HERE)
def test_drawn_attacks_run_and_travel_to_other_processes(name: str, picture: Pixels) -> None:
    attack = pickle.loads(pickle.dumps(EVERYDAY[name].draw(np.random.default_rng(11))))
    received = attack(picture, seed=2)
    assert received.pixels.dtype == np.uint8
    assert received.pixels.flags.c_contiguous
    assert min(received.pixels.shape[:2]) > 8


def test_rows_name_the_size_they_need() -> None:
    drawn = {name: row.draw(np.random.default_rng(0)) for name, row in EVERYDAY.items()}
    needs = {name: attack.source_side for name, attack in drawn.items() if attack.source_side}
    assert needs == {
        "thumbnail 256": 1024,
        "thumbnail 225": 1024,
        "thumbnail 200": 1024,
        "beauty": 481,
    }


@pytest.mark.parametrize("side", [256, 225, 200])
def test_thumbnails_are_as_long_as_they_say(side: int) -> None:
    attack = EVERYDAY[f"thumbnail {side}"].draw(np.random.default_rng(3))
    assert max(attack(np.zeros((600, 1024, 3), np.uint8)).pixels.shape) == side


def test_crosswise_means_across_the_longer_side() -> None:
    attack = EVERYDAY["crosswise"].draw(np.random.default_rng(3))
    for shape, ratio in (((400, 600, 3), 9 / 16), ((600, 400, 3), 16 / 9)):
        height, width = attack(np.zeros(shape, np.uint8)).pixels.shape[:2]
        assert width / height == pytest.approx(ratio, rel=0.02)
