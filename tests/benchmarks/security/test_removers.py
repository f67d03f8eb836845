"""The removers: from gentle to strong, and of the same size."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks.attacks import Pixels
from benchmarks.security.removers import GROUPS, Remover, removers, sliding_dct

_REMOVERS = removers("balanced")
_SLOW = {"non-local means, h", "total variation"}


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return np.ascontiguousarray(images.resize_side(images.photograph(2), 203)[:, :131])


@pytest.mark.parametrize(
    "remover", [one for one in _REMOVERS if one.name not in _SLOW], ids=lambda one: one.name
)
def test_stronger_costs_more(remover: Remover, picture: Pixels) -> None:
    ends = remover.levels[0], remover.levels[-1]
    gentle, strong = (remover(picture, np.random.default_rng(1), level) for level in ends)
    assert gentle.shape == strong.shape == picture.shape
    assert gentle.dtype == strong.dtype == np.uint8
    assert measures.psnr(picture, strong) < measures.psnr(picture, gentle)


def test_names_are_unique_and_groups_are_known() -> None:
    assert len({one.name for one in _REMOVERS}) == len(_REMOVERS)
    assert {one.group for one in _REMOVERS} == set(GROUPS)


def test_the_sliding_transform_removes_noise(picture: Pixels) -> None:
    clean = np.full((97, 70, 3), (90, 120, 200), np.uint8)
    noise = np.random.default_rng(0).normal(0, 10, clean.shape)
    noisy = np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
    assert measures.psnr(clean, sliding_dct(noisy, 10)) > measures.psnr(clean, noisy) + 12
    np.testing.assert_array_equal(sliding_dct(picture, 0), picture)
