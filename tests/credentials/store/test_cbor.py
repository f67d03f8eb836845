"""CBOR that announces more than it holds is refused before anything is allocated."""

from __future__ import annotations

from contextlib import suppress

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials import DevelopmentIdentity, Trust, read, sign
from indelible.credentials.store.cbor import check_cbor, decode_cbor
from tests.credentials.conftest import make_request, picture

KINDS = ["jpeg", "png", "webp", "tiff", "gif", "avif"]
# Strings, lists and maps that announce gigabytes, with lengths of four and of eight bytes.
BOMBS = [bytes.fromhex(head + "f0000000") for head in ("5a", "7a", "9a", "ba", "5f5a")]
BOMBS += [bytes.fromhex(head + "000000f000000000") for head in ("5b", "7b", "9b", "bb")]
BOMBS += [b"\x5b" + b"\xff" * 8]
ITEMS = "00 4161 6161 8101 a10102 9f01ff bf0102ff 5f4161ff c101 f6 fb0000000000000000"


@pytest.fixture(scope="module", params=KINDS)
def signed(request: pytest.FixtureRequest, identity: DevelopmentIdentity) -> tuple[str, bytes]:
    kind: str = request.param
    return kind, sign(picture(kind), make_request(), identity.signer).data


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_found_in_every_container(
    bomb: bytes, signed: tuple[str, bytes], trust: Trust
) -> None:
    kind, data = signed
    at = data.index(b"calgsorg.indelible") + 4
    damaged = data[:at] + bomb + data[at + len(bomb) :]
    report = read(damaged, trust=trust)
    assert report.state == "unreadable"
    # In a PNG the checksum of the chunk is wrong as well, and looked at before.
    assert kind == "png" or "more than it holds" in report.reasons[0]


def test_a_bomb_in_a_store_that_stands_alone(identity: DevelopmentIdentity) -> None:
    store = sign(picture(), make_request(), identity.signer).manifest_store
    at = store.index(b"calgsorg") + 4
    damaged = store[:at] + BOMBS[0] + store[at + 5 :]
    assert read(picture(), manifest_store=damaged).state == "unreadable"
    assert read(damaged).state == "unreadable"


@pytest.mark.parametrize("text", ITEMS.split())
def test_well_formed_items_pass(text: str) -> None:
    data = bytes.fromhex(text)
    assert check_cbor(data, 0, len(data), 10) >= 1
    check_cbor(data + bytes(7), 0, len(data) + 7, 10)


def test_nothing_may_lie_behind_an_item() -> None:
    for behind in (b"x", b"\0\1", b"\0" * 9 + b"\xff"):
        with pytest.raises(ValueError, match="behind"):
            check_cbor(b"\x01" + behind, 0, 1 + len(behind), 10)


@pytest.mark.parametrize("text", ["", "42", "4261", "81", "a101", "9f", "ff", "1c", "df", "1b00"])
def test_items_that_are_cut_or_malformed_do_not(text: str) -> None:
    data = bytes.fromhex(text)
    with pytest.raises(ValueError, match="part of it"):
        check_cbor(data, 0, len(data), 10)


@pytest.mark.parametrize("item", [b"\x81", b"\x9f", b"\xa1\x01", b"\xc1", b"\x5f"])
def test_deep_nesting_is_refused(item: bytes) -> None:
    with pytest.raises(ValueError, match=r"deep|part of it"):
        check_cbor(item * 1000 + b"\x00", 0, len(item) * 1000 + 1, 10_000)


def test_work_is_counted() -> None:
    items = b"\x99\x03\xe8" + b"\x01" * 1000
    assert check_cbor(items, 0, len(items), 1001) == 1001
    with pytest.raises(ValueError, match="too many"):
        check_cbor(items, 0, len(items), 1000)
    text = b"\x59\x03\xe8" + bytes(1000)
    assert check_cbor(text, 0, len(text), 10) == 1
    assert check_cbor(text, 0, len(text), 1000, item_bytes=10) == 101
    with pytest.raises(ValueError, match="too many"):
        check_cbor(text, 0, len(text), 100, item_bytes=10)


def test_what_readers_could_take_in_two_ways_has_no_value() -> None:
    assert decode_cbor(cbor2.dumps({"a": [1, b"x"]}) + bytes(9)) == {"a": [1, b"x"]}
    assert decode_cbor(bytes.fromhex("a2616101616102")) is None  # a key twice
    assert decode_cbor(bytes.fromhex("a10102")) is None
    assert decode_cbor(bytes.fromhex("a10102"), text_keys=False) == {1: 2}
    many = cbor2.dumps(dict.fromkeys(range(100), 0))
    assert decode_cbor(many, text_keys=False) is None
    assert decode_cbor(b"\xbf\x01\x02\xff", text_keys=False) is None
    assert decode_cbor(bytes.fromhex("d81e820100")) is None  # a fraction with the denominator 0
    assert decode_cbor(bytes.fromhex("c06161")) is None  # no date


@given(st.binary(max_size=300))
def test_any_bytes_are_checked_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        check_cbor(data, 0, len(data), 1000)
    decode_cbor(data)
    decode_cbor(data, text_keys=False)
