"""Bodies of requests: read into memory only, within limits of size, time and pace."""

from __future__ import annotations

import time
from typing import Any, Final

import anyio
from starlette.requests import Request

from indelible.gateway.errors import GatewayError
from indelible.gateway.options import Options
from indelible.strict_json import parse_json

__all__ = ["json_of", "media_type_of", "read"]

_GRACE: Final = 10.0  # seconds before the pace counts
_LEAST_PACE: Final = 2048  # bytes a second: slower than any telephone
_MAX_DEPTH: Final = 32


def media_type_of(value: str) -> str:
    """Return a media type in small letters, without its parameters."""
    return value.partition(";")[0].strip().lower()


async def read(request: Request, options: Options) -> bytes:
    """Return the body of a request.

    Raises
    ------
    GatewayError
        413 if it is too large, 408 if it is too slow, 415 if it is compressed.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise GatewayError(415, "compressed", "Send the body without a Content-Encoding.")
    most = options.max_request_bytes
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:16]) > most:
        raise _too_large(most)
    body = bytearray()
    began = time.monotonic()
    try:
        with anyio.fail_after(options.body_seconds):
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise GatewayError(400, "client_gone", "The client closed the connection.")
                chunk = message.get("body", b"")
                if len(body) + len(chunk) > most:
                    raise _too_large(most)
                body += chunk
                if not message.get("more_body", False):
                    return bytes(body)
                waited = time.monotonic() - began
                if waited > _GRACE and len(body) < _LEAST_PACE * waited:
                    raise _too_slow()
    except TimeoutError:
        raise _too_slow() from None


def json_of(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises
    ------
    GatewayError
        400, if it is something else.
    """
    try:
        value = parse_json(body, max_bytes=len(body), max_depth=_MAX_DEPTH)
    except (ValueError, RecursionError):
        raise GatewayError(
            400, "invalid_json", "The body is no JSON, or says a name twice."
        ) from None
    if not isinstance(value, dict):
        raise GatewayError(400, "invalid_json", "The body is no JSON object.")
    return value


def _too_large(most: int) -> GatewayError:
    return GatewayError(
        413, "too_large", f"The request is larger than {most / (1 << 20):g} MiB.",
        hint="Send smaller pictures.",
    )  # fmt: skip


def _too_slow() -> GatewayError:
    return GatewayError(408, "too_slow", "The request arrived too slowly.", hint="Try again.")
