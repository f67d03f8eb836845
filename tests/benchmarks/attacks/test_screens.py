"""Photographs of a screen: where the picture lies, and what the display and the camera add."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import Attacked, Pixels, screens


def _photo(image: Pixels, seed: int = 0, **options: Any) -> Attacked:
    rng = attacks.generator(seed, "photo")
    return screens.screen_photo(image, rng, shown=240, frame=(320, 240), **options)


def test_photos_are_deterministic_and_sized_like_the_camera(picture: Pixels) -> None:
    first, second, other = (_photo(picture, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert (first.pixels != other.pixels).any()
    assert first.pixels.shape == (240, 320, 3)
    assert _photo(np.ascontiguousarray(picture[:, :100])).pixels.shape == (320, 240, 3)


@pytest.mark.parametrize(("fill", "tilt"), [(0.8, 0.04), (0.4, 0.04), (0.75, 0.15)])
def test_the_picture_lies_where_the_photo_says(
    fill: float, tilt: float, distance: Callable[..., float]
) -> None:
    operation = partial(
        screens.screen_photo, shown=240, frame=(320, 240), fill=fill, tilt=tilt, light=0, noise=0
    )
    assert distance(operation) < 1


def test_fill_is_the_share_of_the_frame() -> None:
    white = np.full((180, 240, 3), 255, np.uint8)
    photo = _photo(white, fill=0.5, tilt=0, light=0, noise=0, moire=0)
    assert photo.homography is not None
    corners = photo.homography @ np.array([[0, 0, 1], [239, 179, 1]]).T
    assert np.ptp(corners[0] / corners[2]) == pytest.approx(160, abs=2)


def test_a_barrel_has_no_homography(picture: Pixels) -> None:
    assert _photo(picture, barrel=0.15).homography is None


def test_noise_light_and_moire_do_what_they_say() -> None:
    grey = np.full((180, 240, 3), 128, np.uint8)
    calm: dict[str, Any] = {"tilt": 0, "light": 0, "noise": 0, "moire": 0, "quality": 98}
    middle = (slice(90, 150), slice(130, 190))
    changes: dict[str, dict[str, Any]]
    changes = {"calm": {}, "noise": {"noise": 12}, "light": {"light": 0.8}, "moire": {"moire": 1}}
    spreads: dict[str, float] = {}
    for name, change in changes.items():
        pixels = _photo(grey, **(calm | change)).pixels[middle]
        spreads[name] = float(pixels[..., 1].std())
    assert spreads["calm"] < 1
    # The JPEG's coarser chroma takes a part of it.
    assert 7 < spreads["noise"] < 13
    assert spreads["light"] > 2
    assert spreads["moire"] > 1
