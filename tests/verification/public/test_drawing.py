"""Pictures laid in other frames."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.verification.public._drawing import fitted, projected, rgb, scaling, warped

RAMP = np.stack(
    [np.tile(np.arange(0, 240, 2, dtype=np.uint8), (80, 1)) for _ in range(3)], axis=2
)  # 80 x 120


def test_channels() -> None:
    grey = RAMP[..., 0]
    assert np.array_equal(rgb(grey), RAMP)
    assert np.array_equal(rgb(grey[..., None]), RAMP)
    assert rgb(RAMP) is RAMP
    clear = np.dstack([RAMP, np.zeros((80, 120), np.uint8)])
    assert (rgb(clear) == 255).all()


def test_fitting() -> None:
    assert fitted(RAMP, 120) is RAMP
    small = fitted(RAMP, 30)
    assert small.shape == (20, 30, 3)
    assert np.abs(small[:, :, 0].astype(int) - np.arange(3, 240, 8)).max() <= 1
    assert fitted(np.zeros((1, 3000, 3), np.uint8), 300).shape == (1, 300, 3)


def test_a_picture_in_its_own_frame_is_itself() -> None:
    drawn, inside = warped(RAMP, np.eye(3), (80, 120))
    assert inside.all()
    assert np.array_equal(drawn, RAMP)


def test_what_does_not_reach_is_said() -> None:
    moved = np.array([[1.0, 0, 60], [0, 1, 0], [0, 0, 1]])
    drawn, inside = warped(RAMP, moved, (80, 120))
    assert inside[:, :60].all()
    assert not inside[:, 60:].any()
    assert np.array_equal(drawn[:, :60], RAMP[:, 60:])
    assert (drawn[:, 60:] == 0).all()


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((3, 3)),
        np.diag([1e-30, 1e30, 1.0]),
        np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]]),  # a horizon through the frame
        np.full((3, 3), 1e300),
    ],
    ids=["zero", "extreme", "horizon", "huge"],
)
def test_any_map_draws_something(matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    drawn, inside = warped(RAMP, matrix, (40, 60))
    assert drawn.shape == (40, 60, 3)
    assert inside.shape == (40, 60)


def test_sizes_of_one_picture() -> None:
    x, y, front = projected(scaling((10, 20), (100, 200)), (10, 20))
    assert front.all()
    assert (x[0, 0], y[0, 0], x[0, -1], y[-1, 0]) == (4.5, 4.5, 194.5, 94.5)
