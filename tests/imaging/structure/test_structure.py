"""Walks through containers: whole parts in order, and why a walk ended where it did."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indelible.errors import UnreadableImageError
from indelible.imaging import ImageFile, Segment, Walk
from indelible.imaging.structure.iso import Boxes
from tests.imaging import heic_files, hostile, pictures

GOOD = {
    name: pictures.saved(Image.fromarray(pictures.scene()), name.upper())
    for name in ("jpeg", "png", "webp", "gif", "avif")
} | {"heic": heic_files.SCENE}
FIRST = {"jpeg": b"\xd8", "png": b"IHDR", "gif": b"GIF", "avif": b"ftyp", "heic": b"ftyp"}


def walk(data: bytes) -> Walk:
    return ImageFile(data).walk


def check(data: bytes, found: Walk) -> None:
    """Hold a walk to what every user of it relies on."""
    at = 0
    for part in found.parts:
        assert at <= part.start <= part.content <= part.end <= len(data), part
        at = part.end
    assert at <= found.end
    if found.broken is not None:
        at = len(data) if found.broken.kind == b"mdat" else found.broken.start
        assert found.end == at <= len(data)
        assert found.broken.end > len(data) or found.broken.end < found.broken.content


@pytest.mark.parametrize("kind", GOOD)
def test_the_parts_of_a_sound_file_reach_to_its_end(kind: str) -> None:
    data = GOOD[kind]
    found = walk(data)
    check(data, found)
    assert (found.end, found.broken, found.too_many) == (len(data), None, False)
    assert found.parts[0].kind == FIRST.get(kind, found.parts[0].kind)
    last = found.parts[-1]
    assert last.end + (last.end - last.content) % 2 * (kind == "webp") == len(data)


@pytest.mark.parametrize("kind", GOOD)
def test_a_cut_file_has_its_whole_parts_and_says_what_is_broken(kind: str) -> None:
    data = GOOD[kind]
    whole = walk(data).parts
    for end in range(12, len(data), max(len(data) // 100, 1)):
        found = walk(data[:end])
        check(data[:end], found)
        kept = [part for part in found.parts if part in whole]
        assert kept == [part for part in whole if part.end <= end][: len(kept)]
        assert len(found.parts) - len(kept) <= 1  # media data of boxes end with the file


@pytest.mark.parametrize("kind", GOOD)
def test_no_walk_through_a_hostile_file_raises(kind: str) -> None:
    for label, data in hostile.mutations(GOOD[kind], count=150):
        try:
            check(data, walk(data))
        except AssertionError as error:
            raise AssertionError(label) from error


@given(st.sampled_from(sorted(GOOD)), st.integers(4, 64), st.binary(max_size=200))
@settings(deadline=None)
def test_no_walk_through_noise_raises(kind: str, kept: int, noise: bytes) -> None:
    data = GOOD[kind][:kept] + noise
    check(data, walk(data))


@pytest.mark.parametrize(
    ("start", "part", "most"),
    [
        (b"\xff\xd8\xff\xff", b"\xfe\0\2\xff", 20_001),
        (b"\x89PNG\r\n\x1a\n", hostile.png_chunk(b"teSt", b""), 33_200),
        (b"RIFF\xff\xff\xff\0WEBP", b"TEST\0\0\0\0", 100_000),
        (b"GIF89a" + bytes(7), b"!\xfe\0", 100_000),
        (b"\0\0\0\x08ftyp", b"\0\0\0\x08free", 100_000),
    ],
)
def test_parts_are_counted(start: bytes, part: bytes, most: int) -> None:
    found = walk(start + part * 110_000)
    assert (len(found.parts), found.too_many) == (most, True)


def test_sub_blocks_of_a_gif_are_counted() -> None:
    found = walk(b"GIF89a" + bytes(7) + b"!\xfe" + b"\1x" * 50_000 + b"\0;")
    assert found.too_many
    assert found.broken is not None
    assert found.broken.kind == b"!\xfe"


def test_boxes_inside_boxes_are_counted_in_all() -> None:
    data = b"\0\0\0\x08free" * 60_000
    boxes = Boxes(data)
    assert sum(1 for _ in boxes.between(0, len(data))) == 60_000
    with pytest.raises(UnreadableImageError, match="boxes"):
        list(boxes.between(0, len(data)))


def test_a_segment_of_an_impossible_length_ends_the_walk() -> None:
    found = walk(b"\xff\xd8\xff\xe0\0\1\xff\xd9")
    assert found.broken == Segment(b"\xe0", 2, 6, 5)


def test_media_data_that_are_cut_are_a_part_all_the_same() -> None:
    data = b"\0\0\0\x10ftypavif\0\0\0\0" + struct.pack(">I4s", 1000, b"mdat") + b"some"
    found = walk(data)
    assert found.parts[-1] == Segment(b"mdat", 16, 24, len(data))
    assert (found.end, found.broken) == (len(data), Segment(b"mdat", 16, 24, 1016))


def test_tiff_and_unknown_files_have_no_parts() -> None:
    for data in (pictures.tiff(pictures.scene(8, 8)), b"hello", b""):
        assert walk(data) == Walk((), 0)


def test_tiny_chunks_without_number_are_refused_in_little_memory() -> None:
    """A list of them takes twenty times the bytes of a file that holds nothing else."""
    empty = struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
    data = pictures.png_with()
    at = data.index(b"IDAT") - 4
    walked = ImageFile(data[:at] + empty * 60_000 + data[at:]).walk
    assert walked.too_many
    assert len(walked.parts) < 30_000
    assert not ImageFile(data[:at] + empty * 10_000 + data[at:]).walk.too_many
