"""How strong a mark a picture needs: more where detail is lacking, and where there is much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark.need import (
    CHAINS,
    DETAIL_CLASSES,
    DETAIL_EDGES,
    STANDARD_SAMPLES,
    classes_of,
    need_of,
)


def only(detail: float) -> NDArray[np.float64]:
    """The shares of a picture that has this detail everywhere."""
    return classes_of(np.full((4, 4), detail, np.float32))


def test_classes_are_shares() -> None:
    detail = np.random.default_rng(0).exponential(2, (50, 70)).astype(np.float32)
    classes = classes_of(detail)
    assert classes.shape == (DETAIL_CLASSES,)
    assert classes.sum() == pytest.approx(1)
    assert classes.min() >= 0
    assert classes_of(np.empty(0, np.float32)).tolist() == [0] * DETAIL_CLASSES


def test_each_class_is_between_two_edges() -> None:
    places = [0, *np.sqrt(np.multiply(DETAIL_EDGES[:-1], DETAIL_EDGES[1:])), 100]
    found = [int(np.argmax(only(place))) for place in places]
    assert found == list(range(DETAIL_CLASSES))


def test_every_chain_scores_every_class() -> None:
    for enough, scores in CHAINS.values():
        assert len(scores) == DETAIL_CLASSES
        assert enough > 0
        assert min(scores) >= 0


@given(st.integers(0, 60), st.floats(1e3, 1e7), st.floats(1.1, 10))
def test_more_samples_need_less(tenths: int, samples: float, factor: float) -> None:
    classes = only(tenths / 10)
    assert need_of(classes, samples * factor) < need_of(classes, samples)
    assert need_of(classes, 4 * samples) == pytest.approx(need_of(classes, samples) / 2)


def test_smooth_and_busy_pictures_need_more() -> None:
    smooth, middle, busy = (need_of(only(detail), STANDARD_SAMPLES) for detail in (0.1, 1.5, 20.0))
    assert middle < smooth
    assert middle < busy


def test_a_picture_of_nothing_needs_much_and_not_infinitely_much() -> None:
    need = need_of(np.zeros(DETAIL_CLASSES), 1.0)
    assert 1e3 < need < 1e6
