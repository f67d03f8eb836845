"""The nearest hash, against looking at all of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.scan.hash_search import _REACH, _WORTH, HashSearch, as_words

DRAW = np.random.default_rng(0)


def hashes(count: int) -> NDArray[np.uint64]:
    return as_words([DRAW.bytes(32) for _ in range(count)]).copy()


def changed(hash_: NDArray[np.uint64], bits: list[int]) -> NDArray[np.uint64]:
    data = np.unpackbits(hash_.view(np.uint8))
    data[bits] ^= 1
    return np.packbits(data).view(np.uint64)


FEW, MANY = hashes(50), hashes(_WORTH + 1000)
CROWDED = np.concatenate([np.repeat(hashes(1), _WORTH, axis=0), hashes(10)])  # one band for all


@pytest.mark.parametrize("listed", [FEW, MANY, CROWDED], ids=["few", "many", "crowded"])
@pytest.mark.parametrize("count", [0, 1, 15, 16, _REACH])
def test_one_that_differs_in_few_bits_is_found(listed: NDArray[np.uint64], count: int) -> None:
    search = HashSearch(listed)
    for _ in range(5):
        entry = len(listed) - 1 - int(DRAW.integers(10))
        asked = hashes(8)
        asked[3] = changed(listed[entry], list(DRAW.permutation(256)[:count]))
        assert search.nearest(asked, count) == (entry, count, 3)
        if count:
            assert search.nearest(asked, count - 1) is None


@given(st.lists(st.integers(0, 255), max_size=_REACH, unique=True))
def test_no_place_of_the_bits_hides_one(bits: list[int]) -> None:
    found = SEARCH.nearest(changed(MANY[77], bits)[None], _REACH)
    assert found == (77, len(bits), 0)


SEARCH = HashSearch(MANY)


@pytest.mark.parametrize("distance", [_REACH + 1, 90, 256])
def test_beyond_the_reach_of_the_bands_all_are_compared(distance: int) -> None:
    asked = hashes(4)
    bits = np.bitwise_count(MANY[:, None] ^ asked[None]).sum(axis=2, dtype=np.int64)
    found = SEARCH.nearest(asked, distance)
    if bits.min() > distance:
        assert found is None
    else:
        assert found is not None
        assert found.distance == bits.min() == bits[found.entry, found.query]


def test_of_nothing_nothing_is_near() -> None:
    assert HashSearch(hashes(0)).nearest(hashes(3), 256) is None
    assert HashSearch(FEW).nearest(hashes(0), 256) is None


def test_it_travels() -> None:
    again = pickle.loads(pickle.dumps(SEARCH))
    assert len(again) == len(MANY)
    assert again.nearest(MANY[5:6], 0) == (5, 0, 0)
