"""Comparing files part by part, and HEIF files made safe to put a manifest into."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from indelible import imaging
from indelible.errors import ImageError, UnreadableImageError
from indelible.imaging.structure.iso import Boxes
from indelible.imaging.structure.item_table import item_locations
from tests.imaging import heic_files, hostile, pictures

KINDS = {
    name: pictures.saved(Image.fromarray(pictures.scene()), name.upper())
    for name in ("jpeg", "png", "webp", "gif", "tiff", "avif")
} | {"heic": heic_files.SCENE, "tiled": pictures.tiled_avif(pictures.scene())}
XMP_SEGMENT = b"\xff\xe1" + struct.pack(">H", 40) + b"http://ns.adobe.com/xap/1.0/\0".ljust(38)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_like_itself_and_unlike_every_other(kind: str) -> None:
    data = KINDS[kind]
    assert imaging.difference(data, data) is None
    for at in range(len(data) // 2, len(data) - 16, len(data) // 7):  # where the pixels lie
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            assert imaging.difference(data, changed) is not None, at
        except ImageError:
            continue


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_files_raise_our_errors_only(kind: str) -> None:
    for _, data in hostile.mutations(KINDS[kind], count=60):
        for before, after in ((KINDS[kind], data), (data, data)):
            try:
                imaging.difference(before, after)
                if data[4:8] == b"ftyp":
                    imaging.with_plain_items(data)
            except ImageError:
                continue


@pytest.mark.parametrize("place", [0, 65_535, 65_536, 99_999])
def test_long_parts_are_compared_to_their_end(place: int) -> None:
    data = KINDS["jpeg"]
    long = data[:-2] + bytes(100_000) + data[-2:]
    at = len(data) - 2 + place
    changed = long[:at] + b"\1" + long[at + 1 :]
    assert imaging.difference(long, long) is None
    assert imaging.difference(long, changed) == "the picture data"


def test_an_xmp_packet_may_differ_where_that_is_allowed() -> None:
    data = KINDS["jpeg"]
    changed = data[:2] + XMP_SEGMENT + data[2:]
    assert imaging.difference(data, changed) is not None
    assert imaging.difference(data, changed, xmp=True) is None


def test_frames_and_pages_count() -> None:
    frames = [Image.fromarray(pictures.scene() // np.uint8(n + 1)) for n in range(3)]
    for kind in ("GIF", "WEBP", "TIFF", "AVIF"):
        all_of_them = pictures.saved(frames[0], kind, save_all=True, append_images=frames[1:])
        two = pictures.saved(frames[0], kind, save_all=True, append_images=frames[1:2])
        assert imaging.difference(all_of_them, two) is not None
        assert imaging.difference(all_of_them, all_of_them) is None


@pytest.mark.parametrize("base", [True, False])
def test_items_in_idat_are_placed_in_the_file(base: bool) -> None:
    data = pictures.tiled_avif(pictures.scene(96, 128), base=base)
    plain = imaging.with_plain_items(data)
    assert plain.startswith(data[: data.index(b"iloc") - 4])
    assert np.array_equal(imaging.decode(plain).pixels, imaging.decode(data).pixels)
    boxes = Boxes(plain)
    (meta,) = (box for box in boxes.between(0, len(plain)) if box.kind == b"meta")
    inside = list(boxes.between(meta.content + 4, meta.end))
    (table,) = (box for box in inside if box.kind == b"iloc")
    items = item_locations(plain, table)
    assert {(item.method, item.base) for item in items} == {(0, 0)}
    assert imaging.with_plain_items(plain) == plain


def test_a_last_box_without_an_end_gets_one() -> None:
    data = pictures.tiled_avif(pictures.scene(96, 128))
    at = data.index(b"mdat") - 4
    endless = data[:at] + bytes(4) + data[at + 4 :]
    plain = imaging.with_plain_items(endless)
    assert plain == imaging.with_plain_items(data)


def test_what_needs_no_change_is_left_alone() -> None:
    for data in (KINDS["avif"], heic_files.SCENE):
        assert imaging.with_plain_items(data) is data


def test_boxes_are_not_nested_without_end() -> None:
    data = b""
    for _ in range(2_000):
        data = pictures.box(b"trak", data)
    data = pictures.box(b"ftyp", b"avif\0\0\0\0avif") + pictures.box(b"moov", data)
    with pytest.raises(UnreadableImageError, match="nested"):
        imaging.difference(data, data)
    with pytest.raises(UnreadableImageError, match="damaged"):
        imaging.read_header(data)


def test_many_pieces_of_no_length_cost_nothing() -> None:
    items = b"".join(struct.pack(">HHHH", n, 0, 0, 65535) for n in range(20_000))
    table = pictures.full_box(b"iloc", struct.pack(">BBH", 0, 0, 20_000) + items, 1)
    data = pictures.box(b"ftyp", b"avif\0\0\0\0avif") + pictures.full_box(b"meta", table)
    with pytest.raises(UnreadableImageError):
        imaging.difference(data, data)
    with pytest.raises(UnreadableImageError):
        imaging.with_plain_items(data)


@pytest.mark.parametrize(
    ("urn", "words"),
    [
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", "a depth map"),
        (b"urn:com:apple:photo:2020:aux:hdrgainmap", "a gain map"),
        (b"urn:com:apple:photo:2018:aux:portraiteffectsmatte", "a matte"),
        (b"urn:example:unknown", "an auxiliary picture"),
    ],
)
def test_auxiliary_pictures_are_named(urn: bytes, words: str) -> None:
    (note,) = imaging.decode(pictures.tiled_avif(pictures.scene(96, 128), auxiliary=urn)).notes
    assert words in note


def test_a_second_picture_is_named() -> None:
    (note,) = imaging.decode(pictures.tiled_avif(pictures.scene(96, 128), second=True)).notes
    assert "another picture" in note


def test_the_entries_of_all_pages_are_counted() -> None:
    """What a file of a few megabytes costs does not grow with how its directories are filled."""
    entries, pages = 4000, 60
    page = struct.pack("<H", entries) + struct.pack("<HHII", 700, 4, 1, 0) * entries
    data = b"II*\0\x08\0\0\0"
    for number in range(pages):
        following = len(data) + len(page) + 4 if number < pages - 1 else 0
        data += page + struct.pack("<I", following)
    with pytest.raises(UnreadableImageError, match="too many entries"):
        imaging.difference(data, data)
