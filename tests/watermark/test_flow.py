"""Maps that bend: marks in noise, seen through lenses and waves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark import Key, flow
from indelible.watermark.alignment import project
from indelible.watermark.carrier import carrier_of
from indelible.watermark.judging import Judge
from indelible.watermark.locking import Lock
from indelible.watermark.pattern import variant_for
from indelible.watermark.whitening import whiten
from tests.watermark.synthetic import PERIOD, SIDE, marked_noise

pytestmark = pytest.mark.compiled

MIDDLE = np.full(2, (SIDE - 1) / 2)


def bent(image: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    if kind == "lens":
        u, v = (x - MIDDLE[0]) / SIDE, (y - MIDDLE[1]) / SIDE
        factor = 1 + 0.25 * (u * u + v * v)
        x, y = MIDDLE[0] + SIDE * u * factor, MIDDLE[1] + SIDE * v * factor
    elif kind == "wave":
        x = x + 4 * (np.cos(2 * np.pi * (y - MIDDLE[1]) / 256) - 1)
    x, y = x.astype(np.float32), y.astype(np.float32)
    warped = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.float32)


def lock_in_the_middle(key: Key, payload: bytes) -> Lock:
    map_ = np.array([[PERIOD, 0, 0], [0, PERIOD, 0], [0, 0, 1.0]])
    return Lock(9.0, 0, variant_for(key, payload), 1, 32, map_, MIDDLE)


@pytest.mark.parametrize("kind", ["none", "lens", "wave"])
def test_a_mark_is_followed_through_a_bend(kind: str, key: Key, payload: bytes) -> None:
    white = whiten(bent(marked_noise(key, payload, variant_for(key, payload)), kind))
    found = flow.track(white, lock_in_the_middle(key, payload), carrier_of(key), 0.3)
    assert found is not None
    assert found.score > 15
    judge = Judge((SIDE, SIDE), (key,), [carrier_of(key)])
    for seen in (found, flow.loosened(white, found, carrier_of(key))):
        decoded = judge.decode(flow.canonical_of(white, seen), seen.lock)
        assert decoded is not None
        assert decoded.payload == payload


def test_the_flat_map_is_where_the_mark_is(key: Key, payload: bytes) -> None:
    white = whiten(marked_noise(key, payload, variant_for(key, payload)))
    found = flow.track(white, lock_in_the_middle(key, payload), carrier_of(key), 0.3)
    assert found is not None
    tiles = np.array([[0.0, 0], [3, 1], [2, 4]])
    expected = tiles * PERIOD
    assert np.allclose(project(flow.flattened(white, found).map, tiles), expected, atol=0.5)


def lock_in_place(key: Key, payload: bytes) -> Lock:
    map_ = np.array([[PERIOD, 0, 0], [0, PERIOD, 0], [0, 0, 1.0]])
    return Lock(0.0, 0, variant_for(key, payload), 1, 32, map_, MIDDLE)


def test_a_flow_in_place_shows_where_the_mark_is(key: Key, payload: bytes) -> None:
    picture = marked_noise(key, payload, variant_for(key, payload))
    picture[:, SIDE // 2 :] = np.random.default_rng(3).normal(128, 9, (SIDE, SIDE // 2))
    white, lock, carrier = whiten(picture), lock_in_place(key, payload), carrier_of(key)
    raw = flow.read(white, lock, carrier)
    assert raw is not None
    found = flow.still(white, lock, carrier, raw)
    assert found is not None
    assert not found.bend.any()
    middle = int((MIDDLE[0] / PERIOD - found.origin[0]) * found.cells)
    assert found.strength[:, middle + 3 :].sum() < 0.2 * found.strength[:, : middle - 3].sum()


def test_a_shallow_wave_is_matched_all_over(key: Key, payload: bytes) -> None:
    white = whiten(bent(marked_noise(key, payload, variant_for(key, payload)), "wave"))
    carrier = carrier_of(key)
    raw = flow.read(white, lock_in_place(key, payload), carrier)
    assert raw is not None
    still = flow.still(white, lock_in_place(key, payload), carrier, raw)
    assert still is not None
    coarse = flow.matched(white, still, carrier, flow.COARSE, raw)
    assert np.allclose(coarse.bend, flow.matched(white, still, carrier, flow.COARSE).bend)
    found = flow.matched(white, coarse, carrier, flow.FINE)
    assert found.score > 15
    judge = Judge((SIDE, SIDE), (key,), [carrier])
    decoded = judge.decode(flow.canonical_of(white, found), found.lock)
    assert decoded is not None
    assert decoded.payload == payload


def test_a_part_without_the_mark_gets_no_weight(key: Key, payload: bytes) -> None:
    picture = marked_noise(key, payload, variant_for(key, payload))
    picture[:, SIDE // 2 :] = marked_noise(
        Key.from_bytes(bytes(32)), payload, 3, noise=2.0, seed=1
    )[:, SIDE // 2 :]
    lock = lock_in_the_middle(key, payload)
    found = flow.track(whiten(picture), lock, carrier_of(key), 0.6)
    assert found is not None
    middle = (MIDDLE[0] / PERIOD - found.origin[0]) * found.cells
    left = found.strength[:, : int(middle) - 3].sum()
    assert found.strength[:, int(middle) + 3 :].sum() < 0.5 * left


def test_a_wrong_lock_is_given_up(key: Key) -> None:
    noise = np.random.default_rng(0).normal(128, 20, (SIDE, SIDE)).astype(np.float32)
    lock = lock_in_the_middle(key, bytes(8))
    assert flow.track(whiten(noise), lock, carrier_of(key), 0.3) is None


def test_maps_of_too_many_tiles_are_not_followed(key: Key) -> None:
    lock = lock_in_the_middle(key, bytes(8))
    tiny = Lock(9.0, 0, 0, 1, 32, np.diag([9.0, 9.0, 1.0]), MIDDLE)
    white = np.zeros((SIDE, SIDE), np.float32)
    assert flow.track(white, tiny, carrier_of(key), 0.3) is None
    assert flow.price_of(white, lock) > 0
