"""The change map: what was altered, and nothing where nothing was.

How well: ``python -m benchmarks.changes``.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible.errors import ArgumentError, UnsupportedImageError
from indelible.fingerprint import Changes, changes
from tests.fingerprint.edits import moved, resized

pytestmark = pytest.mark.compiled

Pixels = NDArray[np.uint8]
BOX = (150, 100, 300, 260)  # left, top, right, bottom


def jpeg(image: Pixels, quality: int = 75) -> Pixels:
    stream = BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def altered(photographs: dict[str, Pixels]) -> Pixels:
    left, top, right, bottom = BOX
    image = photographs["motorcycle"].copy()
    image[top:bottom, left:right] = photographs["coffee"][top:bottom, left:right]
    return image


def found(original: Pixels, image: Pixels, geometry: NDArray[np.float64] | None = None) -> Changes:
    height, width = original.shape[:2]
    matrix = np.eye(3) if geometry is None else geometry
    return changes(resized(original, 512 / max(height, width)), (height, width), image, matrix)


def overlap(mask: NDArray[np.bool_], size: tuple[int, int]) -> float:
    left, top, right, bottom = BOX
    truth = np.zeros(size, np.bool_)
    truth[top:bottom, left:right] = True
    y, x = ((np.arange(n) + 0.5) * m / n for n, m in zip(mask.shape, size, strict=True))
    small = truth[np.ix_(y.astype(int), x.astype(int))]
    return float(np.count_nonzero(mask & small) / np.count_nonzero(mask | small))


EDITS: dict[str, Callable[[Pixels], Pixels]] = {
    "nothing": lambda image: image,
    "jpeg": lambda image: jpeg(image, 50),
    "darker": lambda image: jpeg((image * 0.6).astype(np.uint8)),
    "inverted": lambda image: 255 - image,
    "grey": lambda image: image.mean(axis=2).astype(np.uint8),
    "gamma": lambda image: (255 * (image / 255) ** 1.6).astype(np.uint8),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_whole_is_no_change(name: str, photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    result = found(original, EDITS[name](original))
    assert result.share == 0
    assert result.regions == ()
    assert result.compared.mean() > 0.99


@pytest.mark.parametrize("name", EDITS)
def test_a_replaced_part_is_found(name: str, photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    result = found(original, EDITS[name](altered(photographs)))
    assert overlap(result.mask, original.shape[:2]) > 0.8
    assert len(result.regions) == 1
    np.testing.assert_allclose(result.regions[0].original, BOX, atol=12)
    assert result.regions[0].share == pytest.approx(result.share)


def test_boxes_in_both_pictures(photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    matrix = np.array([[0.8, 0, 30], [0, 0.8, 10], [0, 0, 1.0]])
    result = found(original, moved(altered(photographs), matrix, 420, 640), matrix)
    (region,) = result.regions
    np.testing.assert_allclose(region.original, BOX, atol=12)
    expected = np.array(BOX) * 0.8 + np.array([30, 10, 30, 10])
    np.testing.assert_allclose(region.picture, expected, atol=10)


def test_a_turned_part_of_the_picture(photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    turn = np.deg2rad(10)
    matrix = np.array(
        [[np.cos(turn), -np.sin(turn), 20], [np.sin(turn), np.cos(turn), -80], [0, 0, 1.0]]
    )
    result = found(original, jpeg(moved(altered(photographs), matrix, 350, 520)), matrix)
    assert 0.3 < result.compared.mean() < 0.8
    assert overlap(result.mask, original.shape[:2]) > 0.65


def test_a_small_error_of_the_geometry_is_no_change(photographs: dict[str, Pixels]) -> None:
    original = photographs["motorcycle"]
    off = np.array([[1.002, 0, 1.5], [0, 0.998, -1], [0, 0, 1.0]])
    assert found(original, jpeg(original), off).share == 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300), (9, 9, 4)])
def test_tiny_pictures(shape: tuple[int, ...], photograph: Pixels) -> None:
    tiny = np.full(shape, 7, np.uint8)
    assert changes(tiny, (512, 512), photograph, np.eye(3)).mask.shape == (192, 192)
    assert changes(photograph, (512, 512), tiny, np.eye(3)).share == 0
    assert changes(tiny, (shape[0], shape[1]), tiny, np.eye(3)).regions == ()


def test_flat_pictures() -> None:
    flat = np.full((300, 400, 3), 80, np.uint8)
    assert changes(flat, (300, 400), flat, np.eye(3)).share == 0


def test_bad_arguments(photograph: Pixels) -> None:
    with pytest.raises(ArgumentError):
        changes(photograph, (512, 512), photograph, np.zeros((3, 3)))
    with pytest.raises(UnsupportedImageError):
        changes(photograph, (512, 512), photograph[..., :2], np.eye(3))
