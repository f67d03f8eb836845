"""What of JSON answers is passed on as it is: words, numbers, and texts that hold no picture."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from indelible.gateway.errors import unprotected
from indelible.strict_json import parse_json

__all__ = ["harmless", "json_response", "numbers", "parsed"]

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,127}", re.ASCII)
_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_.]{0,39}", re.ASCII)
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/|/|\.\.", re.ASCII)
_MAX_DEPTH: Final = 32
_MOST_NAMES: Final = 64
_MAX_COUNTS_DEPTH: Final = 4


def parsed(body: bytes, most: int) -> object:
    """Return JSON that an upstream answered.

    Raises
    ------
    GatewayError
        502, if it is something else.
    """
    try:
        return parse_json(body, max_bytes=most, max_depth=_MAX_DEPTH)
    except (ValueError, RecursionError):
        raise unprotected("it is no JSON, or says a name twice") from None


def json_response(value: object, headers: Mapping[str, str]) -> Response:
    """Return an answer of JSON, written anew."""
    return Response(json.dumps(value), 200, dict(headers), "application/json")


def harmless(value: object) -> bool:
    """Whether a value is nothing, a number, or a few words that are no address and no path."""
    if value is None or isinstance(value, bool | int | float):
        return True
    return (
        isinstance(value, str)
        and _WORD.fullmatch(value) is not None
        and _ADDRESS.match(value) is None
    )


def numbers(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a number, or an object of some numbers; None in the place of all else."""
    return _numbers(value, 0, [_MOST_NAMES])


def _numbers(value: object, depth: int, left: list[int]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping) and depth < _MAX_COUNTS_DEPTH:
        found: dict[str, Any] = {}
        for name, one in value.items():
            left[0] -= 1
            if left[0] < 0:
                break
            if _NAME.fullmatch(name):
                found[name] = _numbers(one, depth + 1, left)
        return found
    return value if isinstance(value, bool | int | float) else None
