"""Pictures on their way in: forms, slow clients, and bodies that are made to cost much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request

from indelible.service import arriving
from indelible.service.arriving import Arrival, picture_of
from indelible.service.failures import RefusedError
from indelible.service.queueing import Room

FORM = "multipart/form-data; boundary=b"


def arrive(
    *pieces: bytes, kind: str = FORM, pause: float = 0.0, seconds: float = 60.0, most: int = 1 << 26
) -> tuple[bytes, dict[str, str]]:
    waiting: Iterator[bytes] = iter(pieces)
    left = len(pieces)

    async def receive() -> dict[str, Any]:
        nonlocal left
        await asyncio.sleep(pause)
        left -= 1
        return {"type": "http.request", "body": next(waiting), "more_body": left > 0}

    scope = {"type": "http", "headers": [(b"content-type", kind.encode())]}
    hold = Room(8, 1 << 30, lambda: 1.0).hold("a")
    return asyncio.run(picture_of(Request(scope, receive), Arrival(most, seconds), hold))


def part(content: bytes, name: str = "file") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'
    return b"--b\r\n" + disposition.encode() + content + b"\r\n"


@pytest.mark.parametrize(
    "content", [b"abc", b"\r\n", b"--b", b"\r\n--", b"a\r\n\r\nb", bytes(range(256))]
)
def test_a_forms_parts_are_taken_as_they_are(content: bytes) -> None:
    body = (
        b"preamble\r\n" + part(b"note", "record") + part(content) + part(b"second") + b"--b--\r\n"
    )
    picture, fields = arrive(body[:30], body[30:])
    assert picture == content
    assert fields == {"record": "note"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b--",
        b"--b\r\n",
        b"--b\r\nA: b\r\n--b--",
        part(b"x"),  # without an end
        part(b"x") * 17 + b"--b--",
        b"--b\r\nA: " + b"x" * 5000 + b"\r\n\r\nx\r\n--b--",
        b"--b\r\n\r\nno name\r\n--b--",
        b"--c\r\n\r\nx\r\n--c--",
    ],
)
def test_other_forms_hold_no_picture(body: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        arrive(body)
    assert refused.value.code in ("bad_form", "no_picture")


@pytest.mark.parametrize(
    "filling", [b"\r", b"\r\n", b"\r\n-", b"\r\n--", b"--b", b"\r\n--a", b"\r\n\r\n"]
)
def test_a_form_costs_no_more_than_its_bytes(filling: bytes) -> None:
    size = 16 << 20
    body = part(filling * (size // len(filling))) + b"--b--"
    began = time.process_time()
    try:
        arrive(body)
    except RefusedError:
        assert filling == b"\r\n--b"
    assert time.process_time() - began < 1.0


def test_a_client_that_drips_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "_GRACE", 0.1)
    with pytest.raises(RefusedError) as refused:
        arrive(*[b"x"] * 100, kind="image/jpeg", pause=0.02)
    assert (refused.value.status, refused.value.code) == (408, "too_slow")
    with pytest.raises(RefusedError, match="slowly"):  # nothing at all for a while
        arrive(b"x", b"y", kind="image/jpeg", pause=0.3)


def test_a_body_has_to_arrive_in_time() -> None:
    with pytest.raises(RefusedError, match="slowly"):
        arrive(*[b"x" * 10_000] * 20, kind="image/jpeg", pause=0.02, seconds=0.1)
