"""Every attack: deterministic, well-formed, and moving pixels where its homography says."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from benchmarks import attacks, images

# Minutes of work on tens of pictures; one picture of this size shows the same.
_HEIGHT, _WIDTH = 192, 256


@pytest.fixture(scope="module")
def picture() -> attacks.Pixels:
    return images.resize_side(images.photograph(2), _WIDTH)[:_HEIGHT]


def _pattern(height: int, width: int) -> attacks.Pixels:
    """Smooth random bumps, without any symmetry, on mid-grey."""
    rng = np.random.default_rng(5)
    coarse = rng.uniform(40, 215, (height // 10, width // 10)).astype(np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = np.clip(np.asarray(fine), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _displacement(pattern: attacks.Pixels, attacked: attacks.Attacked) -> tuple[float, float]:
    """Return the distance (px) and correlation between the received pattern and the expected one.

    The expected one is the pattern warped by the homography; the distance comes from a search
    over small shifts, refined by a parabola.
    """
    assert attacked.homography is not None
    height, width = attacked.pixels.shape[:2]
    source = pattern[..., 0].astype(np.float32)
    scale = float(np.sqrt(abs(np.linalg.det(attacked.homography[:2, :2]))))
    if scale < 1:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.5 / scale), dtype=np.float32)
    inside = np.ones_like(source)
    size = (width, height)
    mask = cv2.warpPerspective(inside, attacked.homography, size) > 0.999
    received = attacked.pixels.mean(axis=2).astype(np.float32)
    mask = np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((5, 5)))).astype(bool)

    def correlation(dx: float, dy: float) -> float:
        moved = np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]]) @ attacked.homography
        expected = np.asarray(cv2.warpPerspective(source, moved, size, flags=cv2.INTER_LINEAR))
        return float(abs(np.corrcoef(expected[mask], received[mask])[0, 1]))

    steps = np.arange(-4, 5) * 0.25
    scores = {(dx, dy): correlation(dx, dy) for dx, dy in itertools.product(steps, steps)}
    best = max(scores, key=lambda shift: scores[shift])
    return float(np.hypot(*best)), scores[best]


@pytest.mark.parametrize("name", list(attacks.SUITE))
def test_attack_is_deterministic_and_well_formed(name: str, picture: attacks.Pixels) -> None:
    before = picture.copy()
    first = attacks.get(name)(picture, seed=3)
    second = attacks.get(name)(picture, seed=3)

    assert first.pixels.dtype == np.uint8
    assert first.pixels.ndim == 3
    assert first.pixels.shape[2] == 3
    assert first.pixels.flags.c_contiguous
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(picture, before)
    if first.homography is not None:
        assert first.homography.shape == (3, 3)
        assert first.homography.dtype == np.float64
        assert first.homography[2, 2] == pytest.approx(1)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, attack in attacks.SUITE.items()
        if attack.group in {"resize", "crop", "geometry"}
        and name not in {"local warp 2 px", "resize 0.25"}
    ]
    + ["border 5 %", "letterbox 1:1", "collage 2 x 2", "screenshot", "print-scan", "social 640"]
    + ["jpeg 75, shift 4 px, jpeg 75", "rotate 10, crop 50 %, jpeg 50", "crop 25 %, jpeg 50"]
    + ["seal crop 0.45", "seal perspective 0.3", "waves rotation 27", "waves resized crop 0.5"],
)
def test_homography_is_where_the_pixels_went(name: str) -> None:
    pattern = _pattern(_HEIGHT, _WIDTH)
    distance, correlation = _displacement(pattern, attacks.get(name)(pattern, seed=1))
    assert correlation > 0.97
    assert distance <= 0.25


def test_local_warp_stays_within_its_amplitude() -> None:
    pattern = _pattern(_HEIGHT, _WIDTH)
    bent = attacks.get("local warp 2 px")(pattern)
    assert bent.homography is None
    assert bent.pixels.shape == pattern.shape
    assert (bent.pixels != pattern).any()


def test_seed_changes_random_choices_only(picture: attacks.Pixels) -> None:
    crop, jpeg = attacks.get("crop 25 %"), attacks.get("jpeg 50")
    assert len({crop(picture, seed=seed).pixels.tobytes() for seed in range(8)}) > 4
    np.testing.assert_array_equal(jpeg(picture, 0).pixels, jpeg(picture, 1).pixels)


def test_geometry_sizes() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    sizes = {
        "resize 0.5": (50, 100),
        "resize 1 x 0.8": (80, 200),
        "resize 0.5 and back": (100, 200),
        "crop 25 %": (50, 100),
        "rotate 10": (100, 200),
        "rotate 90": (100, 200),
        "rotate 90 expanded": (200, 100),
        "letterbox 1:1": (200, 200),
        "border 5 %": (120, 220),
    }
    assert {name: attacks.get(name)(picture).pixels.shape[:2] for name in sizes} == sizes


def test_overlays_and_replacements_cover_what_they_say(picture: attacks.Pixels) -> None:
    for name, share in (("overlay 10 %", 0.1), ("overlay 30 %", 0.3), ("replace 30 %", 0.3)):
        shares = [
            float((attacks.get(name)(picture, seed).pixels != picture).any(axis=2).mean())
            for seed in range(5)
        ]
        assert float(np.mean(shares)) == pytest.approx(share, abs=0.08)


def test_select_takes_groups_and_names() -> None:
    chosen = attacks.select(["crop", "jpeg 50"])
    assert chosen[0].name == "jpeg 50"
    assert {attack.group for attack in chosen} == {"codec", "crop"}
    assert "none" in attacks.groups()
    with pytest.raises(KeyError):
        attacks.select(["no such attack"])
