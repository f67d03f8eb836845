"""The places of the original that are tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from indelible.errors import ArgumentError
from indelible.fingerprint.placing import MOST_ORIGINS, checked, origins, whole
from indelible.fingerprint.sampling import project

SIZE = (600, 900)


def test_a_known_origin_is_the_only_one() -> None:
    assert len(origins(np.eye(3), SIZE, SIZE, None)) == 1


def test_origins_are_those_at_which_both_meet() -> None:
    """A crop of 300 x 200 that is taken for the origin: the others are up to a size away."""
    shifts = [place[:2, 2] for place in origins(np.eye(3), SIZE, (200, 300), 512)]
    assert sorted(map(tuple, shifts)) == [(-512, -512), (-512, 0), (0, -512), (0, 0)]
    assert tuple(shifts[0]) == (0, 0)


def test_however_small_the_period_few_are_tried() -> None:
    assert len(origins(np.eye(3), SIZE, SIZE, 1.0)[1:]) == MOST_ORIGINS
    far = np.array([[1, 0, 0], [0, 1, 0], [1 / 400, 0, 1]])
    assert len(origins(far, SIZE, SIZE, 0.001)) <= MOST_ORIGINS + 1


def test_the_whole_eight_ways() -> None:
    corners = np.array([[-0.5, -0.5], [899.5, -0.5], [899.5, 599.5], [-0.5, 599.5]])
    laid = [project(place, corners) for place in whole(SIZE, (300, 200))]
    for place in laid:
        assert sorted(map(tuple, np.round(place, 6))) == [
            (-0.5, -0.5),
            (-0.5, 299.5),
            (199.5, -0.5),
            (199.5, 299.5),
        ]
    assert len({place.round(6).tobytes() for place in laid}) == 8
    np.testing.assert_allclose(laid[0][0], [-0.5, -0.5])


@pytest.mark.parametrize(
    "geometry",
    [np.eye(2), np.full((3, 3), np.nan), np.ones((3, 3)), np.zeros((3, 3)), np.diag([1, 1, 0])],
)
def test_no_homography(geometry: Any) -> None:
    with pytest.raises(ArgumentError, match="geometry"):
        checked(geometry)


def test_a_homography_is_scaled() -> None:
    np.testing.assert_allclose(checked(-3 * np.eye(3)), np.eye(3))
