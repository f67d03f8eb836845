"""Image file directories: what is written is read back, and nothing is read outside the data."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.imaging._ifd import Entry, Layout, read_directory, read_layout, write_directory

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 12: 8}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    type_ = draw(st.sampled_from(sorted(SIZES)))
    length = draw(st.integers(1, 12))
    size = length * SIZES[type_]
    value = draw(st.binary(min_size=size, max_size=size))
    return Entry(draw(st.integers(1, 65_535)), type_, length, value)


def file_with(directory: list[Entry], order: str, *, big: bool) -> bytes:
    layout = Layout("<" if order == "<" else ">", big, 0)
    start = 16 if big else 8
    block, first = write_directory(directory, layout, start)
    mark = b"II" if order == "<" else b"MM"
    if big:
        return mark + struct.pack(f"{order}HHHQ", 43, 8, 0, first) + block
    return mark + struct.pack(f"{order}HI", 42, first) + block


@given(st.lists(entries(), max_size=20), st.sampled_from("<>"), st.booleans())
def test_round_trip(directory: list[Entry], order: str, big: bool) -> None:
    data = file_with(directory, order, big=big)
    layout = read_layout(data)
    assert layout is not None
    assert (layout.order, layout.big) == (order, big)
    found = read_directory(data, layout, layout.first, max_bytes=10_000)
    expected = sorted({entry.tag: entry for entry in directory}.items())
    assert found.entries == [entry for _, entry in expected]
    assert found.lost == 0


@given(st.lists(entries(), min_size=1, max_size=8), st.data())
def test_damage_never_reads_outside(directory: list[Entry], data: st.DataObject) -> None:
    file = bytearray(file_with(directory, "<", big=False))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(8, len(file) - 1))] = data.draw(st.integers(0, 255))
    layout = read_layout(bytes(file))
    assert layout is not None
    try:
        found = read_directory(bytes(file), layout, layout.first, max_bytes=10_000)
    except ValueError:
        return
    for entry in found.entries:
        assert len(entry.value) <= len(file)
        entry.integers("<")
        entry.rational("<")


def test_values_are_limited_in_sum() -> None:
    """Many entries may point to one large value."""
    shared = [Entry(tag, 1, 4_000, bytes(4_000)) for tag in range(1, 100)]
    data = file_with(shared, "<", big=False)
    layout = read_layout(data)
    assert layout is not None
    with pytest.raises(ValueError, match="too large"):
        read_directory(data, layout, layout.first, max_bytes=100_000)


@pytest.mark.parametrize(
    "data", [b"", b"II", b"II*\0", b"XX*\0\0\0\0\0", b"II\x2b\0\x04\0\0\0" * 2]
)
def test_what_is_no_header(data: bytes) -> None:
    assert read_layout(data) is None


def test_numbers() -> None:
    assert Entry(1, 3, 2, b"\1\0\2\0").integers("<") == (1, 2)
    assert Entry(1, 3, 2, b"\1\0\2\0").integers(">") == (256, 512)
    assert Entry(1, 2, 2, b"a\0").integers("<") == ()
    assert Entry(1, 5, 1, struct.pack(">II", 3, 2)).rational(">") == 1.5
    assert Entry(1, 5, 1, struct.pack(">II", 3, 0)).rational(">") is None
    assert Entry(1, 3, 1, b"\1\0").rational("<") is None
