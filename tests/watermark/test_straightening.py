"""Views that undo a perspective or a lens: marks in noise, seen through them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark import Key
from indelible.watermark._scratch import Scratch
from indelible.watermark.carrier import carrier_of
from indelible.watermark.search import search_upright
from indelible.watermark.straightening import LENSES, TILTS, as_seen, averaged, straightened
from indelible.watermark.whitening import whiten
from tests.watermark.synthetic import PERIOD, SIDE, marked_noise

pytestmark = pytest.mark.compiled

HALF = (SIDE - 1) / 2


def tilted(image: NDArray[np.float32], by: float) -> NDArray[np.float32]:
    """The picture with its right side nearer to the vanishing point, about the centre."""
    shift = np.array([[1, 0, HALF], [0, 1, HALF], [0, 0, 1.0]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [by / HALF, 0, 1.0]])
    matrix = shift @ tilt @ np.linalg.inv(shift)
    out = cv2.warpPerspective(image, matrix, (SIDE, SIDE), borderValue=(128.0, 128.0, 128.0))
    return np.asarray(out, np.float32)


def test_every_tilt_and_lens_is_undone_once() -> None:
    views = list(straightened(np.zeros((96, 128), np.float32)))
    assert len(views) == len(TILTS) ** 2 - 4 + len(LENSES)  # without the corners
    assert len({(view.tilt, view.lens) for view in views}) == len(views)


def test_the_plain_view_moves_nothing() -> None:
    view = as_seen(np.zeros((90, 120), np.float32))
    points = np.array([[0.0, 0], [119, 89], [30.5, 7]])
    assert np.allclose(view.places(points), points)
    map_ = np.array([[40, 3, 7], [-2, 39, 1], [0, 0, 1.0]])
    assert np.allclose(view.flattened(map_), map_)


def test_a_tilt_is_the_homography_about_the_centre() -> None:
    white = np.zeros((SIDE, SIDE), np.float32)
    view = replace(as_seen(white), tilt=(0.18, 0.0), origin=np.array([-5.0, 9.0]))
    point = np.array([[100.0, 400.0]])
    plane = (point + view.origin - HALF) / HALF
    expected = plane / (1 + 0.18 * plane[:, :1]) * HALF + HALF
    assert np.allclose(view.places(point), expected)


@pytest.mark.parametrize("lens", LENSES)
def test_a_lens_shows_at_r_what_was_at_r_times_1_plus_k_r_squared(lens: float) -> None:
    white = np.zeros((200, 300), np.float32)
    view = replace(as_seen(white), lens=lens)
    middle = np.array([149.5, 99.5])
    shown = np.array([[10.0, 20.0], [250.0, 180.0], [149.5, 0.0]]) - middle
    was = shown * (1 + lens * np.square(shown).sum(axis=1, keepdims=True) / (middle @ middle))
    assert np.allclose(view.places(was + middle), shown + middle, atol=0.05)


def test_a_view_that_is_right_shows_what_no_part_of_the_picture_does(
    key: Key, payload: bytes
) -> None:
    pilots = carrier_of(key).pilots
    white = whiten(tilted(marked_noise(key, payload, noise=4.0), 0.18))
    scores = {
        (view.tilt, view.lens): search_upright(averaged(view.white, Scratch()), pilots, 1)[0].score
        for view in straightened(white)
    }
    best = max(scores, key=lambda which: scores[which])
    assert best == ((0.18, 0.0), 0.0)
    assert scores[best] > 2 * scores[(0.0, 0.0), 0.0]


def test_a_view_brings_a_map_back_to_the_picture(key: Key, payload: bytes) -> None:
    white = whiten(tilted(marked_noise(key, payload), 0.09))
    view = next(view for view in straightened(white) if view.tilt == (0.09, 0.0))
    map_ = np.array([[PERIOD, 0, -view.origin[0]], [0, PERIOD, -view.origin[1]], [0, 0, 1.0]])
    middle = np.array([[HALF / PERIOD, HALF / PERIOD, 1.0]])
    assert np.allclose((middle @ view.flattened(map_).T)[:, :2], HALF, atol=12)
