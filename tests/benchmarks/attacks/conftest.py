"""Where an attack moves a spot, compared with what it says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import attacks, images
from benchmarks.attacks import Operation, Pixels

Distance = Callable[..., float]


@pytest.fixture(scope="session")
def picture() -> Pixels:
    return images.resize_side(images.photograph(2), 256)[:160]


@pytest.fixture(scope="session")
def distance() -> Distance:
    """Return a function that measures how far, in px, a spot lies from where it should be."""

    def measure(
        operation: Operation, place: tuple[int, int] = (90, 60), shape: tuple[int, int] = (192, 256)
    ) -> float:
        y, x = np.mgrid[: shape[0], : shape[1]]
        spot = 120 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 4.0**2))
        plain = np.full((*shape, 3), 90, np.uint8)
        spotted = (plain + spot[..., None]).astype(np.uint8)
        rngs = (attacks.generator(5, "spot"), attacks.generator(5, "spot"))
        before, after = (operation(p, r) for p, r in zip((plain, spotted), rngs, strict=True))
        assert after.homography is not None
        change = np.abs(after.pixels.astype(float) - before.pixels).mean(axis=2)
        change[change < 0.4 * change.max()] = 0
        y, x = np.mgrid[: change.shape[0], : change.shape[1]]
        seen = np.array([(x * change).sum(), (y * change).sum()]) / change.sum()
        expected = after.homography @ (*place, 1)
        return float(np.hypot(*(seen - expected[:2] / expected[2])))

    return measure
