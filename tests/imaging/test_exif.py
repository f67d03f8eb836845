"""EXIF blocks: what they say, and what is changed of them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from indelible.imaging.exif import (
    camera,
    clean_exif,
    exif_within,
    exif_without_orientation,
    fit_exif,
    has_preview,
    text_fields,
)
from tests.fuzz import build

PARAMETERS = "Steps: 20, Sampler: Euler a"


def block(**tags: object) -> bytes:
    """Return a block that Pillow wrote: main tags as t271, those of EXIF's directory as e33434."""
    exif = Image.Exif()
    for name, value in tags.items():
        place = exif if name[0] == "t" else exif.get_ifd(0x8769)
        place[int(name[1:])] = value
    return exif.tobytes(8).removeprefix(b"Exif\0\0")


def tags_of(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


def test_utf_16_comments_in_both_orders() -> None:
    for order, encoding in (("<", "utf-16-le"), (">", "utf-16-be")):
        comment = b"UNICODE\0" + PARAMETERS.encode(encoding)
        exif = Image.Exif()
        exif.endian = order
        exif.get_ifd(0x8769)[0x9286] = comment
        block = exif.tobytes(8).removeprefix(b"Exif\0\0")
        assert "Sampler" in text_fields(block)["UserComment"]


def test_exif_names_count_once_and_long_fields_are_cut() -> None:
    def block(*entries: tuple[int, int, int, int]) -> bytes:
        return build.exif(list(entries), bytes(94) + b"b" * 70_000)

    fields = text_fields(block((0x0131, 2, 70_000, 132), (0x0131, 2, 3, 0x616161)))
    assert fields == {"Software": "b" * 65_536}
    below = build.directory([(0x9286, 7, 4, 0x63636363)])
    data = build.exif([(0x8769, 4, 1, 38), (0x8769, 4, 1, 8)], below)
    assert text_fields(data) == {}  # a comment begins behind eight bytes that say its encoding
    below = build.directory([(0x010E, 2, 4, 0x63636363)])
    data = build.exif([(0x8769, 4, 1, 38), (0x8769, 4, 1, 8)], below)
    assert text_fields(data) == {"ImageDescription": "cccc"}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (block(t271="Acme", t272="Mark II", e33434=(1, 125)), "Acme Mark II"),
        (block(t271="Acme", t272="Acme Mark II", t33437=(28, 10)), "Acme Mark II"),
        (block(t272="Mark II", e34855=100), "Mark II"),
        (block(t271="Acme", e37386=(50, 1)), "Acme"),
        (block(t271="Acme", t272="Scanner"), None),
        (block(e33434=(1, 125)), None),
        (b"II*\0", None),
        (None, None),
    ],
)
def test_a_camera_says_how_it_exposed(data: bytes | None, name: str | None) -> None:
    assert camera(data) == name


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", ["H", "I"])
@pytest.mark.parametrize("stored", range(10))
def test_orientation_in_either_type_and_order(order: str, code: str, stored: int) -> None:
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(f"{order}HHI", 0x0112, 3 if code == "H" else 4, 1)
    value = struct.pack(f"{order}{code}", stored).ljust(4, b"\0")
    start = mark + struct.pack(f"{order}HIH", 42, 8, 1)
    data = start + entry + value + struct.pack(f"{order}I", 8)
    cleaned, orientation = clean_exif(b"Exif\0\0" + data)
    assert orientation == (stored if 1 <= stored <= 8 else 1)
    assert has_preview(data)
    assert cleaned is not None
    assert not has_preview(cleaned)
    assert clean_exif(cleaned) == (cleaned, 1)
    assert len(cleaned) == len(data)
    assert 0x0112 not in tags_of(exif_without_orientation(cleaned))


def test_sizes_and_resolutions_turn_with_the_picture() -> None:
    data = block(t282=IFDRational(300), t283=IFDRational(72), t271="Acme", e40962=64, e40963=48)
    turned = tags_of(fit_exif(data, 48, 64, 6))
    assert (turned[282], turned[283]) == (72, 300)
    own = turned.get_ifd(0x8769)
    assert (own[40962], own[40963]) == (48, 64)
    assert fit_exif(data, 64, 48, 1) == data
    assert fit_exif(data, 1, 2, 1) == data  # of another picture


def test_what_fits_is_kept_before_the_maker_note_goes() -> None:
    data = block(t271="Acme", e33434=(1, 125), e37500=bytes(5_000))
    assert exif_within(data, len(data)) == (data, None)
    compact, lost = exif_within(data + bytes(9_000), len(data))
    assert lost is None
    assert compact is not None
    assert tags_of(compact).get_ifd(0x8769) == tags_of(data).get_ifd(0x8769)
    small, lost = exif_within(data, 1_000)
    assert lost == "EXIF maker note"
    assert small is not None
    assert text_fields(small) == {"Make": "Acme"}
    assert 37500 not in tags_of(small).get_ifd(0x8769)
    assert exif_within(data, 20) == (None, "EXIF block")
    assert exif_within(b"no EXIF", 2) == (None, "EXIF block")


@given(st.binary(max_size=300), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_any_bytes_are_taken(noise: bytes, head: bytes) -> None:
    data = head + noise
    camera(data)
    cleaned, orientation = clean_exif(data)
    assert 1 <= orientation <= 8
    if cleaned is not None:
        exif_within(exif_without_orientation(fit_exif(cleaned, 48, 64, 6)), 100)
