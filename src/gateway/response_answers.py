"""Answers of responses: the results of image_generation_call are protected, words pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from starlette.responses import Response

from indelible.gateway.calls import Call
from indelible.gateway.chat_answers import answer_words, check_event, cleaned
from indelible.gateway.errors import unprotected
from indelible.gateway.places import Place, fill, take
from indelible.gateway.upstream import Received

__all__ = ["answer_response", "response_event"]

_CALL: Final = "image_generation_call"
_PARTIAL: Final = "response.image_generation_call.partial_image"


async def answer_response(call: Call, received: Received) -> Response:
    """Answer what responses of the upstream answered.

    Raises
    ------
    GatewayError
        If a picture in it cannot be protected, or is in a place that is not known.
    """
    return await answer_words(call, received, _of_response)


async def response_event(call: Call, value: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is sent of one event of a stream.

    The finished picture comes twice, as an item and in the whole response: with one mark.

    Raises
    ------
    GatewayError
        As `answer_response`.
    """
    plain = cleaned(value)
    kind = plain.get("type")
    places: list[Place] = []
    if kind == _PARTIAL:
        if call.options.partial == "drop":
            return None
        places += take(plain, "partial_image_b64", "base64")
    if isinstance(plain.get("item"), dict):
        places += _of_item(plain["item"])
    if isinstance(plain.get("response"), dict):
        places += _of_response(plain["response"])
    check_event(call, plain)
    piece = plain.get("delta")
    if isinstance(piece, str):
        key = (str(plain.get("item_id")), str(plain.get("content_index")), str(kind))
        if call.tail.holds_picture(key, piece):
            raise unprotected("its words hold what looks like a picture")
    await fill(call, places)
    return plain


def _of_response(value: dict[str, Any]) -> Iterator[Place]:
    """Take the pictures out of a response, and out of what it repeats of the request."""
    tools = value.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            for name in ("input_image_mask", "markup", "input_image"):
                tool.pop(name, None)
    output = value.get("output")
    if output is None:
        return
    if not isinstance(output, list):
        raise unprotected("its output is no list")
    for item in output:
        if isinstance(item, dict):
            yield from _of_item(item)


def _of_item(item: dict[str, Any]) -> Iterator[Place]:
    if item.get("type") == _CALL:
        yield from take(item, "result", "base64")
