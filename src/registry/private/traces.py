"""Finding what was made from a picture, by tokens that show nobody its fingerprint.

The exact bytes are found by a token of their SHA-256. Near copies are found by tokens of bands of
the perceptual hash: two hashes that differ in few bits agree in some band, and the sealed record
that a token leads to holds the whole hash, which decides. (Locality-sensitive hashing by bit
sampling: Indyk and Motwani, 1998, doi:10.1145/276698.276876.)
"""

from __future__ import annotations

from typing import Final

from indelible.registry.private.generation import InputPicture
from indelible.registry.private.record_keys import RecordKeys

__all__ = ["MOST_DISTANCE", "distance", "tokens_of"]

MOST_DISTANCE: Final = 31
"""Bits of 256 in which the hashes of copies differ at most, as PDQ's own documentation advises."""

# Each of 21 bands of 12 bits survives 31 random changes with probability 0.23: all are lost once in
# 250 times. A band agrees by chance in one of 4096 records.
_BAND_BITS: Final = 12
_BANDS: Final = 256 // _BAND_BITS


def tokens_of(picture: InputPicture, keys: RecordKeys) -> tuple[bytes, ...]:
    """Return the tokens by which an input is found, 16 bytes each: 1, or 22 with its PDQ hash."""
    tokens = [keys.token("sha256", picture.sha256)]
    if picture.pdq is not None:
        bits = int.from_bytes(picture.pdq, "big")
        mask = (1 << _BAND_BITS) - 1
        for band in range(_BANDS):
            value = bits >> (band * _BAND_BITS) & mask
            tokens.append(keys.token(f"pdq {band}", value.to_bytes(2, "big")))
    return tuple(tokens)


def distance(first: bytes, second: bytes) -> int:
    """Return in how many bits two hashes of the same length differ."""
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()
