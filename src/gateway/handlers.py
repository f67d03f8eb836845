"""What answers each route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import anyio
from starlette.responses import JSONResponse, Response

from indelible.gateway import chat_answers, chat_requests, response_answers
from indelible.gateway.arriving import media_type_of, read
from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError, unprotected
from indelible.gateway.image_answers import answer_images, answer_kept
from indelible.gateway.image_requests import as_form, as_json
from indelible.gateway.pictures import holds_picture, is_opaque
from indelible.gateway.streams import Change, ChangedStream, image_event
from indelible.gateway.texts import harmless, json_response, parsed
from indelible.gateway.upstream import Received
from indelible.imaging import media_type

__all__ = [
    "alive",
    "chat",
    "content",
    "health",
    "images",
    "kept",
    "models",
    "responses",
    "take_in",
]

Answer: TypeAlias = "Callable[[Call, Received], Awaitable[Response]]"

_MOST_PLAIN: Final = 4 << 20  # bytes of an answer without pictures
_MOST_MODELS: Final = 1000
_MODEL_FIELDS: Final = (
    "id", "object", "created", "owned_by", "root", "parent", "max_model_len", "name",
)  # fmt: skip
_FORM: Final = "multipart/form-data"


async def take_in(call: Call) -> None:
    """Read the body of a request, which is kept in the call."""
    if call.match.route.method == "POST":
        call.body = await read(call.request, call.options)


async def images(call: Call) -> Response:
    """Answer images/generations, edits and variations."""
    kind = media_type_of(call.request.headers.get("content-type", ""))
    if kind == "application/json":
        body, content_type = await as_json(call)
    elif kind == _FORM and call.match.route.kind != "generations":
        body, content_type = await as_form(call)
    else:
        raise GatewayError(
            415, "unsupported_type", "Send JSON, or for edits and variations a form."
        )
    call.body = b""
    return await _asked(call, body, content_type, answer_images, image_event)


async def chat(call: Call) -> Response:
    """Answer chat/completions."""
    body, content_type = await chat_requests.as_chat(call)
    return await _asked(call, body, content_type, chat_answers.answer_chat, chat_answers.chat_event)


async def responses(call: Call) -> Response:
    """Answer responses."""
    body, content_type = await chat_requests.as_responses(call)
    return await _asked(
        call, body, content_type, response_answers.answer_response, response_answers.response_event
    )


async def _asked(
    call: Call, body: bytes, content_type: str, answer: Answer, change: Change
) -> Response:
    """Ask the upstream, and answer what it answers: at once, or as a stream."""
    upstream = call.parts.upstream
    accept = "text/event-stream" if call.stream else "*/*"
    headers = call.headers(**{"content-type": content_type, "accept": accept})
    asked = upstream.ask("POST", call.match.path, query=call.query, headers=headers, body=body)
    received = await asked.__aenter__()
    streams = False
    try:
        await upstream.check(received)
        streams = received.media_type == "text/event-stream"
        if streams:
            return ChangedStream(call, asked, received, change)
        return await answer(call, received)
    finally:
        if not streams:
            with anyio.CancelScope(shield=True):
                await asked.__aexit__(None, None, None)


async def content(call: Call) -> Response:
    """Answer a picture that the upstream keeps under an id."""
    upstream = call.parts.upstream
    async with upstream.ask(
        "GET", call.match.path, query=call.query, headers=call.headers(accept="image/*")
    ) as received:
        await upstream.check(received)
        if not received.media_type.startswith("image/"):
            raise unprotected("it is of a kind that is not known")
        body = await received.read(call.options.max_picture_bytes)
        return await answer_kept(call, body, received)


async def models(call: Call) -> Response:
    """Answer which models there are: their names, and a few words about each."""
    upstream = call.parts.upstream
    async with upstream.ask("GET", call.match.path, headers=call.headers()) as received:
        await upstream.check(received)
        body = await received.read(_MOST_PLAIN)
        if received.media_type != "application/json":
            raise unprotected("it is of a kind that is not known")
        value = parsed(body, _MOST_PLAIN)
        if holds_picture(value) or not isinstance(value, dict):
            raise unprotected("it holds what looks like a picture")
        plain = _model(value)
        if isinstance(value.get("data"), list):
            plain["data"] = [
                _model(one) for one in value["data"][:_MOST_MODELS] if isinstance(one, dict)
            ]
        return json_response(plain, received.headers)


async def health(call: Call) -> Response:
    """Answer whether the upstream is well; its own words are not passed on."""
    async with call.parts.upstream.ask("GET", call.match.path, headers={}) as received:
        body = await received.read(_MOST_PLAIN)
        kind = received.media_type
        if kind.split("/")[0] in ("image", "video", "audio") or (body and is_opaque(body)):
            raise unprotected("it holds what looks like a picture")
        if body.lstrip()[:1] in (b"{", b"[", b'"') and holds_picture(parsed(body, _MOST_PLAIN)):
            raise unprotected("it holds what looks like a picture")
        well = received.status == 200
        return JSONResponse({"status": "ok" if well else "unavailable"}, 200 if well else 503)


async def alive(call: Call) -> Response:
    """Answer that the gateway lives."""
    del call
    return JSONResponse({"status": "ok"})


async def kept(call: Call) -> Response:
    """Answer a protected picture that has an address here."""
    found = call.parts.shelf.get(call.match.parts["name"])
    if found is None:
        raise GatewayError(404, "no_picture", "There is no picture here, or not any more.")
    return Response(found.data, 200, None, media_type(found.format))


def _model(value: dict[str, object]) -> dict[str, object]:
    return {name: value[name] for name in _MODEL_FIELDS if name in value and harmless(value[name])}
