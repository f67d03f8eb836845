"""Places of pictures in JSON: taken out before the rest is looked at, filled again at the end."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from anyio import to_thread

from indelible.errors import NetworkError
from indelible.gateway.calls import Call, Protected
from indelible.gateway.errors import GatewayError, unprotected
from indelible.imaging import media_type
from indelible.network import Fetcher

__all__ = ["Form", "Place", "decoded_base64", "decoded_data_url", "fill", "take"]

Form: TypeAlias = Literal["base64", "url"]
"""How a picture stands in a place: as base64, or as an address, which may be a data URL."""

_DATA_URL: Final = re.compile(
    r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.+=-]+){0,3};base64,", re.IGNORECASE
)
_HOST: Final = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stood.

    Attributes
    ----------
    holder : dict
        The object that it stood in.
    key : str
        By which name.
    form : {"base64", "url"}
        How it stood there.
    text : str
        What stood there.
    inline : str or None
        Where base64 goes, if an address is answered by the picture itself; None: a data URL takes
        the address's place.
    """

    holder: MutableMapping[str, Any]
    key: str
    form: Form
    text: str = field(repr=False)
    inline: str | None = None


def take(
    holder: MutableMapping[str, Any], key: str, form: Form, *, inline: str | None = None
) -> list[Place]:
    """Take a picture out of an object, if there is one; None stays in its place.

    Raises
    ------
    GatewayError
        502, if there is something else.
    """
    text = holder.get(key)
    if text is None or text == "":
        return []
    if not isinstance(text, str):
        raise unprotected(f"its {key} is no text")
    holder[key] = None
    return [Place(holder, key, form, text, inline)]


async def fill(call: Call, places: Sequence[Place]) -> None:
    """Protect what stood in places, and put it back, in the form that it had.

    Raises
    ------
    GatewayError
        If one picture cannot be protected; nothing may be passed on then.
    """
    pictures = [await _resolved(call, place) for place in places]
    made = await call.protect(pictures)
    for place, one in zip(places, made, strict=True):
        _put(call, place, one)


def decoded_base64(text: str) -> bytes | None:
    """Return what base64 says; None for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def decoded_data_url(text: str) -> bytes | None:
    """Return what a data URL of base64 holds; None for what is none."""
    found = _DATA_URL.match(text[:256])
    return None if found is None else decoded_base64(text[found.end() :])


async def _resolved(call: Call, place: Place) -> bytes:
    text = place.text
    if text[:5].lower() == "data:":
        data = decoded_data_url(text)
    elif place.form == "base64":
        data = decoded_base64(text)
    else:
        return await _fetched(call, text)
    if data is None:
        raise unprotected("it holds what cannot be decoded")
    return data


async def _fetched(call: Call, url: str) -> bytes:
    """Fetch a picture that the upstream names by address, from itself or from a listed host."""
    upstream, options = call.parts.upstream, call.options
    if upstream.is_own(url):
        async with upstream.ask("GET", url, headers=call.headers(accept="image/*")) as answer:
            if answer.status != 200:
                raise _not_fetched()
            return await answer.read(options.max_picture_bytes)
    fetcher = Fetcher(
        hosts=options.allow_hosts,
        allow_private=options.allow_private,
        timeout=min(60.0, options.upstream_seconds),
        max_bytes=options.max_picture_bytes,
    )
    try:
        return await to_thread.run_sync(fetcher.get, url)
    except NetworkError:
        raise _not_fetched() from None


def _put(call: Call, place: Place, made: Protected) -> None:
    encoded = base64.b64encode(made.data).decode("ascii")
    if place.form == "base64":
        place.holder[place.key] = encoded
    elif place.text[:5].lower() != "data:" and call.options.rehost:
        place.holder[place.key] = _address(call, made)
    elif place.inline is not None and place.text[:5].lower() != "data:":
        place.holder.pop(place.key, None)
        place.holder[place.inline] = encoded
    else:
        place.holder[place.key] = f"data:{media_type(made.format)};base64,{encoded}"


def _address(call: Call, made: Protected) -> str:
    """Return an address of this gateway, which nobody can guess, and which ends."""
    root = call.options.public_url
    if root is None:
        host = call.request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise GatewayError(400, "bad_host", "The request names no host.")
        root = f"{call.request.scope.get('scheme', 'http')}://{host}"
    name = call.parts.shelf.add(made.data, made.format)
    return f"{root.rstrip('/')}/pictures/{name}"


def _not_fetched() -> GatewayError:
    return GatewayError(
        502,
        "picture_not_fetched",
        "The answer was held back: its picture is at an address from which it could not be "
        "fetched, or may not be.",
        hint='Ask for response_format="b64_json", or have the host allowed (--allow-host).',
    )
