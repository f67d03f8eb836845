"""Image file directories: what is written is read back, and nothing is read outside the data."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.imaging._ifd import (
    EXIF_POINTER,
    Entry,
    Layout,
    read_directory,
    read_layout,
    walk,
)
from indelible.imaging._ifd_writing import as_block, moved, write_directory

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
    assert [entry._replace(at=0) for entry in found.entries] == [entry for _, entry in expected]
    assert all(data[e.at : e.at + len(e.value)] == e.value for e in found.entries)
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
    with pytest.raises(ValueError, match="far too long"):
        Entry(1, 1, 500_001, bytes(500_001)).integers("<")
    assert Entry(1, 1, 500_001, bytes(500_001)).first("<") == 0


@pytest.mark.parametrize("big", [False, True])
def test_a_chain_is_walked_to_its_end_or_to_where_it_breaks(big: bool) -> None:
    layout = Layout(">", big, 16)
    one, _ = write_directory([Entry(1, 3, 1, b"\0\5")], layout, 16)
    word = layout.word_size

    def chain(*following: int) -> bytes:
        parts = [one[:-word] + place.to_bytes(word, "big") for place in following]
        return bytes(16) + b"".join(parts)

    size = len(one)
    sound = chain(16 + size, 0)
    assert [extent.at for extent in walk(sound, layout)] == [16, 16 + size]
    circle = chain(16 + size, 16)
    assert [extent.at for extent in walk(circle, layout)] == [16, 16 + size]
    for broken in (chain(16 + size), chain(16 + size, 0)[:-1], chain(16 + size, 2**31)):
        walked = walk(broken, layout)
        assert next(walked).at == 16
        with pytest.raises(ValueError, match="outside"):
            list(walked)


@given(st.lists(entries(), max_size=8), st.sampled_from("<>"), st.booleans())
def test_entries_move_into_a_file_of_the_other_order(
    directory: list[Entry], order: str, big: bool
) -> None:
    data = file_with([e for e in directory if e.tag not in (34665, 34853)], order, big=big)
    layout = read_layout(data)
    assert layout is not None
    before = read_directory(data, layout, layout.first, max_bytes=10_000)
    _, there = moved(data, layout, before.entries, ">", 8, max_bytes=10_000)
    assert [e.integers(">") for e in there] == [e.integers(order) for e in before.entries]  # type: ignore[arg-type]
    block = as_block(data, layout, before.entries, max_bytes=10_000)
    assert (block is None) == (not before.entries)


def test_directories_below_move_along_and_are_followed_once() -> None:
    """A pointer to its own directory, and two with one tag."""
    layout = Layout("<", False, 0)
    pointer = Entry(EXIF_POINTER, 4, 1, struct.pack("<I", 8))
    data, first = write_directory([pointer, Entry(271, 2, 6, b"Acme \0")], layout, 8)
    data = struct.pack("<2sHI", b"II", 42, first) + data
    start = read_layout(data)
    assert start is not None
    for place in (first, 0, 10**6):
        main = [pointer._replace(value=struct.pack("<I", place)), Entry(271, 2, 6, b"Acme \0")]
        block = as_block(data, start, [main[0], *main], max_bytes=1_000)
        assert block is not None
        assert len(block) < 200
        assert block.count(b"Acme") == (2 if place == first else 1)
