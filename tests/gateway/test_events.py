"""Events come out the same wherever a stream is cut, and nothing but events comes out."""

from __future__ import annotations

import random

import pytest

from indelible.gateway.errors import GatewayError
from indelible.gateway.events import Event, Reader, failure, written

STREAM = (
    b"\xef\xbb\xbf: a comment\n\ndata: one\n\n"
    b"event: image_edit.completed\r\ndata:two\r\ndata: lines\r\n\r\n"
    b"id: 7\rretry: 9\rdata: three\r\r"
    b"event: <odd name>\ndata: four\n\n"
    b"unknown: field\ndata\n\n"
    b"data: no end"
)
EVENTS = [
    Event(None, "one"),
    Event("image_edit.completed", "two\nlines"),
    Event(None, "three"),
    Event(None, "four"),
    Event(None, ""),
]


def read(*pieces: bytes, most: int = 1000) -> list[Event]:
    reader = Reader(most)
    return [event for piece in pieces for event in reader.feed(piece)]


def test_events() -> None:
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("seed", range(30))
def test_cut_anywhere(seed: int) -> None:
    draw = random.Random(seed)
    cuts = sorted(draw.choices(range(len(STREAM)), k=draw.choice((1, 5, 40))))
    pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
    assert read(*pieces) == EVENTS
    assert read(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == EVENTS


def test_limits() -> None:
    for pieces in (
        (b"data: " + b"a" * 2000,),
        (b"a" * 600, b"a" * 600),
        (b"data: " + b"a" * 600 + b"\ndata: " + b"a" * 600 + b"\n",),
    ):
        with pytest.raises(GatewayError) as caught:
            read(*pieces)
        assert caught.value.code == "answer_too_large"
    with pytest.raises(GatewayError) as caught:
        read(b"data: \xff\n\n")
    assert caught.value.code == "unprotected_picture"


def test_what_is_written_is_read() -> None:
    value = {"type": "a.b", "text": "line\nend\r\n\u2028"}
    (event,) = read(written(value, "a.b"))
    assert event.name == "a.b"
    assert read(written("[DONE]"))[0].data == "[DONE]"
    assert b"event" not in written(value, "a\nb")
    (event,) = read(failure(GatewayError(502, "code", "Words.")))
    assert '"code": "code"' in event.data
