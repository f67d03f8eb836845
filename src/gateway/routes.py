"""The addresses that the gateway knows. Whatever is not in this table is refused.

Paths are compared as they were sent, before anything is decoded: what needs a percent sign, an
empty segment or a dot segment to be written is no address here, and what is asked of the upstream
is put together from the parts that matched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from indelible.gateway.errors import GatewayError

__all__ = ["ROUTES", "Kind", "Match", "Route", "find", "query_of"]

Kind: TypeAlias = Literal[
    "generations", "edits", "variations", "chat", "responses", "content", "models", "health",
    "alive", "kept",
]  # fmt: skip
"""What a route is about; each has a handler."""

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}"
# Ids of models hold slashes ("black-forest-labs/FLUX.1-dev"), which clients send either way.
_MODEL: Final = rf"{_NAME}(?:(?:/|%2F){_NAME}){{0,3}}"
_VALUE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    Attributes
    ----------
    method : str
        The method that it knows.
    pattern : re.Pattern
        Of the whole path, as it was sent.
    kind : str
        What answers it.
    name : str
        What the log calls it.
    query : frozenset of str
        Names that may stand in its query.
    """

    method: str
    pattern: re.Pattern[str]
    kind: Kind
    name: str
    query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A route that a path is of, and the path as the upstream is asked."""

    route: Route
    path: str
    parts: dict[str, str]


def _route(method: str, path: str, kind: Kind, *query: str) -> Route:
    escaped = re.escape(path).replace(r"\{name\}", f"(?P<name>{_NAME})")
    escaped = escaped.replace(r"\{model\}", f"(?P<model>{_MODEL})")
    return Route(method, re.compile(escaped, re.ASCII), kind, path, frozenset(query))


_AZURE: Final = "/openai/deployments/{name}"

ROUTES: Final = (
    _route("POST", "/v1/images/generations", "generations"),
    _route("POST", "/v1/images/edits", "edits"),
    _route("POST", "/v1/images/variations", "variations"),
    _route("POST", f"{_AZURE}/images/generations", "generations", "api-version"),
    _route("POST", f"{_AZURE}/images/edits", "edits", "api-version"),
    _route("POST", f"{_AZURE}/images/variations", "variations", "api-version"),
    _route("POST", "/v1/chat/completions", "chat"),
    _route("POST", f"{_AZURE}/chat/completions", "chat", "api-version"),
    _route("POST", "/v1/responses", "responses"),
    _route("GET", "/v1/images/{name}/content", "content", "variant"),
    _route("GET", "/v1/models", "models"),
    _route("GET", "/v1/models/{model}", "models"),
    _route("GET", "/health", "health"),
    _route("GET", "/healthz", "health"),
    _route("GET", "/livez", "alive"),
    _route("GET", "/pictures/{name}", "kept"),
)
"""All of them."""


def find(method: str, path: str) -> Match:
    """Return the route of a request.

    Parameters
    ----------
    method : str
        As it was sent.
    path : str
        As it was sent, not decoded.

    Raises
    ------
    GatewayError
        404 or 405, if there is none.
    """
    allowed = False
    for route in ROUTES:
        matched = route.pattern.fullmatch(path)
        if matched is None:
            continue
        if route.method == method:
            return Match(route, path, matched.groupdict())
        allowed = True
    if allowed:
        raise GatewayError(405, "method_not_allowed", "This address does not know this method.")
    raise GatewayError(
        404,
        "unknown_url",
        "The gateway does not know this address.",
        hint="Ask who runs it whether it should; docs/gateway.md lists what it knows.",
    )


def query_of(route: Route, query: str) -> str:
    """Return the query that the upstream is asked with.

    Raises
    ------
    GatewayError
        400, if there is a name in it that the route does not know.
    """
    if not query:
        return ""
    pairs = [part.partition("=") for part in query.split("&")]
    names = [name for name, _, _ in pairs]
    if len(set(names)) != len(names) or not route.query.issuperset(names):
        raise GatewayError(400, "unknown_parameter", "This address does not know this query.")
    if not all(_VALUE.fullmatch(value) for _, _, value in pairs):
        raise GatewayError(400, "invalid_parameter", "The query cannot be read.")
    return "&".join(f"{name}={value}" for name, _, value in pairs)
