"""How hard a search looks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.errors import ConfigurationError
from indelible.watermark import Effort, Key, decoding, detect, probability, thorough

pytestmark = pytest.mark.compiled

Pixels = NDArray[np.uint8]
EFFORTS = get_args(Effort)


def keystone(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.array([[0.12, 0], [-0.12, 0], [0, 0], [0, 0]], np.float32) * width
    matrix = cv2.getPerspectiveTransform(corners, corners + inwards)
    return np.asarray(cv2.warpPerspective(image, matrix, (width, height)), np.uint8)


def turned(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height)), np.uint8)


def stretched(image: Pixels) -> Pixels:
    return np.asarray(cv2.resize(image, (360, 720), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("attack", [np.array, turned, stretched, keystone])
def test_each_effort_finds_what_the_lesser_ones_find(
    attack: Callable[[Pixels], Pixels], marked: Pixels, key: Key, payload: bytes
) -> None:
    attacked = attack(marked)
    found = [detect(attacked, key, effort=effort) for effort in EFFORTS]
    for lesser, harder in pairwise(found):
        if lesser.found:
            assert harder.payload == lesser.payload == payload
            assert harder.false_positive_probability == lesser.false_positive_probability
    assert found[EFFORTS.index("standard")].found or attack is keystone


def test_a_small_part_of_a_picture_is_found_thoroughly(
    marked: Pixels, photograph: Pixels, key: Key, payload: bytes
) -> None:
    mixed = photograph.copy()
    height, width = mixed.shape[:2]
    part = np.s_[height // 5 : height // 5 + height // 2, width // 6 : width // 6 + width // 2]
    mixed[part] = marked[part]
    assert detect(mixed, key, effort="thorough").payload == payload


def waved(image: Pixels) -> Pixels:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    x, y = x + 4 * np.sin(y / 40), y + 4 * np.sin(x / 40)
    bent = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(bent, np.uint8)


def steep(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.array([[0.15, 0], [-0.15, 0], [0, 0], [0, 0]], np.float32) * width
    matrix = cv2.getPerspectiveTransform(corners, corners + inwards)
    return np.asarray(cv2.warpPerspective(image, matrix, (width, height)), np.uint8)


def a_fifth(image: Pixels) -> Pixels:
    mixed = np.ascontiguousarray(image[::-1, ::-1])
    height, width = image.shape[:2]
    part = np.s_[height // 3 : height // 3 + height // 2, width // 3 : width // 3 + 2 * width // 5]
    mixed[part] = image[part]
    return mixed


@pytest.mark.parametrize("attack", [waved, steep, a_fifth])
def test_what_is_bent_steep_or_mostly_replaced_is_found_thoroughly(
    attack: Callable[[Pixels], Pixels], marked: Pixels, key: Key, payload: bytes
) -> None:
    assert detect(attack(marked), key, effort="thorough").payload == payload


def test_a_closer_look_stays_within_what_the_bound_counts(
    photograph: Pixels, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every gate open and no result believed, nothing is decoded that is not counted."""
    decodes = 0
    real = decoding.decode_lines

    def counted(*hypothesis: object) -> object:
        nonlocal decodes
        decodes += probability.OFFSETS
        return real(*hypothesis)  # type: ignore[arg-type]

    monkeypatch.setattr(decoding, "decode_lines", counted)
    monkeypatch.setattr(probability, "LIMIT", -1.0)
    monkeypatch.setattr(thorough, "LEAST_NEAR", -np.inf)
    monkeypatch.setattr(thorough, "LEAST_WHOLE", -np.inf)
    monkeypatch.setattr("indelible.watermark.flow.LEAST_GROWTH", (-np.inf,))
    monkeypatch.setattr("indelible.watermark.flow.LEAST_FLOW", -np.inf)
    assert not detect(photograph[:100, :100], key, effort="thorough").found
    assert 0 < decodes <= probability.DECODES + probability.CLOSER_DECODES


def test_an_effort_is_one_of_three(photograph: Pixels, key: Key) -> None:
    with pytest.raises(ConfigurationError, match="quick, standard, thorough"):
        detect(photograph, key, effort="extreme")  # type: ignore[arg-type]
