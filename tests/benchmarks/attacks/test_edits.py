"""Parts of pictures in other pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import Pixels, edits


@pytest.mark.parametrize("share", [0.1, 0.2])
@pytest.mark.parametrize("shape", ["box", "ellipse"])
def test_transplants_keep_a_share_in_place(share: float, shape: str, picture: Pixels) -> None:
    kept = [
        (
            edits.transplant(
                picture, attacks.generator(seed, "t"), share=share, shape=shape, feather=0
            ).pixels
            == picture
        )
        .all(axis=2)
        .mean()
        for seed in range(6)
    ]
    assert float(np.median(kept)) == pytest.approx(share, abs=0.03)


def test_a_collage_of_nine_has_its_size(picture: Pixels, distance: Callable[..., float]) -> None:
    collage = edits.collage_of_nine(picture, attacks.generator(1, "nine"), side=600)
    assert max(collage.pixels.shape) == pytest.approx(600, abs=12)
    assert distance(partial(edits.collage_of_nine, side=600)) < 0.3
    large = edits.collage(picture, attacks.generator(1, "nine"), scale=1.0, gap=0, side=3)
    assert large.pixels.shape == (3 * picture.shape[0], 3 * picture.shape[1], 3)
    assert large.homography is not None
    left, top = large.homography[:2, 2].astype(int)
    height, width = picture.shape[:2]
    np.testing.assert_array_equal(large.pixels[top : top + height, left : left + width], picture)
