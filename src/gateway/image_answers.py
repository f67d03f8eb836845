"""Answers of the image routes: JSON, the picture itself, an archive of several.

JSON is not passed on but made anew of the fields that are known, so that what a server adds one
day (a path on its disk, a link to its bucket, a preview) stays with the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from indelible.gateway import archives
from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError, unprotected
from indelible.gateway.pictures import holds_picture, links_picture
from indelible.gateway.places import Place, fill, take
from indelible.gateway.texts import harmless, json_response, numbers, parsed
from indelible.gateway.upstream import Received
from indelible.imaging import media_type

__all__ = ["answer_images", "answer_kept", "answer_picture", "images_of", "rebuilt"]

_WORDS: Final = ("background", "object", "output_format", "quality", "size", "model", "id", "type")
_NUMBERS: Final = ("created", "created_at", "index", "partial_image_index", "seed")
_COUNTS: Final = ("usage", "metrics", "inference_time_s", "peak_memory_mb")
_TEXTS: Final = {"revised_prompt": 32_000, "cot_output": 64_000, "delta": 4_000}  # letters at most
_ARCHIVES: Final = ("application/zip", "application/x-zip-compressed")


async def answer_images(call: Call, received: Received) -> Response:
    """Answer what an image route of the upstream answered.

    Raises
    ------
    GatewayError
        If anything in it is no picture that could be protected, or is not known.
    """
    body = await received.read(call.options.max_answer_bytes)
    kind = received.media_type
    if kind == "application/json":
        value = parsed(body, call.options.max_answer_bytes)
        plain = await rebuilt(call, value)
        if not call.formats():
            raise GatewayError(502, "no_picture", "The server sent no picture.")
        return json_response(plain, received.headers)
    if kind in _ARCHIVES:
        return await _archive(call, body, received)
    if kind.startswith("image/") or kind == "application/octet-stream":
        return await answer_picture(call, body, received)
    raise unprotected("it is of a kind that is not known")


async def rebuilt(call: Call, value: object) -> dict[str, Any]:
    """Return a JSON answer, or an event, with its pictures protected, of known fields only.

    Raises
    ------
    GatewayError
        If a picture cannot be protected, or there is one in another place.
    """
    if not isinstance(value, dict):
        raise unprotected("it is no object")
    places = images_of(value)
    if holds_picture(value) or links_picture(value):
        raise unprotected("it holds a picture in a place that is not known")
    plain = _known(value)
    moved = [_moved(value, plain, place) for place in places]
    await fill(call, moved)
    _tell_format(plain, call, moved)
    return plain


def images_of(value: dict[str, Any]) -> list[Place]:
    """Take the pictures out of an answer of an image route: its own, and those of its list."""
    places = [*take(value, "b64_json", "base64"), *take(value, "url", "url", inline="b64_json")]
    data = value.get("data")
    if data is None:
        return places
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise unprotected("its data are no list of pictures")
    for one in data:
        places += take(one, "b64_json", "base64")
        places += take(one, "url", "url", inline="b64_json")
    return places


async def answer_picture(call: Call, body: bytes, received: Received) -> Response:
    """Answer a picture that came as such."""
    (made,) = await call.protect([body])
    return Response(made.data, 200, dict(received.headers), media_type(made.format))


async def answer_kept(call: Call, body: bytes, received: Received) -> Response:
    """Answer a picture that has an address at the upstream: each time with the same mark."""
    key = hashlib.sha256(body).digest()
    kept = call.parts.made.get(key)
    if kept is None:
        (made,) = await call.protect([body])
        call.parts.made.put(key, made.data, made.format)
        return Response(made.data, 200, dict(received.headers), media_type(made.format))
    return Response(kept.data, 200, dict(received.headers), media_type(kept.format))


async def _archive(call: Call, body: bytes, received: Received) -> Response:
    options = call.options
    members = archives.unpack(body, most=options.max_outputs, size=options.max_answer_bytes)
    made = await call.protect([data for _, data in members])
    names = [name for name, _ in members]
    packed = archives.pack([(name, one.data) for name, one in zip(names, made, strict=True)])
    headers = {**received.headers, "Content-Disposition": 'attachment; filename="images.zip"'}
    return Response(packed, 200, headers, "application/zip")


def _known(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are known, without pictures."""
    plain: dict[str, Any] = {}
    for name, one in value.items():
        if name in _WORDS:
            if harmless(one):
                plain[name] = one
        elif name in _NUMBERS:
            if isinstance(one, int):
                plain[name] = one
        elif name in _COUNTS:
            plain[name] = numbers(one)
        elif name in _TEXTS:
            if one is None or isinstance(one, str):
                plain[name] = None if one is None else one[: _TEXTS[name]]
        elif name in ("b64_json", "url"):
            plain[name] = None
        elif name == "data":
            plain[name] = [_known(item) for item in one] if isinstance(one, list) else None
    return plain


def _moved(value: dict[str, Any], plain: dict[str, Any], place: Place) -> Place:
    """Return a place in the new answer in the place of one in the old."""
    holder = plain
    if place.holder is not value:
        index = next(at for at, one in enumerate(value["data"]) if one is place.holder)
        holder = plain["data"][index]
    return Place(holder, place.key, place.form, place.text, place.inline)


def _tell_format(plain: dict[str, Any], call: Call, places: list[Place]) -> None:
    """Have the answer name the format that its pictures are of."""
    if not places:
        return
    made = call.formats()
    if isinstance(plain.get("output_format"), str) and len(made) == 1:
        plain["output_format"] = next(iter(made))
