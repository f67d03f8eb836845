"""Tokens by which inputs are found: copies share one, strangers hardly ever."""

from __future__ import annotations

import random

from indelible.registry.private import InputPicture, RecordKeys
from indelible.registry.private.traces import MOST_DISTANCE, distance, tokens_of

KEYS = RecordKeys.generate()


def changed(value: bytes, bits: int, rng: random.Random) -> bytes:
    number = int.from_bytes(value, "big")
    for place in rng.sample(range(256), bits):
        number ^= 1 << place
    return number.to_bytes(32, "big")


def test_the_exact_bytes_are_found() -> None:
    assert tokens_of(InputPicture(bytes(32)), KEYS) == (KEYS.token("sha256", bytes(32)),)


def test_copies_share_a_token_and_strangers_hardly_ever() -> None:
    rng = random.Random(7)
    copies = strangers = 0
    for _ in range(300):
        pdq = rng.randbytes(32)
        tokens = set(tokens_of(InputPicture(rng.randbytes(32), pdq), KEYS))
        assert len(tokens) == 22
        near = changed(pdq, MOST_DISTANCE, rng)
        assert distance(pdq, near) == MOST_DISTANCE
        copies += bool(tokens & set(tokens_of(InputPicture(rng.randbytes(32), near), KEYS)))
        other = InputPicture(rng.randbytes(32), rng.randbytes(32))
        strangers += bool(tokens & set(tokens_of(other, KEYS)))
    assert copies >= 295  # one in 250 misses
    assert strangers <= 8  # one in 200


def test_tokens_show_nothing_without_the_key() -> None:
    picture = InputPicture(bytes(32), bytes(32))
    assert not set(tokens_of(picture, KEYS)) & set(tokens_of(picture, RecordKeys.generate()))
    assert len(set(tokens_of(picture, KEYS))) == 22  # equal bands in different places do not show
