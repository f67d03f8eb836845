"""Archives are taken apart within limits."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from indelible.gateway.archives import pack, unpack
from indelible.gateway.errors import GatewayError


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return stream.getvalue()


def test_there_and_back() -> None:
    found = unpack(archive(a=b"one", b=b"two"), most=3, size=100)
    assert found == [("a", b"one"), ("b", b"two")]
    assert unpack(pack(found), most=2, size=6) == found


def test_odd_names_are_made_anew() -> None:
    names = ["../../etc/passwd", "a.png", "a.png", "/a", "ü.png"]
    made = pack([(name, b"x") for name in names])
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.namelist() == ["image_0", "a.png", "image_2", "image_3", "image_4"]


def test_limits() -> None:
    good = archive(a=b"one", b=b"two")
    odd = {
        "too many": (good, 1, 100),
        "too large": (good, 2, 5),
        "a bomb": (archive(a=bytes(50 << 20)), 2, 1 << 20),
        "nothing": (archive(), 2, 100),
        "more at its end": (good + b"x", 2, 100),
        "cut": (good[:-1], 2, 100),
        "none": (b"PK\x03\x04", 2, 100),
        "a folder": (archive(**{"a/": b""}), 2, 100),
        "a long list": (archive(**{"n" * 60_000: b"", "m" * 60_000: b""}), 2, 100),
        "damaged": (good.replace(b"PK\x03\x04", b"PK\x03\x05", 1), 2, 100),
    }
    for name, (data, most, size) in odd.items():
        with pytest.raises(GatewayError) as caught:
            unpack(data, most=most, size=size)
        assert caught.value.status == 502, name


def test_a_locked_member() -> None:
    data = bytearray(archive(a=b"one"))
    place = data.index(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, place + 8)[0]
    struct.pack_into("<H", data, place + 8, flags | 1)
    with pytest.raises(GatewayError):
        unpack(bytes(data), most=2, size=100)
