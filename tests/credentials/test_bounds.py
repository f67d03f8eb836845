"""Manifests that announce more than they hold are refused before anything is allocated."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indelible.credentials import (
    Assertion,
    DevelopmentIdentity,
    Trust,
    extract_store,
    read,
    sign,
)
from indelible.credentials.bounds import _check_cbor, _segments, _stores, check_bounds
from tests.credentials.conftest import make_request, picture

KINDS = ["jpeg", "png", "webp", "tiff", "gif", "avif"]
# Strings, lists and maps that announce gigabytes, with lengths of four and of eight bytes.
BOMBS = [bytes.fromhex(head + "f0000000") for head in ("5a", "7a", "9a", "ba", "5f5a")]
BOMBS += [bytes.fromhex(head + "000000f000000000") for head in ("5b", "7b", "9b", "bb")]
BOMBS += [b"\x5b" + b"\xff" * 8]
ITEMS = "00 4161 6161 8101 a10102 9f01ff bf0102ff 5f4161ff c101 f6 fb0000000000000000"


@pytest.fixture(scope="module", params=KINDS)
def signed(request: pytest.FixtureRequest, identity: DevelopmentIdentity) -> tuple[str, bytes]:
    # More than one APP11 segment, and many sub-blocks of a GIF.
    long = Assertion("com.example.long", {"text": "x" * 100_000})
    wanted = make_request(assertions=(long,))
    kind: str = request.param
    return kind, sign(picture(kind), kind, wanted, identity.signer).data


def test_good_manifests_pass_and_are_seen_whole(signed: tuple[str, bytes]) -> None:
    _, data = signed
    check_bounds(data)
    store = extract_store(data)
    assert store is not None
    check_bounds(store)
    assert any(item.startswith(store) for item in _stores(data))


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_found_in_every_container(
    bomb: bytes, signed: tuple[str, bytes], trust: Trust
) -> None:
    kind, data = signed
    at = data.index(b"calgsorg.indelible") + 4
    damaged = data[:at] + bomb + data[at + len(bomb) :]
    report = read(damaged, kind, trust=trust)
    assert report.state == "unreadable"
    assert "more than it holds" in report.reasons[0]


def test_a_bomb_in_a_store_that_stands_alone(identity: DevelopmentIdentity) -> None:
    store = sign(picture(), "jpeg", make_request(), identity.signer).manifest_store
    at = store.index(b"calgsorg") + 4
    damaged = store[:at] + BOMBS[0] + store[at + 5 :]
    assert read(picture(), "jpeg", manifest_store=damaged).state == "unreadable"


def test_compressed_manifests_are_refused(identity: DevelopmentIdentity) -> None:
    data = sign(picture("png"), "png", make_request(), identity.signer).data
    report = read(data.replace(b"cbor", b"brob"), "png")
    assert report.state == "unreadable"
    assert "compressed" in report.reasons[0]


def test_pictures_that_only_look_like_it_pass() -> None:
    """What lies in pixels and ordinary metadata is no manifest."""
    out = io.BytesIO()
    image = Image.new("RGB", (16, 16))
    image.save(out, "JPEG", comment=b"cbor" + BOMBS[0] + b"jumb")
    check_bounds(out.getvalue())
    data = picture("png")
    body = b"cbor" + BOMBS[0] + b"brob"
    chunk = struct.pack(">I", len(body)) + b"teSt" + body
    chunk += struct.pack(">I", zlib.crc32(b"teSt" + body))
    check_bounds(data[:33] + chunk + data[33:])
    check_bounds(b"")
    check_bounds(b"cbor" * 100)


def test_segments_are_found_beyond_the_pixels() -> None:
    """A scan ends at the next marker that is neither a stuffed byte nor a restart."""
    scan = b"\xff\xda\0\x03\0" + b"\n\xff\0\xff\xd0\xff\xd7\xff\x01\xff\xbf\xeb\xff"
    segment = b"\xff\xeb\0\x05abc"
    data = b"\xff\xd8" + segment + scan + segment + b"\xff\xc4\0\x02" + scan + segment
    assert list(_segments(data, 0xEB)) == [b"abc"] * 3
    assert list(_segments(data + scan, 0xEB)) == [b"abc"] * 3  # and then nothing


def test_stores_are_found_where_their_length_begins() -> None:
    inside = b"jumb\0\0\0\njumdc2pa"
    whole = b"\0\0\0\x14" + inside
    assert list(_stores(whole + whole + b"more")) == [whole, whole]
    assert list(_stores(inside)) == []
    assert list(_stores(b"\0\0\0" + inside)) == []
    assert list(_stores(b"\xff" * 4 + inside + b"more")) == [b"\xff" * 4 + inside + b"more"]


@pytest.mark.parametrize("text", ITEMS.split())
def test_well_formed_items_pass(text: str) -> None:
    data = bytes.fromhex(text)
    _check_cbor(data, 0, len(data))
    _check_cbor(data + b"padding", 0, len(data) + 7)


@pytest.mark.parametrize("text", ["", "42", "4261", "81", "a101", "9f", "ff", "1c", "df", "1b00"])
def test_items_that_are_cut_or_malformed_do_not(text: str) -> None:
    data = bytes.fromhex(text)
    with pytest.raises(ValueError, match="part of it"):
        _check_cbor(data, 0, len(data))


def test_deep_nesting_is_refused() -> None:
    for item in (b"\x81", b"\x9f", b"\xa1\x01", b"\xc1"):
        with pytest.raises(ValueError, match=r"deep|part of it"):
            _check_cbor(item * 1000 + b"\x00", 0, len(item) * 1000 + 1)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8", b"GIF89a", b"\0\0\1\0jumb\0\0\0\x1ejumdc2pa"]),
)
def test_any_bytes_are_checked_or_refused(data: bytes, head: bytes) -> None:
    list(_segments(head + data, 0xEB))
    try:
        check_bounds(head + data)
    except ValueError:
        return
