"""Input pictures: brought here, looked at, and handed on as the very bytes that were looked at.

Nothing that the upstream would fetch by itself is passed on: between the look and the fetch another
picture could take its place.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from indelible import credentials, fingerprint, imaging
from indelible.consent import ConsentGate, Override
from indelible.errors import ArgumentError, ImageError, ImageTooLargeError, NetworkError
from indelible.gateway.calls import Call
from indelible.gateway.embedded import is_animation, pictures_behind
from indelible.gateway.errors import GatewayError
from indelible.gateway.places import decoded_base64, decoded_data_url
from indelible.imaging import Header
from indelible.network import Fetcher
from indelible.registry.private import InputPicture

__all__ = ["admit", "check_count", "fetch_file", "resolve"]

_log: Final = logging.getLogger("indelible.gateway")

_FILE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)
_ENOUGH: Final = 1 << 20  # pixels, for a fingerprint
_SECONDS: Final = 30.0  # to fetch one picture
_TOKEN_HEADER: Final = "x-indelible-override"  # noqa: S105 - the name of a header
_REASON_HEADER: Final = "x-indelible-reason"
_SOON: Final = 5.0


async def resolve(call: Call, text: str, param: str, *, bare: bool = False) -> bytes:
    """Return the picture that a text stands for: a data URL, or an address.

    Parameters
    ----------
    call : Call
        The request.
    text : str
        As the request has it.
    param : str
        Where it stood, for errors.
    bare : bool
        Whether base64 alone is a picture, too.

    Raises
    ------
    GatewayError
        If it is none of these, or cannot be fetched.
    """
    if text[:5].lower() == "data:":
        data = decoded_data_url(text)
    elif text[:7].lower() in ("http://", "https:/"):
        return await _fetched(call, text, param)
    else:
        data = decoded_base64(text) if bare else None
    if not data:
        raise GatewayError(
            400,
            "invalid_image",
            f"{param} is no picture that the gateway can read.",
            param=param,
            hint="Send it as a file, or as a data URL of base64.",
        )
    return data


async def fetch_file(call: Call, file_id: object, param: str) -> bytes:
    """Return a file that the caller has at the upstream, fetched in the caller's name.

    Raises
    ------
    GatewayError
        If there is none.
    """
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        raise GatewayError(400, "invalid_file", f"{param} is no id of a file.", param=param)
    upstream = call.parts.upstream
    async with upstream.ask(
        "GET", f"/v1/files/{file_id}/content", headers=call.headers()
    ) as received:
        if received.status != 200:
            raise GatewayError(
                400,
                "invalid_file",
                f"The file of {param} cannot be fetched.",
                param=param,
                hint="Send the picture itself.",
            )
        return await received.read(call.options.max_picture_bytes)


def check_count(call: Call, count: int) -> None:
    """Refuse a request with more pictures than it may have, before any of them is fetched."""
    if count > call.options.max_inputs:
        raise GatewayError(
            400,
            "too_many_images",
            f"The request holds {count} pictures; {call.options.max_inputs} are the most.",
        )


async def admit(call: Call, pictures: Sequence[tuple[str, bytes]]) -> None:
    """Ask the gate about every picture of a request, and note what they are.

    Parameters
    ----------
    call : Call
        The request.
    pictures : sequence of (str, bytes)
        Where each stood, and the very bytes that are handed on.

    Raises
    ------
    GatewayError
        If one is no picture, or is refused, or if that cannot be decided.
    """
    check_count(call, len(pictures))
    for param, data in pictures:
        if len(data) > call.options.max_picture_bytes:
            raise _too_large(param)
    override = _override(call) if pictures else None
    noted: list[InputPicture | None] = [None] * len(pictures)
    failures: list[GatewayError] = []
    async with anyio.create_task_group() as group:

        async def look(index: int, param: str, data: bytes) -> None:
            try:
                async with call.parts.workers.place():
                    work = functools.partial(_looked_at, call, param, data, override)
                    noted[index] = await to_thread.run_sync(work)
            except GatewayError as error:
                failures.append(error)
                group.cancel_scope.cancel()

        for index, (param, data) in enumerate(pictures):
            group.start_soon(look, index, param, data)
    if failures:
        raise failures[0]
    if None in noted:
        raise _undecided()
    call.inputs += [one for one in noted if one is not None]
    if call.inputs:
        call.counts["in"] = len(call.inputs)


def _looked_at(call: Call, param: str, data: bytes, override: Override | None) -> InputPicture:
    """Decide about one picture, in a thread."""
    gate = call.parts.gate
    try:
        _check_still(imaging.read_header(data, tolerant=True), data, param)
        if gate is not None:
            for part in (data, *pictures_behind(data)):
                _check_allowed(gate, part, param, override)
        pdq = _hash(data)
        manifest_id = credentials.read(data).manifest_id
    except GatewayError:
        raise
    except ImageTooLargeError:
        raise _too_large(param) from None
    except ImageError as error:
        raise GatewayError(
            400, "invalid_image", error.message, param=param, hint=error.hint
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the picture does not pass
        _log.error("a picture could not be looked at: %s", type(error).__name__)
        raise _undecided() from None
    return InputPicture(hashlib.sha256(data).digest(), pdq, manifest_id)


def _check_allowed(gate: ConsentGate, data: bytes, param: str, override: Override | None) -> None:
    """Refuse what the gate refuses; what is told is what the decision says for strangers."""
    decision = gate.check(data, override=override)
    if decision.allowed is not True:
        told: dict[str, Any] = decision.to_dict()
        raise GatewayError(
            400, told["code"], told["message"], param=param, reference=told["reference"]
        )


def _hash(data: bytes) -> bytes | None:
    shown = imaging.open_image(data).decode(tolerant=True, enough=_ENOUGH)
    found = fingerprint.pdq(shown.pixels)
    return found.hash if found.quality >= fingerprint.LEAST_QUALITY else None


async def _fetched(call: Call, url: str, param: str) -> bytes:
    """Fetch a picture from a listed host, of whose answer nothing else is told."""
    options = call.options
    hosts = options.input_hosts
    if "*" in hosts:
        hosts = (*hosts, *_host_of(url))
    fetcher = Fetcher(
        hosts=hosts,
        allow_private=options.allow_private,
        timeout=_SECONDS,
        max_bytes=options.max_picture_bytes,
    )
    try:
        return await to_thread.run_sync(fetcher.get, url)
    except NetworkError:
        raise GatewayError(
            400,
            "image_not_fetched",
            f"The picture of {param} could not be fetched, or may not be.",
            param=param,
            hint="Send it as a file, or as a data URL of base64.",
        ) from None


def _host_of(url: str) -> tuple[str, ...]:
    try:
        return (urlsplit(url).hostname or "",)
    except ValueError:
        return ()


def _override(call: Call) -> Override | None:
    """Return the will to let a refused picture pass, if the request has one.

    Raises
    ------
    GatewayError
        403 for a token that is none, 400 without a reason: somebody believes to have said it.
    """
    token = call.request.headers.get(_TOKEN_HEADER)
    if token is None:
        return None
    known = [one for one in call.options.overrides if one.is_token(token)]
    if not known:
        raise GatewayError(403, "override_refused", "The override token is not valid.")
    try:
        reason = call.request.headers.get(_REASON_HEADER, "")
        return Override(known[0].scope, reason, known[0].by)
    except ArgumentError:
        raise GatewayError(
            400,
            "override_without_reason",
            "An override needs its reason.",
            hint="Send it in the header X-Indelible-Reason.",
        ) from None


def _check_still(header: Header, data: bytes, param: str) -> None:
    if header.animated or is_animation(data):
        raise GatewayError(
            400,
            "invalid_image",
            f"{param} is animated, and only one of its frames would be looked at.",
            param=param,
            hint="Send a still picture.",
        )


def _too_large(param: str) -> GatewayError:
    return GatewayError(
        413, "image_too_large", f"The picture of {param} is too large.", param=param
    )


def _undecided() -> GatewayError:
    return GatewayError(
        503,
        "consent_unavailable",
        "It cannot be decided just now whether the picture may be used.",
        hint="Try again later.",
        retry_after=_SOON,
    )
