"""Bent pictures: they bend as far as they say, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import Operation, Pixels, lenses

_BENT: dict[str, Operation] = {
    "lens": partial(lenses.lens, k=0.2),
    "pincushion": partial(lenses.lens, k=-0.2),
    "swirl": partial(lenses.swirl, strength=0.2),
    "wave": partial(lenses.wave, amplitude=4, length=0.4),
    "liquify": partial(lenses.liquify, pushes=3),
    "elastic": partial(lenses.elastic, amplitude=5, smoothness=16),
}


def _moved(operation: Operation, height: int = 160, width: int = 240) -> tuple[Pixels, Pixels]:
    """Return the shifts in x and y, px, where a picture of coordinates was not cut off."""
    y, x = np.mgrid[:height, :width]
    ramp = np.stack([x, y, np.full_like(x, 255)], axis=2).astype(np.uint8)
    bent = operation(ramp, attacks.generator(3, "ramp")).pixels.astype(int)
    inside = bent[..., 2] > 250
    inside[:8] = inside[-8:] = inside[:, :8] = inside[:, -8:] = False
    return (bent[..., 0] - x) * inside, (bent[..., 1] - y) * inside


@pytest.mark.parametrize("name", list(_BENT))
def test_bending_is_deterministic_and_changes_the_picture(name: str, picture: Pixels) -> None:
    first, second = (_BENT[name](picture, attacks.generator(1, name)) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.pixels.shape == picture.shape
    assert first.homography is None
    assert (first.pixels != picture).mean() > 0.1


def test_a_barrel_leaves_corners_black_and_the_centre_alone() -> None:
    white = np.full((160, 240, 3), 255, np.uint8)
    barrel = _BENT["lens"](white, attacks.generator(0, "")).pixels
    assert barrel[0, 0].max() == 0
    assert barrel[80, 120].min() == 255
    assert _BENT["pincushion"](white, attacks.generator(0, "")).pixels.min() == 255
    dx, _ = _moved(_BENT["lens"])
    # Half way to the right edge: r = 60 / 144 half diagonals, moved by k r^2 of 60 px.
    assert dx[80, 180] == pytest.approx(60 * 0.2 * (60 / 144) ** 2, abs=1)


def test_a_swirl_turns_by_its_strength_inside_only() -> None:
    dx, dy = _moved(_BENT["swirl"])
    assert np.abs(dx[:30, :30]).max() <= 1
    # 24 px below the centre of a disc of 120 px.
    assert abs(dx[104, 120]) == pytest.approx(24 * 0.2 * 0.8, abs=1)
    assert abs(int(dy[104, 120])) <= 1


def test_a_wave_is_as_high_as_it_says() -> None:
    dx, dy = _moved(_BENT["wave"])
    for shifts in (dx, dy):
        assert 3 <= np.abs(shifts).max() <= 5
    _, still = _moved(partial(lenses.wave, amplitude=4, length=0.4, both=False))
    assert np.abs(still).max() <= 1


def test_a_push_moves_what_is_below_the_brush() -> None:
    dx, dy = _moved(partial(lenses.liquify, pushes=1, pixels=9, radius=0.2))
    far = np.hypot(dx, dy)
    assert 7 <= far.max() <= 10
    assert (far > 1).mean() < 0.5


def test_an_elastic_picture_moves_by_its_amplitude_on_average() -> None:
    dx, dy = _moved(partial(lenses.elastic, amplitude=3, smoothness=16))
    inner = (slice(12, -12), slice(12, -12))
    far = np.hypot(dx, dy)[inner]
    assert np.sqrt(np.mean(far**2)) == pytest.approx(3, abs=0.6)
    assert far.max() < 12


def test_a_keystone_narrows_one_side(distance: Callable[..., float]) -> None:
    operation = partial(lenses.keystone, strength=0.15)
    assert distance(operation) < 0.3
    white = np.full((200, 200, 3), 255, np.uint8)
    seen: set[int] = set()
    for seed in range(24):
        tilted = operation(white, attacks.generator(seed, "keystone")).pixels[..., 0] > 127
        sides = [tilted[2].mean(), tilted[:, -3].mean(), tilted[-3].mean(), tilted[:, 2].mean()]
        (whole,) = np.flatnonzero(np.array(sides) == 1)
        narrow = (int(whole) + 2) % 4
        assert sides[narrow] == pytest.approx(0.7, abs=0.03)
        seen.add(narrow)
    assert seen == {0, 1, 2, 3}
