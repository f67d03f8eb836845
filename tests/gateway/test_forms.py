"""Forms are taken apart in linear time, and put together so that they are read in one way only."""

from __future__ import annotations

import time

import pytest

from indelible.gateway.errors import GatewayError
from indelible.gateway.forms import Part, build, parse

TYPE = "multipart/form-data; boundary=x"


def form(*parts: str) -> bytes:
    return "".join(f"--x\r\n{part}\r\n" for part in parts).encode() + b"--x--\r\n"


def test_there_and_back() -> None:
    parts = [
        Part("prompt", b"a cat\r\n--not"),
        Part("image[]", b"\r\n\0\xff--", "image/png"),
        Part("image[]", b"", "image/jpeg"),
    ]
    body, kind = build(parts)
    back = parse(body, kind)
    assert [(one.name, one.data, one.is_file) for one in back] == [
        ("prompt", b"a cat\r\n--not", False),
        ("image[]", b"\r\n\0\xff--", True),
        ("image[]", b"", True),
    ]
    assert b"picture-1.png" in body


def test_files_are_known_by_a_name_or_a_type() -> None:
    (one,) = parse(form('Content-Disposition: form-data; name="a"; filename="b"\r\n\r\nc'), TYPE)
    assert one.is_file
    (one,) = parse(
        form('Content-Disposition: form-data; name="a"\r\nContent-Type: image/png\r\n\r\nc'), TYPE
    )
    assert one.is_file
    (one,) = parse(
        form('Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain\r\n\r\nc'), TYPE
    )
    assert not one.is_file


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x--",
        b"--x\r\n\r\n\r\n--x--",
        form("Content-Disposition: form-data\r\n\r\nno name"),
        form('Content-Disposition: form-data; name="a\r\nb"\r\n\r\nc'),
        form('Content-Disposition: form-data; name="é"\r\n\r\nc'),
        form(
            'Content-Disposition: form-data; name="a"\r\n'
            'Content-Disposition: form-data; name="b"\r\n\r\nc'
        ),
        form(
            'Content-Disposition: form-data; name="a"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\nYQ=="
        ),
        form('Content-Disposition: form-data; name="a"\r\n\r\nb')[:-6],
        form(*['Content-Disposition: form-data; name="a"\r\n\r\nb'] * 200),
        form('Content-Disposition: form-data; name="a"\r\n\r\n' + "b" * (2 << 20)),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(body: bytes) -> None:
    if body == b"--x--":
        assert parse(body, TYPE) == []
        return
    with pytest.raises(GatewayError) as caught:
        parse(body, TYPE)
    assert caught.value.status == 400


def test_a_boundary_is_needed() -> None:
    for kind in ("multipart/form-data", f"multipart/form-data; boundary={'x' * 100}"):
        with pytest.raises(GatewayError):
            parse(form("a"), kind)


def test_time_is_linear() -> None:
    for body in (b"\r\n" * 500_000, b"--x\r\n" * 200_000, b"\r\n--x" * 200_000):
        began = time.thread_time()
        with pytest.raises(GatewayError):
            parse(body, TYPE)
        assert time.thread_time() - began < 1.0
