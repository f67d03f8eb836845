"""Mutations that make inputs more expensive rather than merely wrong."""

from __future__ import annotations

import random
import struct

from tests.imaging import hostile

__all__ = ["mutate"]

MAX_BYTES = 400_000
_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 4_095, 16_383, 32_767, 65_535, 65_536, 1 << 20, 1 << 24)
_LARGE = (2**31 - 1, 2**31, 2**32 - 1, 100_000_000)
_TOKENS = (
    b"Steps: 1, ",
    b"made with ",
    b"Sampler: ",
    b"<rdf:Description>",
    b"<rdf:li>",
    b"<!--",
    b"<![CDATA[",
    b"&#65;",
    b"xmlns:a='",
    b'{"a":',
    b"[",
    b"a.",
    b"-----BEGIN CERTIFICATE-----\n",
    b"\xff\xe1\x00\x08Exif\0\0",
    b"jumb",
    b"jumd",
    b"cbor",
    b"brob",
    b"C2PA_GIF",
    b"iloc",
    b"\x21\xfe\x01a\0",
    b"\x9f",
    b"\xbf",
    b"\x81",
)


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return a variant of `data`; parts of `other` may go into it."""
    if rng.random() < 0.3 and len(data) > 200:
        try:
            return hostile.mutate(data, rng.randrange(1 << 30)).data[:MAX_BYTES]
        except (ValueError, IndexError, struct.error):
            pass  # no picture
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if not changed:
            break
        _change(changed, other, rng)
    return bytes(changed[:MAX_BYTES])


def _change(data: bytearray, other: bytes, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    length = min(rng.choice((1, 2, 4, 8, 12, 16, 40, 200, 2_000)), len(data) - at)
    match rng.randrange(8):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:  # a count or a length
            size = rng.choice((1, 2, 4, 8))
            number = rng.choice(_NUMBERS + _LARGE) & (256**size - 1)
            data[at : at + size] = number.to_bytes(size, rng.choice(("big", "little")))
        case 2:  # many of the same
            times = rng.choice((2, 10, 100, 1_000, 10_000))
            data[at:at] = (bytes(data[at : at + length]) * times)[: MAX_BYTES - len(data)]
        case 3:
            data[at:at] = rng.choice(_TOKENS) * rng.choice((1, 1, 50, 5_000))
        case 4:
            del data[at : at + length]
        case 5:
            start = rng.randrange(len(other)) if other else 0
            data[at:at] = other[start : start + length]
        case 6:  # the same place again
            target = rng.randrange(len(data))
            data[target : target + length] = data[at : at + length]
        case _:
            data[at : at + length] = rng.choice((b"\0", b"\xff", rng.randbytes(1))) * length
