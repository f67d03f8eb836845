"""What the comparison says of edits, of other pictures, and where it cannot tell.

How often it is right: ``python -m benchmarks.copies``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import ArgumentError, UnsupportedImageError
from indelible.fingerprint import Comparison, Reference, compare
from indelible.fingerprint.sampling import project
from tests.fingerprint.edits import cropped, enlarged, moved, resized

pytestmark = pytest.mark.compiled

Pixels = NDArray[np.uint8]


def test_the_picture_itself(photograph: Pixels) -> None:
    found = compare(Reference.from_image(photograph), photograph, np.eye(3))
    assert found.same
    assert min(found.score, found.agreement, found.certainty, found.visible, found.within) > 0.99
    assert found.geometry is not None
    np.testing.assert_allclose(found.geometry, np.eye(3))


EDITS: dict[str, Callable[[Pixels], Pixels]] = {
    "inverted": lambda image: 255 - image,
    "grey": lambda image: np.repeat(image[..., 1:2], 3, axis=2),
    "dark": lambda image: (image * 0.15).astype(np.uint8),
    "gamma": lambda image: (255 * (image / 255) ** 2).astype(np.uint8),
    "colours exchanged": lambda image: image[..., ::-1],
    "noise": lambda image: np.clip(
        image + np.random.default_rng(0).normal(0, 25, image.shape), 0, 255
    ).astype(np.uint8),
    "mirrored": lambda image: image[:, ::-1],
    "turned": np.rot90,
    "reduced": lambda image: resized(image, 0.3),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_whole_needs_no_geometry(name: str, photograph: Pixels) -> None:
    found = compare(Reference.from_image(photograph), EDITS[name](photograph))
    assert found.same
    assert found.visible > 0.8
    assert found.within > 0.8


def test_another_picture(photographs: dict[str, Pixels]) -> None:
    """Whichever two, and whatever the geometry says."""
    names = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle")
    for name, other in itertools.permutations(names, 2):
        reference = Reference.from_image(photographs[name])
        # Without a geometry all crops are looked through, which takes ten times as long.
        for geometry in (np.eye(3), None) if name < other else (np.eye(3),):
            found = compare(reference, photographs[other], geometry, period=512)
            assert found.same is False, (name, other)
            assert found.geometry is None


def test_a_crop_whose_origin_is_open(photographs: dict[str, Pixels]) -> None:
    original = enlarged(photographs["motorcycle"], 1200)
    reference = Reference.from_image(original)
    top, left = 450, 500
    part, truth = cropped(original, top, left, 300, 400)
    open_ = truth @ np.array([[1, 0, 512], [0, 1, -512], [0, 0, 1.0]])  # one period off
    assert not compare(reference, part, open_).same
    found = compare(reference, part, open_, period=512)
    assert found.same
    assert found.geometry is not None
    np.testing.assert_allclose(found.geometry, truth, atol=1e-9)
    share = 300 * 400 / (original.shape[0] * original.shape[1])
    assert found.visible == pytest.approx(share, rel=0.25)
    assert found.within > 0.75


def test_turned_scaled_and_seen_in_perspective(photograph: Pixels) -> None:
    matrix = np.array([[0.7, -0.35, 200], [0.3, 0.75, -20], [2e-4, 1e-4, 1]])
    found = compare(Reference.from_image(photograph), moved(photograph, matrix, 600, 600), matrix)
    assert found.same
    assert found.agreement > 0.9


def test_a_pasted_part_is_the_same_and_small(photographs: dict[str, Pixels]) -> None:
    original, onto = photographs["astronaut"], photographs["retina"][400:912, 400:912].copy()
    onto[100:300, 150:350] = original[100:300, 150:350]
    found = compare(Reference.from_image(original), onto, np.eye(3), period=512)
    assert found.same
    assert 0.05 < found.within < 0.3


def test_in_a_collage_the_shared_area_decides(photographs: dict[str, Pixels]) -> None:
    original = photographs["astronaut"]
    canvas = np.tile(photographs["retina"][:512, :512], (2, 2, 1))
    canvas[512:, :512] = original
    truth = np.array([[1, 0, 0], [0, 1, 512.0], [0, 0, 1]])
    found = compare(Reference.from_image(original), canvas, truth, period=512)
    assert found.same
    assert found.visible > 0.9
    assert found.within == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_of_a_flat_picture_nothing_can_be_told(level: int, photograph: Pixels) -> None:
    flat = np.full((300, 400, 3), level, np.uint8)
    noise = np.random.default_rng(0).integers(-1, 2, flat.shape)
    flat = np.clip(flat + noise, 0, 255).astype(np.uint8)
    for image in (flat, photograph):
        found = compare(Reference.from_image(flat), image, np.eye(3), period=512)
        assert found.same is None
    assert compare(Reference.from_image(photograph), flat, np.eye(3), period=512).same is None


def test_of_a_part_without_detail_nothing_can_be_told(photograph: Pixels) -> None:
    """Wherever else its origin might be, and whatever the whole looks like."""
    sky = photograph.copy()
    sky[:300] = 180
    part, truth = cropped(sky, 10, 30, 260, 400)
    part[100:130, 100:300] = photograph[100:130, 100:300]  # something was pasted there
    for period in (None, 512):
        found = compare(Reference.from_image(sky), part, truth, period=period)
        assert found.same is None


def test_where_little_is_shared_nothing_can_be_told(photograph: Pixels) -> None:
    part, truth = cropped(photograph, 0, 0, 60, 60)
    found = compare(Reference.from_image(photograph), part, truth @ np.diag([9.0, 9.0, 1.0]))
    assert found.same is not True


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 3, 3), (20, 20, 4)])
def test_tiny_pictures(shape: tuple[int, ...], photograph: Pixels) -> None:
    tiny = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert compare(Reference.from_image(photograph), tiny, np.eye(3), period=512).same is not True
    assert compare(Reference.from_image(tiny), photograph, np.eye(3), period=512).same is not True


def test_hostile_references(photograph: Pixels) -> None:
    """Any numbers that parse cost no more than others, and prove nothing."""
    rng = np.random.default_rng(0)
    for rows, columns, size in ((1, 255, (1, 1 << 24)), (255, 1, (7, 7)), (11, 200, (1 << 24, 3))):
        luminance = rng.integers(0, 256, (rows, columns), dtype=np.uint8)
        found: Comparison = compare(Reference(size, luminance), photograph, np.eye(3), period=512)
        assert found.same is not True


def test_a_map_that_is_off_by_some_pixels(photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    moved_ = np.roll(original, (3, 5), (0, 1))
    assert compare(Reference.from_image(original), moved_, np.eye(3)).same


def test_bad_arguments(photograph: Pixels) -> None:
    reference = Reference.from_image(photograph)
    with pytest.raises(ArgumentError):
        compare(reference, photograph, np.zeros((3, 3)))
    with pytest.raises(ArgumentError):
        compare(reference, photograph, np.eye(3), period=0)
    with pytest.raises(UnsupportedImageError):
        compare(reference, np.zeros((5, 5, 2), np.uint8))


def test_the_geometry_maps_points(photograph: Pixels) -> None:
    found = compare(Reference.from_image(photograph), photograph[:, ::-1])
    assert found.geometry is not None
    np.testing.assert_allclose(project(found.geometry, np.array([[0.0, 0.0]])), [[511, 0]])
