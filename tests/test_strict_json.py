"""JSON from strangers: read whole, or refused."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.strict_json import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    assert parse_json(data, max_bytes=1 << 20, max_depth=64) == value


@given(st.binary(max_size=200))
def test_anything_else_is_a_value_error(data: bytes) -> None:
    try:
        parse_json(data, max_bytes=100, max_depth=4)
    except ValueError:
        return
    assert len(data) <= 100


@pytest.mark.parametrize(
    "data",
    [b"[[[[[]]]]]", b'{"a": 1, "a": 2}', b"NaN", b"[Infinity]", b"\xff", b"9" * 5000, b"",
     b"[" * 100_000, b'{"a":' * 100_000, "{}".encode("utf-16")],
)  # fmt: skip
def test_what_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(data, max_bytes=1 << 20, max_depth=4)


def test_brackets_within_strings_are_none() -> None:
    assert parse_json(b'["[[[[\\"[[", 1]', max_bytes=99, max_depth=1) == ['[[[["[[', 1]


@pytest.mark.parametrize("data", [b'"' + b'\\"' * 500_000, b'"' * 1_000_000, b'["\\'])
def test_the_worst_takes_linear_time(data: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"."):
        parse_json(data, max_bytes=1 << 20, max_depth=4)
    assert time.monotonic() - began < 5
