"""The adversary's tools, on marks that the tests make themselves."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks.attacks import Pixels
from benchmarks.security import adversary
from indelible.watermark.carrier import pilots_of
from indelible.watermark.keys import DEFAULT_FAMILY

_SIDE = 512


@pytest.fixture
def picture() -> Pixels:
    return images.square(images.photograph(2), _SIDE)


def _add(picture: Pixels, plane: adversary.Plane) -> Pixels:
    marked: Pixels = np.clip(np.rint(picture + plane[..., None]), 0, 255).astype(np.uint8)
    return marked


def _periodic(period: int, strength: float) -> adversary.Plane:
    rng = np.random.default_rng(period)
    y, x = np.mgrid[:_SIDE, :_SIDE]
    plane = np.zeros((_SIDE, _SIDE), np.float32)
    for _ in range(40):
        u, v = rng.integers(period // 16, period // 6, 2)
        plane += np.cos(2 * np.pi * ((u * x + v * y) / period + rng.random())).astype(np.float32)
    plane *= np.float32(strength) / plane.std()
    return plane


def test_folding_finds_what_repeats(picture: Pixels) -> None:
    period = adversary.public_period(picture)
    mark = _periodic(period, 2.5)
    pilots, data = adversary.folded(_add(picture, mark))
    assert adversary.correlation(pilots, mark) > 0.3
    assert abs(adversary.correlation(data, mark)) < adversary.correlation(pilots, mark)


def test_averaging_finds_what_is_common() -> None:
    mark = _periodic(128, 2.5)
    crops = [
        _add(images.square(images.photograph(index), _SIDE), mark)
        for index in (0, 2, 3, 4, 8, 9, 11)
    ]
    many = adversary.correlation(adversary.averaged(crops), mark)
    assert many > adversary.correlation(adversary.averaged(crops[:1]), mark)
    assert many > 0.3


def test_subtraction_costs_what_it_says(picture: Pixels) -> None:
    estimate = _periodic(64, 1)
    attacked = adversary.subtracted(picture, estimate, 42)
    assert measures.psnr(picture, attacked) == pytest.approx(42, abs=0.3)


def test_notching_removes_the_pilots_lines(picture: Pixels) -> None:
    period = adversary.public_period(picture)
    y, x = np.mgrid[:_SIDE, :_SIDE]
    u, v = pilots_of(DEFAULT_FAMILY).lines[0]
    line = (4 * np.cos(2 * np.pi * (u * x + v * y) / period)).astype(np.float32)
    notched = adversary.luminance(adversary.notched(_add(picture, line)))

    def strength(plane: adversary.Plane) -> float:
        return abs(float((plane * line).mean()))

    assert strength(notched) < 0.1 * strength(adversary.luminance(_add(picture, line)))


def test_combs_and_bands_take_what_they_say(picture: Pixels) -> None:
    line = np.cos(2 * np.pi * 50 * np.arange(_SIDE, dtype=np.float32) / _SIDE)
    mark = 4 * np.broadcast_to(line, (_SIDE, _SIDE)).astype(np.float32)
    for remove in (adversary.combed, adversary.attenuated):
        left = [
            float((adversary.luminance(remove(_add(picture, mark), depth)) * mark).mean())
            for depth in (0.0, 0.5, 1.0)
        ]
        assert left[1] == pytest.approx(left[0] / 2, rel=0.1)
        assert abs(left[2]) < 0.05 * abs(left[0])


def test_transplant_keeps_the_cost_and_the_size(picture: Pixels) -> None:
    onto = images.square(images.photograph(4), _SIDE)
    copied = adversary.transplanted(_add(picture, _periodic(128, 2)), onto, 40)
    assert measures.psnr(onto, copied) == pytest.approx(40, abs=0.5)
    with pytest.raises(ValueError, match="average"):
        adversary.averaged([])
