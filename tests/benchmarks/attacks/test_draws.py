"""Random draws: within range, reproducible, and described by their names."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from benchmarks import attacks, images


@pytest.mark.parametrize("group", list(attacks.WORKLOADS))
def test_draws_are_reproducible_and_varied(group: str) -> None:
    names = [attacks.draw(group, np.random.default_rng(seed)).name for seed in range(60)]
    assert names == [attacks.draw(group, np.random.default_rng(seed)).name for seed in range(60)]
    assert len(set(names)) >= 5


@pytest.mark.parametrize("group", list(attacks.WORKLOADS))
def test_drawn_attacks_run_and_travel_to_other_processes(group: str) -> None:
    picture = images.resize_side(images.photograph(3), 160)
    rng = np.random.default_rng(11)
    for _ in range(8):
        attack = attacks.draw(group, rng)
        received = attack(picture, seed=2)
        assert received.pixels.dtype == np.uint8
        assert min(received.pixels.shape[:2]) > 8
        again = pickle.loads(pickle.dumps(attack))(picture, seed=2)
        np.testing.assert_array_equal(again.pixels, received.pixels)


def test_crops_keep_the_share_they_name() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    for seed in range(40):
        attack = attacks.draw("crop", np.random.default_rng(seed))
        if "resized back" in attack.name:
            continue
        share = float(attack.name.split()[1].rstrip("%")) / 100
        height, width = attack(picture).pixels.shape[:2]
        assert height * width / (300 * 400) == pytest.approx(share, abs=0.01)


def test_resizes_stay_in_range() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    for seed in range(60):
        attack = attacks.draw("resize", np.random.default_rng(seed))
        height, width = attack(picture).pixels.shape[:2]
        assert 0.32 * 200 <= min(height, width) <= max(height, width) <= 2.51 * 200


def test_thumbnails_of_4k_pictures_say_what_they_need() -> None:
    drawn = [attacks.draw("stretch", np.random.default_rng(seed)) for seed in range(80)]
    thumbnails = [attack for attack in drawn if attack.name.startswith("4k")]
    assert thumbnails
    assert {attack.source_side for attack in thumbnails} == {3840}
    assert {attack.source_side for attack in drawn if attack not in thumbnails} == {None}
