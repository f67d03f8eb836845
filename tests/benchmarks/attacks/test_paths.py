"""The twenty-two paths of a document."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import attacks, images
from benchmarks.attacks import Attack, Pixels
from benchmarks.attacks.paths import PATHS


@pytest.fixture(scope="module")
def page() -> Pixels:
    return images.GENERATED["page white"](320, 240, np.random.default_rng(0))


def test_there_are_twenty_two() -> None:
    assert len({path.name for path in PATHS}) == len(PATHS) == 22


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_paths_are_deterministic_and_leave_a_page(path: Attack, page: Pixels) -> None:
    first, second = path(page, seed=1), path(page, seed=1)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.homography is not None
    assert first.pixels.flags.c_contiguous
    assert first.pixels.std() > 15
    unchanged = np.array_equal(first.pixels, page)
    assert unchanged is (path.name == "untouched")


_BY_NAME = {path.name: path for path in PATHS}


def test_a_fax_is_black_and_white(page: Pixels) -> None:
    assert set(np.unique(_BY_NAME["fax"](page).pixels)) == {0, 255}
    assert len(np.unique(_BY_NAME["palette of 32"](page).pixels.reshape(-1, 3), axis=0)) <= 32


def test_dark_mode_inverts_lightness_and_keeps_hue() -> None:
    red = np.full((64, 64, 3), (200, 40, 40), np.uint8)
    red[32:] = 255
    dark = _BY_NAME["dark mode"](red).pixels
    assert dark[0, 0, 0] > dark[0, 0, 1] + 80
    assert dark[40, 0].max() < 30


def test_cleaning_makes_paper_white(page: Pixels) -> None:
    photo, cleaned = (
        _BY_NAME[name](page, seed=3).pixels
        for name in ("photo of the page", "photo of the page, cleaned")
    )
    middle = (slice(80, 200), slice(60, 200))
    assert np.percentile(photo[middle], 90) < 245
    assert np.percentile(cleaned[middle], 90) == 255


@pytest.mark.parametrize("name", ["phone screenshot", "photo of the page", "scan"])
def test_homographies_follow(name: str, distance: Callable[..., float]) -> None:
    path = _BY_NAME[name]
    moved = lambda image, rng: attacks.compose(path.steps, image, rng)  # noqa: E731
    assert distance(moved) < 1
