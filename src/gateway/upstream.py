"""The server behind the gateway: the one place that talks to it.

Its redirects are not followed, its compression is not undone (none is asked for), and of its
headers only a few pass. The caller's credentials go to it and to nobody else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from starlette.requests import Request

from indelible.errors import ConfigurationError
from indelible.gateway.arriving import media_type_of
from indelible.gateway.errors import GatewayError, too_long, unprotected
from indelible.gateway.options import Options
from indelible.gateway.pictures import holds_picture
from indelible.strict_json import parse_json

__all__ = ["Received", "Upstream", "credentials_of"]

_CREDENTIALS: Final = (
    "authorization", "api-key", "openai-organization", "openai-project", "openai-beta",
    "idempotency-key",
)  # fmt: skip
_PASSING: Final = re.compile(
    r"retry-after|openai-processing-ms|openai-version"
    r"|x-ratelimit-(?:limit|remaining|reset)-(?:requests|tokens|images)"
)
_HARMLESS: Final = re.compile(r"[A-Za-z0-9 .,:;_-]{0,64}")
_MOST_ERROR: Final = 64 * 1024
_LONGEST_MESSAGE: Final = 1000
_WORD: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")


@dataclass(frozen=True, slots=True)
class Received:
    """An answer whose body is still to be read."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    _response: httpx2.Response

    async def read(self, most: int) -> bytes:
        """Return the body.

        Raises
        ------
        GatewayError
            502, if it is longer than `most` bytes.
        """
        body = bytearray()
        async for chunk in self.chunks(most):
            body += chunk
        return bytes(body)

    async def chunks(self, most: int) -> AsyncIterator[bytes]:
        """Yield the body as it comes; it ends in an error after `most` bytes."""
        left = most
        async for chunk in self._response.aiter_raw():
            left -= len(chunk)
            if left < 0:
                raise GatewayError(
                    502,
                    "answer_too_large",
                    "The server sent more than the gateway takes.",
                    hint="Ask for fewer or smaller pictures.",
                )
            yield chunk


class Upstream:
    """A server that is asked.

    Parameters
    ----------
    address : str
        Of its root; with or without ``/v1``.
    options : Options
        Time-outs.
    transport : httpx2.AsyncBaseTransport, optional
        In the place of a network.

    Raises
    ------
    ConfigurationError
        If the address is none.
    """

    def __init__(
        self,
        address: str,
        options: Options,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        target = urlsplit(address)
        if (
            target.scheme not in ("http", "https")
            or not target.hostname
            or target.query
            or target.fragment
            or "@" in target.netloc
        ):
            raise ConfigurationError(
                f"{address!r} is no address of a server.",
                hint="Give its root: http://127.0.0.1:8091.",
            )
        self._root = address.rstrip("/").removesuffix("/v1").rstrip("/")
        self._origin = _origin(self._root)
        seconds = options.upstream_seconds
        self._client = httpx2.AsyncClient(
            transport=transport,
            timeout=httpx2.Timeout(seconds, connect=min(10.0, seconds), pool=seconds),
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=options.concurrency * 2),
            headers={"User-Agent": "indelible-gateway", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    def is_own(self, url: str) -> bool:
        """Whether an address is one of this server: a path alone, or with its own origin."""
        if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
            return False
        if url.startswith("/"):
            return not url.startswith("//")
        return _origin(url) == self._origin

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: str = "",
        body: bytes | None = None,
    ) -> AsyncIterator[Received]:
        """Ask it, and give its answer while the context is open.

        Parameters
        ----------
        method, path, query : str
            What for. Of an address of its own, all of it may be the path.
        headers : mapping
            What to send besides.
        body : bytes, optional
            What to send along.

        Raises
        ------
        GatewayError
            If there is no answer (502, 504), or none that may be passed on.
        """
        url = f"{self._root}{path}" if path.startswith("/") else path
        try:
            request = self._client.build_request(
                method, f"{url}?{query}" if query else url, headers=dict(headers), content=body
            )
            response = await self._client.send(request, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise _failed(error) from None
        try:
            _check_plain(response)
            passing = {
                name: value
                for name, value in response.headers.items()
                if _PASSING.fullmatch(name) and _HARMLESS.fullmatch(value)
            }
            kind = media_type_of(response.headers.get("content-type", ""))
            yield Received(response.status_code, kind, passing, response)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise _failed(error) from None
        finally:
            await response.aclose()

    async def check(self, received: Received) -> None:
        """Make sure that an answer is one of success.

        Raises
        ------
        GatewayError
            What the server says went wrong, as far as it is words.
        """
        if received.status == 200:
            return
        if not 400 <= received.status <= 599:
            raise GatewayError(
                502,
                "unexpected_answer",
                f"The server answered with status {received.status}, which is not passed on.",
            )
        raise _told(received.status, await received.read(_MOST_ERROR), received.headers)


def credentials_of(request: Request) -> dict[str, str]:
    """Return the headers of a request that are the upstream's business.

    Raises
    ------
    GatewayError
        400, if one has letters that headers do not have.
    """
    found = {name: request.headers.get(name) for name in _CREDENTIALS}
    told = {name: value for name, value in found.items() if value is not None}
    if not all(value.isascii() and value.isprintable() for value in told.values()):
        raise GatewayError(400, "bad_header", "A header has letters that headers do not have.")
    return told


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        target = urlsplit(url)
        port = target.port or {"http": 80, "https": 443}.get(target.scheme, 0)
    except ValueError:
        return None
    if "@" in target.netloc or not target.hostname:
        return None
    return target.scheme, target.hostname.lower().rstrip("."), port


def _check_plain(response: httpx2.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise unprotected("it is compressed, which was not asked for")


def _failed(error: Exception) -> GatewayError:
    if isinstance(error, httpx2.TimeoutException):
        return too_long()
    return GatewayError(
        502, "upstream_unreachable", "The server cannot be reached.", hint="Try again later."
    )


def _told(status: int, body: bytes, headers: Mapping[str, str]) -> GatewayError:
    """Return the error of an answer, made anew of its words alone."""
    plain = GatewayError(status, None, f"The server answered with status {status}.")
    try:
        value = parse_json(body, max_bytes=_MOST_ERROR, max_depth=8)
    except (ValueError, RecursionError):
        value = {}
    if holds_picture(value):
        return unprotected("the error holds what looks like a picture")
    found: Any = value.get("error", value.get("detail")) if isinstance(value, dict) else None
    if isinstance(found, dict):
        message = found.get("message")
        words = {name: _word(found.get(name)) for name in ("type", "code", "param")}
    else:
        message, words = found, {"type": None, "code": None, "param": None}
    after = headers.get("retry-after", "")
    return GatewayError(
        status,
        words["code"],
        message[:_LONGEST_MESSAGE] if isinstance(message, str) and message else plain.message,
        kind=words["type"],
        param=words["param"],
        retry_after=float(after) if after.isdigit() and len(after) < 6 else None,
    )


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
