"""A picture that is looked at more than once, and a reduced copy of a large one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark import Key, View, correlate_blocks, detect, embed, presence
from indelible.watermark.view import view_of


def resized(image: NDArray[np.uint8], size: tuple[int, int], how: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def test_a_view_is_computed_once(photograph: NDArray[np.uint8]) -> None:
    view = View(photograph)
    assert view_of(view) is view
    assert view.luminance is view.luminance
    assert view.white is view.white
    assert view.mask is view.mask
    assert view.shape == photograph.shape[:2]


@pytest.mark.compiled
def test_what_is_found_in_a_reduced_copy_is_in_the_coordinates_of_the_picture(
    photograph: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    large = resized(photograph, (1500, 1400), cv2.INTER_CUBIC)
    marked = embed(large, payload, key)
    view = View(resized(marked, (750, 700), cv2.INTER_AREA), scale=2)
    whole, reduced = detect(marked, key), detect(view, key)
    assert reduced.payload == whole.payload == payload
    assert reduced.size_class == whole.size_class
    assert whole.geometry is not None
    assert reduced.geometry is not None
    corners = np.array([[0, 0, 1], [1499, 0, 1], [1499, 1399, 1], [0, 1399, 1]]).T
    places = [geometry @ corners for geometry in (whole.geometry, reduced.geometry)]
    assert np.abs(places[0][:2] / places[0][2] - places[1][:2] / places[1][2]).max() < 0.5
    cells = presence(view, key, reduced, cell=8)
    assert cells.shape == (175, 187)
    means = presence(marked, key, whole)[:, :1496].reshape(175, 8, 187, 8).mean(axis=(1, 3))
    assert np.mean(np.abs(cells - means)) < 0.03
    gains = [
        np.sum(blocks.product) / np.sum(blocks.energy)
        for blocks in (
            correlate_blocks(marked, key, whole),
            correlate_blocks(view, key, reduced),
        )
    ]
    assert gains[0] == pytest.approx(gains[1], rel=0.05)
