"""The coherent lock, on marks in noise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from indelible.watermark import Key
from indelible.watermark.carrier import carrier_of, pilots_of
from indelible.watermark.locking import whole_locks
from indelible.watermark.search import spectrum_of
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


@pytest.mark.parametrize("scale", [0.55, 0.83])
def test_a_resized_picture_is_locked_on_by_its_size_alone(
    key: Key, payload: bytes, scale: float
) -> None:
    image = marked_noise(key, payload, 2, noise=6.0)
    width, height = round(SIDE * scale), round(SIDE * scale * 1.003)
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    white = whiten(np.asarray(resized, np.float32))
    pilots = pilots_of(key.family)
    ring = [(0, carrier_of(STRANGER)), (1, carrier_of(key))]
    best = whole_locks(spectrum_of(white), pilots, ring, 4.0)[0]
    assert (best.ring_index, best.variant, best.high) == (1, 2, 1)
    truth = np.diag([PERIOD * width / SIDE, PERIOD * height / SIDE, 1.0])
    truth[:2, 2] = np.array([width, height]) / SIDE / 2 - 0.5
    assert misplaced(best.map, truth) < 0.5


def test_noise_has_no_size(key: Key, rng: np.random.Generator) -> None:
    white = whiten(rng.normal(128, 10, (SIDE, SIDE)).astype(np.float32))
    assert whole_locks(spectrum_of(white), pilots_of(key.family), [(0, carrier_of(key))], 5.0) == []
