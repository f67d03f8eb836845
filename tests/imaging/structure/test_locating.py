"""One reader for each container finds the manifest store, or says why nobody can."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.security.fillings import container, iso_box, jpeg_segment, png_chunk, riff_chunk
from indelible.credentials import Assertion, DevelopmentIdentity, Trust, extract_store, read, sign
from indelible.credentials.store.box_names import box_names
from indelible.errors import UnsupportedImageError
from indelible.imaging import C2PA_UUID, ImageFile, Located, Span
from tests.credentials.conftest import make_request, picture

KINDS = ("jpeg", "png", "webp", "gif", "tiff", "avif")
FOREIGN = b"JP\0\1\0\0\0\1" + b"\0\0\0\x31jumb\0\0\0\x29jumd" + b"json" + bytes(12) + b"\3a\0" * 6


def locate(data: bytes) -> Located | None:
    return ImageFile(data).manifest


@pytest.fixture(scope="module")
def store(identity: DevelopmentIdentity) -> bytes:
    # More than one APP11 segment, and many sub-blocks of a GIF.
    long = Assertion("com.example.long", {"text": "x" * 100_000})
    wanted = make_request(assertions=(long,))
    return sign(picture(), wanted, identity.signer).manifest_store


def _saved(kind: str, pixels: np.ndarray | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(np.zeros((16, 16, 3), np.uint8) if pixels is None else pixels)
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [10, 100_001])
def test_signed_pictures_hold_exactly_their_store(
    kind: str, length: int, identity: DevelopmentIdentity, trust: Trust
) -> None:
    long = Assertion("com.example.long", {"text": "x" * length})
    first = sign(picture(kind), make_request(assertions=(long,)), identity.signer)
    again = sign(first.data, make_request(), identity.signer)
    for signed in (first, again):
        found = locate(signed.data)
        assert found is not None
        assert found.store == signed.manifest_store == extract_store(signed.data)
        assert len(found.container) == 1
        report = read(signed.data, trust=trust)
        assert report.state == "trusted"
        assert "leaves out" not in " ".join(report.reasons)


@pytest.mark.parametrize(
    ("kind", "pixels", "options"),
    [
        ("tiff", np.zeros((16, 16), ">u2"), {}),  # in the other byte order
        ("jpeg", None, {"progressive": True}),
        ("jpeg", None, {"restart_marker_blocks": 1}),
        ("webp", None, {"lossless": True}),
        ("png", np.zeros((16, 16, 4), np.uint8), {}),
    ],
)
def test_other_layouts_of_a_format_can_be_signed(
    kind: str,
    pixels: np.ndarray | None,
    options: dict[str, Any],
    trust: Trust,
    identity: DevelopmentIdentity,
) -> None:
    data = _saved(kind, pixels, **options)
    assert locate(data) is None
    signed = sign(data, make_request(), identity.signer)
    assert read(signed.data, trust=trust).state == "trusted"


def test_a_bigtiff_is_not_signed_with_a_hole(identity: DevelopmentIdentity, trust: Trust) -> None:
    """The library would leave eight bytes of another tag out of the hash."""
    data = _saved("tiff", big_tiff=True)
    with pytest.raises(UnsupportedImageError, match="BigTIFF"):
        sign(data, make_request(), identity.signer)
    beside = sign(data, make_request(embed=False), identity.signer)
    store = beside.manifest_store
    assert read(data, trust=trust, manifest_store=store).state == "trusted"


@pytest.mark.parametrize("order", "<>")
def test_a_bigtiff_can_be_read(order: str, store: bytes) -> None:
    head = struct.pack(f"{order}HHHQ", 43, 8, 0, 16)
    entry = struct.pack(f"{order}HHQQ", 0xCD41, 7, len(store), 52)
    start = {"<": b"II", ">": b"MM"}[order] + head + struct.pack(f"{order}Q", 1) + entry
    found = locate(start + bytes(8) + store)
    assert found is not None
    assert (found.store, found.container, found.optional) == (
        store,
        (Span(52, 52 + len(store)),),
        (Span(28, 36),),
    )


def test_a_bare_store_is_found_as_it_is(store: bytes) -> None:
    found = locate(store)
    assert found is not None
    assert (found.store, found.container) == (store, (Span(0, len(store)),))


# --- what could be taken in two ways ---


def _jpeg(store: bytes, *segments: bytes) -> bytes:
    data = picture()
    return data[:20] + b"".join(segments) + container("jpeg", store) + data[20:]


def _pieces(store: bytes) -> list[bytes]:
    held = container("jpeg", store)
    return [
        held[item.start - 2 : item.end - 2] for item in ImageFile(b"\xff\xd8" + held).walk.parts
    ][1:]


def test_the_pieces_of_a_jpegs_store_must_follow_each_other(store: bytes) -> None:
    one, two = _pieces(store)
    data = picture()
    comment = jpeg_segment(0xFE, b"x")
    renumbered = two[:8] + struct.pack(">I", 3) + two[12:]
    other = two[:6] + b"\x02\x12" + two[8:]
    wrong_header = two[:12] + b"\0\0\0\x64jumb" + two[20:]
    short = jpeg_segment(0xEB, two[4:20])
    assert locate(data[:20] + one + two + data[20:]) is not None
    for order in (
        (one,),
        (two, one),
        (one, two, two),
        (one, comment, two),
        (one, b"\xff", two),
        (one, b"junk", two),
        (one, renumbered),
        (one, other),
        (one, wrong_header),
        (short, one, two),
        (one, short, two),
        (one, two, short),
        (one[:6] + b"\x02\x12" + one[8:], two, one),
    ):
        with pytest.raises(ValueError, match=r"pieces|more than one"):
            locate(data[:20] + b"".join(order) + data[20:])


def test_foreign_jumbf_beside_it_is_somebody_elses(store: bytes) -> None:
    foreign = jpeg_segment(0xEB, FOREIGN)
    held = container("jpeg", store)
    data = picture()
    found = locate(data[:20] + foreign + held + foreign + data[20:])
    assert found is not None
    assert found.container == (Span(20 + len(foreign), 20 + len(foreign) + len(held)),)
    assert locate(data[:20] + foreign + data[20:]) is None


def test_foreign_jumbf_is_signed_like_the_rest(identity: DevelopmentIdentity, trust: Trust) -> None:
    data = picture()
    foreign = jpeg_segment(0xEB, FOREIGN)
    signed = sign(data[:20] + foreign + data[20:], make_request(), identity.signer)
    assert read(signed.data, trust=trust).state == "trusted"
    at = signed.data.index(FOREIGN)
    changed = signed.data[: at + 60] + b"b" + signed.data[at + 61 :]
    assert read(changed, trust=trust).changed_only


def test_a_length_of_64_bits_is_refused(store: bytes) -> None:
    long = struct.pack(">I4sQ", 1, b"jumb", len(store) + 8) + store[8:]
    for kind in ("png", "webp", "gif", "avif"):
        report = read(_with(kind, long))
        assert report.state == "unreadable", kind
    body = b"JP\x02\x11\0\0\0\1" + long[:60_000]
    data = picture()
    with pytest.raises(ValueError, match="damaged"):
        locate(data[:20] + jpeg_segment(0xEB, body) + data[20:])


def _with(kind: str, store: bytes, *, times: int = 1) -> bytes:
    """Return a picture with stores where they belong."""
    data = picture(kind)
    held = container(kind, store) * times
    match kind:
        case "jpeg":
            return data[:20] + held + data[20:]
        case "png":
            return data[:33] + held + data[33:]
        case "webp":
            held += bytes(len(held) % 2)
            return data[:4] + struct.pack("<I", len(data) + len(held) - 8) + data[8:] + held
        case "gif":
            at = 13 + 3 * 2 ** ((data[10] & 7) + 1)
            return data[:at] + held + data[at:]
        case _:
            return data + held


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "avif"])
def test_two_stores_are_refused(kind: str, store: bytes) -> None:
    if kind == "webp":
        store += bytes(len(store) % 2)
    assert locate(_with(kind, store)) is not None
    with pytest.raises(ValueError, match=r"more than one|pieces"):
        locate(_with(kind, store, times=2))


def test_two_tags_are_refused(identity: DevelopmentIdentity) -> None:
    signed = sign(picture("tiff"), make_request(), identity.signer).data
    found = locate(signed)
    assert found is not None
    entry = found.optional[0].start - 4
    layout = struct.unpack_from("<HHII", signed, entry)
    data = bytearray(signed)
    # Another tag of the same directory, with the same value.
    struct.pack_into("<HHII", data, entry - 12, *layout)
    with pytest.raises(ValueError, match="more than one"):
        locate(bytes(data))
    struct.pack_into("<I", data, entry - 4, len(data))  # and outside the file
    with pytest.raises(ValueError, match=r"damaged|more than one"):
        locate(bytes(data))


def test_cut_and_oversized_containers_are_refused(store: bytes) -> None:
    for kind in ("png", "webp", "avif"):
        data = _with(kind, store)
        at = data.index(store)
        with pytest.raises(ValueError, match="damaged"):
            locate(data[: at + 1000])
    png = _with("png", store)
    at = png.index(store)
    with pytest.raises(ValueError, match="damaged"):  # a wrong checksum
        locate(png[: at + 50] + b"\0\1" + png[at + 52 :])


def test_what_only_looks_like_a_manifest_is_none() -> None:
    data = _saved("jpeg", comment=b"jumbc2pa cbor")
    assert locate(data) is None
    png = picture("png")
    assert locate(png[:33] + png_chunk(b"teSt", b"caBX" * 9) + png[33:]) is None
    assert locate(picture("webp") + riff_chunk(b"C2PA", b"behind the end")) is None
    assert locate(picture("avif") + iso_box(b"uuid", bytes(16) + C2PA_UUID)) is None
    gif = picture("gif")
    assert locate(gif[:-1] + container("gif", b"after the picture") + b";") is None
    for tiff in (b"II*\0\x08\0\0\0\1\0" + bytes(12) + b"\x08\0\0\0", b"MM\0*", b"II+\0" + bytes(9)):
        assert locate(tiff) is None  # a circle of directories, and headers that are cut


def test_the_purpose_of_a_box_is_looked_at(store: bytes) -> None:
    data = picture("avif")
    for head in (b"\0\0\0\1manifest\0" + bytes(8), bytes(4) + b"manifest\0" + b"\1" * 8, bytes(8)):
        with pytest.raises(ValueError, match="damaged"):
            locate(data + iso_box(b"uuid", C2PA_UUID + head + store))
    with pytest.raises(ValueError, match="more than one"):
        locate(data + iso_box(b"uuid", C2PA_UUID + bytes(4) + b"other\0" + bytes(8) + store))
    long = struct.pack(">I4sQ", 1, b"uuid", 16 + 37 + len(store))
    with pytest.raises(ValueError, match="damaged"):
        locate(data + long + C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + store)


def test_an_original_and_its_update_are_one_store(store: bytes) -> None:
    boxes = [
        iso_box(b"uuid", C2PA_UUID + bytes(4) + purpose + b"\0" + bytes(8) + store)
        for purpose in (b"original", b"update")
    ]
    found = locate(picture("avif") + b"".join(boxes))
    assert found is not None
    assert len(found.store) == len(store) * 2 - 38  # without the second header and description
    assert int.from_bytes(found.store[:4], "big") == len(found.store)
    with pytest.raises(ValueError, match="more than one"):
        locate(picture("avif") + boxes[0])


def test_segments_are_found_beyond_the_pixels_and_none_beyond_the_end() -> None:
    scan = b"\xff\xda\0\x03\0" + b"\n\xff\0\xff\xd0\xff\xd7\xff\0"
    segment = b"\xff\xeb\0\x05abc"
    data = b"\xff\xd8" + segment + b"junk" + segment + scan + segment + b"\xff\xff\xc4\0\x02" + scan
    kinds = [item.kind for item in ImageFile(data + segment + b"\xff\xd9" + segment).walk.parts]
    assert kinds == [
        b"\xd8",
        b"\xeb",
        b"\xeb",
        b"\xda",
        b"\xeb",
        b"\xc4",
        b"\xda",
        b"\xeb",
        b"\xd9",
    ]


@pytest.mark.parametrize(("kind", "first"), [("jpeg", "SOI"), ("png", "IHDR"), ("gif", "GIF89a")])
def test_parts_are_named_for_box_hashes(kind: str, first: str, store: bytes) -> None:
    data = _with(kind, store)
    found = locate(data)
    assert found is not None
    names = box_names(ImageFile(data), found.container[0])
    assert names is not None
    assert (names[0], names.count("C2PA")) == (first, 1)
    assert box_names(ImageFile(data + b"x"), found.container[0]) is None
    assert box_names(ImageFile(picture("webp")), None) is None
    plain = box_names(ImageFile(picture(kind)), None)
    assert plain == [name for name in names if name != "C2PA"]


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"\xff\xd8\xff\xebc2pa",
            b"\x89PNG\r\n\x1a\ncaBX",
            b"RIFF\xff\xff\0\0WEBPC2PA",
            b"GIF89a" + bytes(7) + b"!\xff\x0bC2PA_GIF\1\0\0",
            b"II*\0\x08\0\0\0\1\0\x41\xcd\7\0",
            b"MM\0+\0\x08\0\0" + bytes(7) + b"\x10",
            b"\0\0\0\x08ftyp\0\0\0\0uuid" + C2PA_UUID,
            b"\0\0\0\x08jumb",
        ]
    ),
)
def test_any_bytes_are_located_or_refused(data: bytes, head: bytes) -> None:
    with suppress(ValueError):
        locate(head + data)
    box_names(ImageFile(head + data), Span(4, 5))
