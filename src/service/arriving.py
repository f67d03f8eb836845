"""Pictures on their way in: read into memory only, within limits of size, time and pace.

The framework's own reader of forms writes larger parts to disk, where a picture has no business.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.types import Receive

from indelible.service.failures import RefusedError
from indelible.service.queueing import Hold

__all__ = ["Arrival", "drain", "picture_of", "read"]

_GRACE: Final = 10.0  # seconds before the pace counts
_LEAST_PACE: Final = 2048  # bytes a second: slower than any telephone
_DRAIN_SECONDS: Final = 5.0
_DRAIN_BYTES: Final = 64 << 20
_MOST_FIELD: Final = 64 * 1024  # of a part that is no file
_MOST_PARTS: Final = 16
_MOST_HEAD: Final = 4096  # of a part
_MOST_BOUNDARY: Final = 70  # RFC 2046


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a body may arrive.

    Attributes
    ----------
    most : int
        Bytes.
    seconds : float
        Until all of it is there.
    """

    most: int
    seconds: float


async def picture_of(
    request: Request, arrival: Arrival, hold: Hold
) -> tuple[bytes, dict[str, str]]:
    """Return the picture that a request holds, and the other fields of its form.

    The body is a picture, or a form (``multipart/form-data``) with a part named ``file``.

    Raises
    ------
    RefusedError
        If it is something else (400, 415), too large (413), or too slow (408), or where there is no
        room for it (429, 503).
    """
    kind = request.headers.get("content-type", "application/octet-stream")
    main, options = parse_options_header(kind)
    is_form = main == b"multipart/form-data"
    if not (is_form or main.startswith(b"image/") or main == b"application/octet-stream"):
        raise RefusedError(
            415,
            "unsupported_type",
            "Send the picture itself (image/... or application/octet-stream), or a form with a "
            "part named file (multipart/form-data).",
        )
    body = await read(request, arrival, hold)
    fields: dict[str, bytes] = {"file": body}
    if is_form:
        fields = _parts(body, options.get(b"boundary", b""))
    picture = fields.pop("file", b"")
    del body
    if not picture:
        raise RefusedError(400, "no_picture", "There is no picture in this request.")
    return picture, {name: value.decode("utf-8", "replace") for name, value in fields.items()}


async def read(request: Request, arrival: Arrival, hold: Hold) -> bytes:
    """Read a body.

    Raises
    ------
    RefusedError
        As `picture_of`.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RefusedError(
            415, "compressed", "Send the picture as it is, without a Content-Encoding."
        )
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:16]) > arrival.most:
        raise _too_large(arrival)
    body = bytearray()
    began = time.monotonic()
    while True:
        message = await _next(request, began + arrival.seconds)
        chunk = message.get("body", b"")
        if len(body) + len(chunk) > arrival.most:
            del body
            raise _too_large(arrival)
        hold.add(size=len(chunk))
        body += chunk
        if not message.get("more_body", False):
            return bytes(body)
        waited = time.monotonic() - began
        if waited > _GRACE and len(body) < _LEAST_PACE * waited:
            raise _too_slow()


async def _next(request: Request, deadline: float) -> dict[str, Any]:
    """Return the next piece of a body; one that does not come in a while ends the request."""
    left = min(_GRACE, deadline - time.monotonic())
    try:
        message = await asyncio.wait_for(request.receive(), max(0.0, left))
    except TimeoutError:
        raise _too_slow() from None
    if message["type"] == "http.disconnect":
        raise RefusedError(400, "client_gone", "The client closed the connection.")
    return dict(message)


async def drain(receive: Receive) -> None:
    """Read what is left of a body, for a while, and keep nothing of it.

    A connection that is closed while its client still sends is reset, and the client then never
    reads why it was refused.
    """
    left = _DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _parts(body: bytes, boundary: bytes) -> dict[str, bytes]:
    """Return the parts of a form by their names; the first of each name.

    Found by searches alone: a parser in Python takes a minute for a body of line ends, and nobody
    else is served meanwhile.

    Raises
    ------
    RefusedError
        400, if it cannot be read.
    """
    mark = b"\r\n--" + boundary
    place = len(mark) - 2 if body.startswith(mark[2:]) else body.find(mark) + len(mark)
    if not 0 < len(boundary) <= _MOST_BOUNDARY or place < len(mark) - 2:
        raise _bad_form()
    found: dict[str, bytes] = {}
    for _ in range(_MOST_PARTS):
        if body.startswith(b"--", place):
            return found
        head = body.find(b"\r\n\r\n", place, place + _MOST_HEAD)
        end = body.find(mark, head + 4)
        if not body.startswith(b"\r\n", place) or head < 0 or end < 0:
            break
        name = _name(body[place + 2 : head])
        if name == "file" or end - head <= _MOST_FIELD:
            found.setdefault(name, body[head + 4 : end])
        place = end + len(mark)
    raise _bad_form()


def _name(head: bytes) -> str:
    """Return the name of a part, of its headers."""
    for line in head.split(b"\r\n"):
        field, _, value = line.partition(b":")
        if field.strip().lower() == b"content-disposition":
            _, options = parse_options_header(value.strip())
            return options.get(b"name", b"").decode("utf-8", "replace")
    return ""


def _bad_form() -> RefusedError:
    return RefusedError(400, "bad_form", "The form cannot be read.")


def _too_large(arrival: Arrival) -> RefusedError:
    most = arrival.most / (1 << 20)
    return RefusedError(
        413,
        "too_large",
        f"The file is larger than the {most:g} MiB that this service takes.",
        hint="Send a smaller version of the picture.",
    )


def _too_slow() -> RefusedError:
    return RefusedError(
        408, "too_slow", "The picture arrived too slowly.", hint="Try again on a better connection."
    )
