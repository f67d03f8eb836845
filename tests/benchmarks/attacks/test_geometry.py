"""Stretched and fitted pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import geometry


@pytest.mark.parametrize(("by", "ratio"), [(0.5, None), (2.0, None), (1.0, 9 / 16)])
def test_stretches_keep_the_area(
    by: float, ratio: float | None, distance: Callable[..., float]
) -> None:
    operation = partial(geometry.stretch, by=by, ratio=ratio)
    stretched = operation(np.zeros((400, 600, 3), np.uint8), attacks.generator(0, ""))
    height, width = stretched.pixels.shape[:2]
    assert height * width == pytest.approx(400 * 600, rel=0.01)
    assert width / height == pytest.approx(ratio or 1.5 * by, rel=0.01)
    assert distance(operation) < 0.3


def test_fitted_pictures_fill_the_box() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    assert geometry.fit_box(picture, 800, 800).pixels.shape == (400, 800, 3)
    assert geometry.fit_box(picture, 150, 50).pixels.shape == (50, 100, 3)
