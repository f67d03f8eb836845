"""Refuse CBOR that announces more than it holds, before anything is allocated for it.

A string in CBOR begins with its length. The C2PA library reserves that much memory for the strings
of assertions before it looks whether they are there, so that five bytes of a small picture can
claim four gigabytes. Everything in a manifest store passes through `check_cbor` first.

That check reads lengths and nothing else: it is no second decoder. Values are decoded by cbor2, in
`decode_cbor`; but to decode a whole store, only to learn what it would cost the library, would cost
what the check is there to refuse.
"""

from __future__ import annotations

import io
from typing import Any, Final

import cbor2

__all__ = ["check_cbor", "decode_cbor"]

_MAX_DEPTH: Final = 64
_MAX_DECODED: Final = 100_000
_MAX_HEADERS: Final = 64
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = 2, 3, 4, 5, 6  # CBOR's major types
_TEXT_WEIGHT: Final = 30
_BREAK: Final = 0xFF
_INDEFINITE: Final = 31
_SHORT: Final = "a part of it announces more than it holds"
_MALFORMED: Final = "a part of it is not well-formed"


def check_cbor(
    data: bytes,
    at: int,
    end: int,
    budget: int,
    *,
    item_bytes: int | None = None,
    max_pairs: int | None = None,
) -> int:
    """Check the one CBOR item between two positions, and return how much work it makes.

    Parameters
    ----------
    data : bytes
        What holds it.
    at, end : int
        Where it begins and ends; zero bytes may follow it.
    budget : int
        How many items, nested ones included, it may have.
    item_bytes : int, optional
        How many bytes of a byte string count as one item more, where they become a list of
        numbers; text counts a thirtieth of that. By default neither does.
    max_pairs : int, optional
        How many keys a map may have, which then must say it beforehand.

    Raises
    ------
    ValueError
        If it is not well-formed within these bounds, nested too deeply, has too many items, or is
        followed by anything else.
    """
    left = [1]  # how many items each open container still needs; -1: until a break
    cost = 0
    while left:
        if left[-1] == 0:
            left.pop()
            continue
        if at >= end:
            raise ValueError(_SHORT)
        if data[at] == _BREAK:
            if left.pop() != -1:
                raise ValueError(_MALFORMED)
            at += 1
            continue
        cost += 1
        if left[-1] > 0:
            left[-1] -= 1
        major, value, at = _head(data, at)
        if major in (_BYTES, _TEXT) and value is not None:
            at += value
            weight = _TEXT_WEIGHT if major == _TEXT else 1
            cost += 0 if item_bytes is None else value // (item_bytes * weight)
        elif major in (_BYTES, _TEXT, _ARRAY, _MAP, _TAG):
            left.append(-1 if value is None else _inside(major, value))
        if at > end or left[-1] > end - at:
            raise ValueError(_SHORT)
        if cost > budget or (major == _MAP and _too_many(value, max_pairs)):
            raise ValueError("it has too many parts")
        if len(left) > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")
    if data.count(0, at, end) != end - at:
        raise ValueError("something lies behind a part of it")
    return cost


def _inside(major: int, value: int) -> int:
    """Return how many items an array, a map or a tag holds."""
    return {_ARRAY: value, _MAP: 2 * value}.get(major, 1)


def _too_many(pairs: int | None, limit: int | None) -> bool:
    return limit is not None and (pairs is None or pairs > limit)


def _head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Return a CBOR item's type, its value or length, and where its content begins."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24:
        return major, info, at
    if info == _INDEFINITE and _BYTES <= major <= _MAP:
        return major, None, at
    if info > 27:
        raise ValueError(_MALFORMED)
    size = 1 << (info - 24)
    return major, int.from_bytes(data[at : at + size], "big"), at + size


def decode_cbor(data: bytes, *, text_keys: bool = True) -> Any:  # noqa: ANN401 - CBOR holds all
    """Return the value of a CBOR item, None if it has none that every reader would agree on.

    Parameters
    ----------
    data : bytes
        One item, and zero bytes behind it.
    text_keys : bool
        Whether keys must be text, as everywhere in C2PA but in COSE headers.
    """
    # Numbers as keys can be chosen so that a dictionary of many takes quadratic time.
    pairs = None if text_keys else _MAX_HEADERS
    try:
        check_cbor(data, 0, len(data), _MAX_DECODED, max_pairs=pairs)
        return cbor2.CBORDecoder(
            io.BytesIO(data),
            max_depth=_MAX_DEPTH,
            allow_duplicate_keys=False,
            strict_hashable_types=text_keys,
        ).decode()
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError):
        return None
