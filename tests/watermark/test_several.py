"""All marks of one picture, and where each stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import (
    ConfigurationError,
    KeyFileError,
    UnsupportedImageError,
    WatermarkError,
)
from indelible.watermark import Key, View, detect, detect_all, embed, locate
from indelible.watermark.probability import LIMIT

pytestmark = pytest.mark.compiled
OTHER = bytes.fromhex("fedcba9876543210")
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def halves(photograph: Pixels, marked: Pixels, key: Key) -> Pixels:
    """Two marked pictures beside each other, uint8 (512, 1024, 3)."""
    other = embed(np.ascontiguousarray(photograph[::-1, :, ::-1]), OTHER, key)
    return np.hstack([marked, other])


def test_both_marks_of_a_collage_are_found_where_they_are(
    halves: Pixels, key: Key, payload: bytes
) -> None:
    marks = detect_all(halves, key)
    assert {mark.detection.payload for mark in marks} == {payload, OTHER}
    by_id = {mark.detection.payload: mark for mark in marks}
    for wanted, columns in ((payload, slice(0, 64)), (OTHER, slice(64, 128))):
        truth = np.zeros((64, 128), bool)
        truth[:, columns] = True
        region = by_id[wanted].region
        assert (region & truth).sum() > 0.7 * (region | truth).sum()
        assert by_id[wanted].area == pytest.approx(0.5, abs=0.15)
    left, top, right, bottom = by_id[OTHER].box
    assert left > 300
    assert (top, right, bottom) == pytest.approx((0, 1024, 512), abs=64)
    assert marks[0].overlap(marks[1]) < 0.1
    assert all(mark.detection.false_positive_probability <= LIMIT for mark in marks)


def test_a_geometry_is_that_of_the_whole_picture(halves: Pixels, key: Key) -> None:
    found = next(m.detection for m in detect_all(halves, key) if m.detection.payload == OTHER)
    assert found.geometry is not None
    x, _, z = found.geometry @ np.array([0, 0, 1.0])
    # The origin is known up to the mark's period.
    assert (x / z - 512) % 512 == pytest.approx(0, abs=1.5) or (x / z) % 512 > 510
    assert found.geometry[:2, :2] == pytest.approx(np.eye(2), abs=0.01)


def test_a_mark_under_another_one_is_found_over_the_same_area(
    marked: Pixels, key: Key, payload: bytes
) -> None:
    marks = detect_all(embed(marked, OTHER, key), key)
    assert {mark.detection.payload for mark in marks} == {payload, OTHER}
    assert marks[0].overlap(marks[1]) > 0.4


def test_marks_of_two_keys(marked: Pixels, key: Key, payload: bytes) -> None:
    other = Key.from_bytes(b"another key, of the consent kind")
    marks = detect_all(embed(marked, OTHER, other), (key, other))
    assert {(m.detection.key_id, m.detection.payload) for m in marks} == {
        (key.id, payload),
        (other.id, OTHER),
    }


def test_nothing_is_found_in_an_unmarked_picture(photograph: Pixels, key: Key) -> None:
    assert detect_all(photograph, key) == ()


@pytest.mark.parametrize("shape", [(1, 1), (8, 300), (40, 40)])
def test_small_pictures_have_no_marks(shape: tuple[int, int], key: Key) -> None:
    assert detect_all(np.zeros(shape, np.uint8), key) == ()


def test_a_reduced_view_gives_the_whole_pictures_coordinates(
    halves: Pixels, key: Key, payload: bytes
) -> None:
    marks = detect_all(View(halves, 2), key)
    assert {mark.detection.payload for mark in marks} == {payload, OTHER}
    for mark in marks:
        assert mark.region.shape == (128, 256)
        assert mark.detection.geometry is not None
        assert mark.detection.geometry[:2, :2] == pytest.approx(2 * np.eye(2), abs=0.02)


def test_no_more_than_asked_for(halves: Pixels, key: Key) -> None:
    assert len(detect_all(halves, key, limit=1)) == 1


def test_what_is_wrong_is_refused(marked: Pixels, key: Key) -> None:
    with pytest.raises(ConfigurationError, match="limit"):
        detect_all(marked, key, limit=0)
    with pytest.raises(ConfigurationError, match="effort"):
        detect_all(marked, key, effort="hardest")  # type: ignore[arg-type]
    with pytest.raises(KeyFileError):
        detect_all(marked, ())
    floats: Any = marked.astype(np.float32)
    with pytest.raises(UnsupportedImageError):
        detect_all(floats, key)


def test_what_is_known_is_located_and_not_looked_for_again(
    halves: Pixels, key: Key, payload: bytes
) -> None:
    found = detect(halves, key)
    marks = detect_all(halves, key, known=(found,))
    assert {mark.detection.payload for mark in marks} == {payload, OTHER}
    (mark,) = locate(halves, key, (found,))
    known = next(one for one in marks if one.detection.payload == found.payload)
    assert mark.detection is found
    assert (mark.box, mark.area) == (known.box, known.area)
    with pytest.raises(WatermarkError, match="another key"):
        locate(halves, Key.generate(), (found,))


def test_what_is_known_of_a_reduced_copy_is_in_the_pictures_coordinates(
    halves: Pixels, key: Key
) -> None:
    view = View(np.ascontiguousarray(halves), 2)
    found = detect(view, key)
    marks = detect_all(view, key, known=(found,))
    assert len(marks) == 2
    known = next(one for one in marks if one.detection.payload == found.payload)
    assert known.detection.geometry == pytest.approx(found.geometry, abs=1e-6)
