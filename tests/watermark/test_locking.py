"""The coherent lock, on marks in noise."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.watermark import Key
from indelible.watermark.whitening import whiten
from tests.watermark.synthetic import PERIOD, SIDE, locks_of, marked_noise, misplaced

pytestmark = pytest.mark.compiled

STRANGER = Key.from_bytes(b"the key of somebody else's marks")
TO_PIXELS = np.diag([PERIOD, PERIOD, 1.0])


@pytest.mark.parametrize("variant", [0, 5])
@pytest.mark.parametrize("polarity", [1, -1])
def test_a_lock_tells_key_variant_and_polarity(
    key: Key, payload: bytes, variant: int, polarity: int
) -> None:
    image = marked_noise(key, payload, variant)
    white = whiten(image if polarity == 1 else 255 - image)
    best, *others = locks_of(white, [STRANGER, key])
    assert (best.ring_index, best.variant, best.polarity) == (1, variant, polarity)
    assert best.score > 5
    assert all(other.score <= best.score for other in others)
    assert misplaced(best.map, TO_PIXELS) < 6


def test_noise_locks_weakly(key: Key, rng: np.random.Generator) -> None:
    white = whiten(rng.normal(128, 10, (SIDE, SIDE)).astype(np.float32))
    assert locks_of(white, [key])[0].score < 6
