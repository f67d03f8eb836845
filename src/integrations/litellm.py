"""LiteLLM proxy: pictures of any provider, protected before they leave the proxy.

``protect_pictures = indelible.integrations.litellm.callback(protector)`` in a module, and in the
proxy's configuration ``litellm_settings: {callbacks: module.protect_pictures}``. It is a callback,
never a guardrail that runs in parallel: what such a guardrail returns is thrown away.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from indelible import extras
from indelible.credentials import SourceType
from indelible.errors import InputDeniedError, UnreadableImageError, UnsupportedImageError
from indelible.integrations.gates import Gate, ask
from indelible.protection import Protector
from indelible.registry.private import GenerationRecord

__all__ = ["Recorder", "callback"]

Recorder: TypeAlias = "Callable[[Mapping[str, Any], Any], GenerationRecord | None]"
"""From a request's data and LiteLLM's `UserAPIKeyAuth` to a generation record."""

_PICTURE_CALLS: Final = frozenset({"image_generation", "aimage_generation", "image_edit"})
_EDITS: Final = frozenset({"image_edit", "aimage_edit"})
_FIELDS: Final = ("image", "mask")
# How PNG, JPEG, WebP, GIF, TIFF and files of ISO boxes (AVIF, HEIC) begin in base64.
_BASE64: Final = re.compile(r"iVBORw0KGgo|/9j/|UklGR|R0lGOD|SUkqA|TU0AK|AAAA.GZ0eX")
_DATA_URL: Final = "data:image/"


def callback(
    protector: Protector,
    *,
    gate: Gate | None = None,
    record: Recorder | None = None,
    **options: Any,
) -> Any:
    """Return a callback for the LiteLLM proxy that protects the pictures in its answers.

    Parameters
    ----------
    protector : Protector
        Who marks, signs and registers.
    gate : optional
        Asked about every picture that a request brings, on the very bytes that are sent on. A
        picture that is only an address is refused then, because nobody here would see what the
        provider fetches.
    record : callable, optional
        Makes a generation record of a request and its key:
        ``lambda data, key: GenerationRecord.of_prompt(data["prompt"], account=key.user_id)``.
    **options
        Of `Protector.protect`.

    Returns
    -------
    litellm.integrations.custom_logger.CustomLogger
        It raises, so that the proxy answers with an error, where a picture cannot be protected: one
        that is only an address, a streamed one, one in a place that is not known.

    Raises
    ------
    MissingDependencyError
        If litellm is not installed.
    """
    missing = "a callback for LiteLLM needs litellm"
    home: Any = extras.load("litellm.integrations.custom_logger", extra="litellm", missing=missing)
    threads: Any = extras.load("anyio.to_thread", extra="litellm", missing=missing)
    hook = _Hook(protector, gate, record, options)

    class ProtectPictures(home.CustomLogger):  # type: ignore[misc]
        """Protects pictures; everything else passes unchanged."""

        async def async_pre_call_hook(
            self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any
        ) -> dict[str, Any]:
            kind = str(getattr(call_type, "value", call_type))
            await threads.run_sync(hook.check_request, data, kind)
            return data

        async def async_post_call_success_hook(
            self, data: dict[str, Any], user_api_key_dict: Any, response: Any
        ) -> Any:
            return await threads.run_sync(hook.protected, data, user_api_key_dict, response)

        async def async_post_call_streaming_iterator_hook(
            self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
        ) -> Any:
            async for chunk in response:
                if any(True for _ in _pictures(_plain(chunk))):
                    raise UnsupportedImageError(
                        "A streamed picture cannot be protected.", hint="Ask without streaming."
                    )
                yield chunk

    return ProtectPictures()


class _Hook:
    """What the callback does, in a thread of its own."""

    def __init__(
        self,
        protector: Protector,
        gate: Gate | None,
        record: Recorder | None,
        options: Mapping[str, Any],
    ) -> None:
        self.protector = protector
        self.gate = gate
        self.record = record
        self.options = dict(options)

    def check_request(self, data: dict[str, Any], kind: str) -> None:
        """Look at a request before it is sent on; ask for pictures as data, not as addresses."""
        if kind in _PICTURE_CALLS | _EDITS:
            if data.get("stream"):
                raise UnsupportedImageError(
                    "Streamed pictures cannot be protected.", hint="Leave stream out."
                )
            if data.get("response_format") == "url":
                data["response_format"] = "b64_json"
        if self.gate is None:
            return
        for field in _FIELDS if kind in _EDITS else ():
            for file in _as_list(data.get(field)):
                ask(self.gate, _bytes_of(file))
        for part in (*_urls(data.get("messages")), *_urls(data.get("input"))):
            if not part.startswith(_DATA_URL):
                raise InputDeniedError(
                    "A picture that is only an address or an id cannot be looked at.",
                    hint="Send it as a data URL.",
                )
            ask(self.gate, _decoded(part.partition(",")[2]))

    def protected(self, data: Mapping[str, Any], key: Any, response: Any) -> Any:
        """Return an answer with its pictures protected."""
        edits = any(data.get(field) for field in _FIELDS)
        options = dict(self.options)
        if edits:
            options.setdefault("source_type", SourceType.AI_EDITED)
        if self.record is not None and any(True for _ in _pictures(_plain(response))):
            options["record"] = self.record(data, key)
        for image in _as_list(getattr(response, "data", None)):
            if getattr(image, "b64_json", None):
                image.b64_json = self._encoded(image.b64_json, options)
                image.url = None
            elif getattr(image, "url", None):
                image.url = self._as_data_url(image.url, options)
        for choice in _as_list(getattr(response, "choices", None)):
            message = getattr(choice, "message", None)
            for image in _as_list(getattr(message, "images", None)):
                place = image["image_url"]
                place["url"] = self._as_data_url(place["url"], options)
        plain = _plain(response)
        known = set(_places(plain))
        if any(one not in known for one in _pictures(plain)):
            raise UnsupportedImageError(
                "The answer holds a picture in a place that is not known, and is held back.",
                hint="Ask for pictures through images/generations or images/edits.",
            )
        return response

    def _as_data_url(self, url: str, options: Mapping[str, Any]) -> str:
        if not url.startswith(_DATA_URL):
            raise UnsupportedImageError(
                "The provider answered with the address of a picture, which nobody protected.",
                hint='Ask for response_format="b64_json".',
            )
        head, _, body = url.partition(",")
        return f"{head},{self._encoded(body, options)}"

    def _encoded(self, text: str, options: Mapping[str, Any]) -> str:
        made = self.protector.protect(_decoded(text), **options)
        return base64.b64encode(made.data).decode("ascii")


def _places(plain: object) -> Iterator[str]:
    """Yield the pictures of an answer that are where they are expected."""
    if not isinstance(plain, Mapping):
        return
    for image in _as_list(plain.get("data")):
        if isinstance(image, Mapping):
            yield from (text for text in (image.get("b64_json"), image.get("url")) if text)
    for choice in _as_list(plain.get("choices")):
        message = choice.get("message") if isinstance(choice, Mapping) else None
        for image in _as_list((message or {}).get("images")):
            yield image["image_url"]["url"]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise UnreadableImageError("A picture is not valid base64.") from error


def _as_list(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _bytes_of(given: object) -> bytes:
    """Return what bytes, a binary file, or a pair of a name and one of these hold."""
    if isinstance(given, bytes | bytearray):
        return bytes(given)
    if isinstance(given, tuple) and len(given) > 1:
        return _bytes_of(given[1])
    file: Any = given
    if not callable(getattr(file, "read", None)):
        raise InputDeniedError("A picture that is no file cannot be looked at.")
    file.seek(0)
    data = bytes(file.read())
    file.seek(0)  # as it came
    return data


def _urls(messages: object) -> Iterator[str]:
    """Yield the addresses of pictures in chat messages, and in inputs of the Responses API."""
    if isinstance(messages, Mapping):
        kind = str(messages.get("type", ""))
        if "image" in kind:
            place = messages.get("image_url", messages.get("file_id", ""))
            yield str(place.get("url", "")) if isinstance(place, Mapping) else str(place)
            return
        for value in messages.values():
            yield from _urls(value)
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _urls(value)


def _plain(response: Any) -> Any:
    dump = getattr(response, "model_dump", None)
    return dump() if callable(dump) else response


def _pictures(value: object) -> Iterator[str]:
    """Yield every text that is a picture, wherever it is."""
    if isinstance(value, str):
        is_long = len(value) > 200
        if (is_long and _BASE64.match(value)) or _DATA_URL in value:
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _pictures(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _pictures(one)
