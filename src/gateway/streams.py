"""Streams: each event is looked at, protected and written anew before the next is asked for.

What is not known is left out; a picture in what is not known ends the stream with an error.
Partial pictures are left out, or protected as any other; nobody waits for a number of them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Final, TypeAlias

import anyio
from starlette.responses import StreamingResponse

from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError, internal, unprotected
from indelible.gateway.events import DONE, Event, Reader, failure, written
from indelible.gateway.image_answers import rebuilt
from indelible.gateway.pictures import holds_picture
from indelible.gateway.texts import parsed
from indelible.gateway.upstream import Received

__all__ = ["Change", "ChangedStream", "error_of", "image_event"]

Change: TypeAlias = Callable[[Call, dict[str, Any]], Awaitable[dict[str, Any] | None]]
"""Makes of an upstream's event the one that is sent; None leaves it out."""

_log: Final = logging.getLogger("indelible.gateway")

_PARTIAL: Final = ("image_generation.partial_image", "image_edit.partial_image")
_COMPLETED: Final = ("image_generation.completed", "image_edit.completed")
_CHUNK: Final = "image.edit.chunk"


class ChangedStream(StreamingResponse):
    """The stream that answers a request.

    Parameters
    ----------
    call : Call
        The request.
    asked : context manager
        The upstream's answer, entered; `aclose` leaves it.
    received : Received
        What it gave.
    change : callable
        What becomes of each event.
    """

    def __init__(
        self,
        call: Call,
        asked: AbstractAsyncContextManager[Received],
        received: Received,
        change: Change,
    ) -> None:
        headers = {**received.headers, "X-Accel-Buffering": "no"}
        self._events = _changed(call, received, change)
        self._asked = asked
        super().__init__(self._events, 200, headers, "text/event-stream")

    async def aclose(self) -> None:
        """Let the upstream go, whether or not the stream came to its end."""
        with anyio.CancelScope(shield=True):
            await self._events.aclose()
            with suppress(GatewayError):
                await self._asked.__aexit__(None, None, None)


async def image_event(call: Call, value: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is sent of an event of an image route.

    Raises
    ------
    GatewayError
        If it holds a picture that cannot be protected, or in a place that is not known.
    """
    kind, thing = value.get("type"), value.get("object")
    if kind in _PARTIAL and call.options.partial == "drop":
        return None
    is_known = kind in (*_PARTIAL, *_COMPLETED) or (
        thing == _CHUNK and kind in ("ar_delta", "image")
    )
    if not is_known:
        if holds_picture(value):
            raise unprotected("it holds a picture in a place that is not known")
        return None
    plain = await rebuilt(call, value)
    _check_pieces(call, plain)
    return plain


def error_of(value: dict[str, Any]) -> GatewayError | None:
    """Return the error that an event tells of, of its words alone."""
    if value.get("type") != "error" and value.get("object") != "error" and not value.get("error"):
        return None
    if holds_picture(value):
        return unprotected("the error holds what looks like a picture")
    told = value.get("error")
    told = told if isinstance(told, dict) else value
    message, code = told.get("message"), told.get("code")
    return GatewayError(
        500,
        code[:64] if isinstance(code, str) else "upstream_error",
        message[:1000] if isinstance(message, str) else "The server failed.",
    )


async def _changed(call: Call, received: Received, change: Change) -> AsyncGenerator[bytes, None]:
    """Yield the events that are sent; whatever fails ends the stream with an error."""
    try:
        async for event in _events(call, received):
            if event.data.strip() == DONE:
                yield written(DONE)
                return
            value = _object(event, call.options.max_answer_bytes)
            told = error_of(value)
            if told is not None:
                call.counts["code"] = told.code
                yield failure(told)
                return
            plain = await change(call, value)
            if plain is not None:
                yield written(plain, _name_of(event, plain))
    except GatewayError as error:
        call.counts["code"] = error.code
        yield failure(error)
    except Exception as error:  # noqa: BLE001 - the head of the answer was sent
        _log.error("a stream failed: %s", type(error).__name__)
        call.counts["code"] = internal().code
        yield failure(internal())


def _object(event: Event, most: int) -> dict[str, Any]:
    value = parsed(event.data.encode(), most)
    if not isinstance(value, dict):
        raise unprotected("an event of it is no object")
    return value


async def _events(call: Call, received: Received) -> AsyncIterator[Event]:
    reader = Reader(2 * call.options.max_picture_bytes)
    async for piece in received.chunks(call.options.max_answer_bytes):
        for event in reader.feed(piece):
            yield event


def _name_of(event: Event, plain: dict[str, Any]) -> str | None:
    """Return the name under which an event is sent: only where it had one, and its own."""
    kind = plain.get("type")
    return kind if event.name is not None and isinstance(kind, str) else None


def _check_pieces(call: Call, value: object, key: str = "") -> None:
    """Look at the words of an event together with those of the events before."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in ("b64_json", "url"):
                _check_pieces(call, one, f"{key}.{name}")
    elif isinstance(value, list):
        for one in value:
            _check_pieces(call, one, key)
    elif isinstance(value, str) and call.tail.holds_picture(key, value):
        raise unprotected("its words hold what looks like a picture")
