"""Answers of chat/completions: words pass, pictures in their places are protected.

Their places are parts ``image_url`` of a message's content, and its ``images``; in a stream, those
of a delta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from starlette.responses import Response

from indelible.gateway.calls import Call
from indelible.gateway.errors import unprotected
from indelible.gateway.pictures import holds_picture, links_picture
from indelible.gateway.places import Place, fill, take
from indelible.gateway.texts import json_response, parsed
from indelible.gateway.upstream import Received

__all__ = ["answer_chat", "answer_words", "chat_event", "check_event", "check_words", "cleaned"]

_PATHS: Final = frozenset({"file_path", "file_paths", "image_path", "local_path", "output_path"})
# What is neither words nor a picture, and which nobody can look into; bytes say a token again.
_SEALED: Final = frozenset({"encrypted_content", "bytes", "obfuscation"})
# Names under which a server would name a picture by address, outside of the places that are known.
_ADDRESSES: Final = frozenset(
    {"image_url", "image_urls", "images", "image", "url", "urls", "b64_json", "file_url",
     "video_url", "audio", "video"}
)  # fmt: skip
_CITATIONS: Final = ("url_citation", "citation")


async def answer_chat(call: Call, received: Received) -> Response:
    """Answer what chat/completions of the upstream answered.

    Raises
    ------
    GatewayError
        If a picture in it cannot be protected, or is in a place that is not known.
    """
    return await answer_words(call, received, lambda value: _places(value, "message"))


async def answer_words(
    call: Call, received: Received, places_in: Callable[[dict[str, Any]], Iterable[Place]]
) -> Response:
    """Answer words among which there are pictures, in places that `places_in` empties.

    Raises
    ------
    GatewayError
        As `answer_chat`.
    """
    most = call.options.max_answer_bytes
    body = await received.read(most)
    if received.media_type != "application/json":
        raise unprotected("it is of a kind that is not known")
    value = cleaned(parsed(body, most))
    places = [*places_in(value)]
    check_words(value)
    await fill(call, places)
    return json_response(value, received.headers)


async def chat_event(call: Call, value: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is sent of one event of a stream.

    Raises
    ------
    GatewayError
        As `answer_chat`.
    """
    plain = cleaned(value)
    places = [*_places(plain, "delta")]
    check_event(call, plain)
    for index, choice in enumerate(plain.get("choices") or ()):
        _check_tail(call, ("choice", str(choice.get("index", index))), choice.get("delta"))
    await fill(call, places)
    return plain


def cleaned(value: object) -> dict[str, Any]:
    """Return an answer without paths on the server, and without what nobody can look into.

    Raises
    ------
    GatewayError
        If it is no object.
    """
    found = _cleaned(value)
    if not isinstance(found, dict):
        raise unprotected("it is no object")
    return found


def check_words(value: object) -> None:
    """Make sure that what is left, once the pictures are out, holds none and leads to none.

    Raises
    ------
    GatewayError
        502.
    """
    if holds_picture(value) or _leads_on(value):
        raise unprotected("it holds a picture in a place that is not known")
    if links_picture(value):
        raise unprotected("its words show a picture by an address")


def check_event(call: Call, value: dict[str, Any]) -> None:
    """Make sure of the same of an event, and of what it adds to those before it.

    Raises
    ------
    GatewayError
        502.
    """
    check_words(value)
    if call.tail.holds_numbers(value):
        raise unprotected("its events list as many numbers as a picture has")


def _places(value: dict[str, Any], part: str) -> Iterator[Place]:
    """Take the pictures out of all choices."""
    choices = value.get("choices")
    if choices is None:
        return
    if not isinstance(choices, list):
        raise unprotected("its choices are no list")
    for choice in choices:
        if not isinstance(choice, dict):
            raise unprotected("a choice of it is no object")
        for name in dict.fromkeys((part, "message", "delta")):
            message = choice.get(name)
            if isinstance(message, dict):
                yield from _of_message(message)


def _of_message(message: dict[str, Any]) -> Iterator[Place]:
    for name in ("content", "images"):
        parts = message.get(name)
        if not isinstance(parts, list):
            continue
        for one in parts:
            if isinstance(one, dict) and "image_url" in one:
                address = one["image_url"]
                if isinstance(address, dict):
                    yield from take(address, "url", "url")
                else:
                    yield from take(one, "image_url", "url")


def _cleaned(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: None if name in _SEALED else _cleaned(one)
            for name, one in value.items()
            if name not in _PATHS
        }
    return [_cleaned(one) for one in value] if isinstance(value, list) else value


def _leads_on(value: object, *, cited: bool = False) -> bool:
    """Whether there is an address under a name that is for pictures; citations name pages."""
    if isinstance(value, dict):
        cited = cited or value.get("type") in _CITATIONS
        return any(
            (_is_address(name, one) and not (cited and name == "url"))
            or _leads_on(one, cited=cited and name in _CITATIONS)
            for name, one in value.items()
        )
    return isinstance(value, list) and any(_leads_on(one) for one in value)


def _is_address(name: str, value: object) -> bool:
    return name in _ADDRESSES and isinstance(value, str) and bool(value)


def _check_tail(call: Call, key: tuple[object, ...], value: object) -> None:
    """Look at words that come in pieces together with those before."""
    if isinstance(value, str):
        if call.tail.holds_picture(key, value):
            raise unprotected("its words hold what looks like a picture")
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in ("url", "image_url", "id", "role", "type"):
                _check_tail(call, (*key, name), one)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            index = one.get("index", at) if isinstance(one, dict) else at
            _check_tail(call, (*key, str(index)), one)
