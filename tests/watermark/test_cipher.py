"""The permutation of payloads."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indelible.watermark import Key
from indelible.watermark.carrier import carrier_of
from indelible.watermark.cipher import Cipher

CIPHER = Cipher(bytes(range(32)))
PAYLOADS = st.binary(min_size=8, max_size=8)


@given(PAYLOADS)
def test_decrypting_undoes_encrypting(payload: bytes) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(payload)) == payload
    assert CIPHER.encrypt(CIPHER.decrypt(payload)) == payload


def test_a_known_word_stays_what_it_is() -> None:
    """Other words would be other marks: pictures in the world would not be read any more."""
    assert CIPHER.encrypt(bytes(8)).hex() == "95306167e84a758c"


@given(PAYLOADS, st.integers(0, 63))
def test_each_bit_of_a_payload_changes_its_word(payload: bytes, bit: int) -> None:
    other = (int.from_bytes(payload) ^ (1 << bit)).to_bytes(8)
    assert CIPHER.encrypt(other) != CIPHER.encrypt(payload)


def test_half_of_the_bits_change() -> None:
    changed = [
        (
            int.from_bytes(CIPHER.encrypt(bytes(8))) ^ int.from_bytes(CIPHER.encrypt(word))
        ).bit_count()
        for word in ((1 << bit).to_bytes(8) for bit in range(64))
    ]
    assert 28 < np.mean(changed) < 36


def test_each_key_has_its_own_permutation() -> None:
    one, other = (carrier_of(Key.from_bytes(bytes([n]) * 32)).cipher for n in (1, 2))
    assert one.encrypt(bytes(8)) != other.encrypt(bytes(8))


def test_the_secret_stands_in_no_repr() -> None:
    assert repr(bytes(range(32)))[2:20] not in repr(CIPHER)
