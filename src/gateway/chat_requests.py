"""Requests of chat/completions and responses, as the upstream gets them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from indelible.gateway.arriving import json_of
from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError
from indelible.gateway.image_requests import Reference, data_url, replace
from indelible.gateway.pictures import holds_picture
from indelible.gateway.plain_fields import says_true

__all__ = ["as_chat", "as_responses"]

_TEXT_PARTS: Final = frozenset({"text", "input_text", "output_text", "refusal", "summary_text",
                                "reasoning_text"})  # fmt: skip
_TOOLS: Final = frozenset({"function", "image_generation", "custom"})
# What a server would fetch, or remember, by itself, wherever it stands outside of words.
_SOURCES: Final = re.compile(
    r"image|video|audio|file|mask|picture|media|previous_response_id|conversation|(?:^|_)ur[il]s?$"
    r"|vector_store|container|prompt_embeds|multi_modal|mm_",
    re.IGNORECASE,
)
_STORED_ITEMS: Final = ("item_reference", "image_generation_call")
# Names that match, and whose values are no sources.
_PLAIN: Final = frozenset({"type", "detail", "role"})
# Where a caller describes functions and formats of its own, in schemas that nobody follows.
_PROGRAMS: Final = frozenset({"tools", "functions", "response_format", "text"})
_SCHEMAS: Final = frozenset({"parameters", "schema"})
_STORED: Final = ("previous_response_id", "conversation")
_ITEMS: Final = frozenset(
    {"message", "function_call", "function_call_output", "reasoning", "custom_tool_call",
     "custom_tool_call_output"}
)  # fmt: skip


async def as_chat(call: Call) -> tuple[bytes, str]:
    """Return the body of chat/completions for the upstream, and its type.

    Raises
    ------
    GatewayError
        If a picture is refused, or something could lead to one that nobody looked at.
    """
    asked = _json(call)
    messages = asked.get("messages")
    if not isinstance(messages, list):
        raise _invalid("messages")
    references: list[Reference] = []
    for message in messages:
        if not isinstance(message, dict):
            raise _invalid("messages")
        references += _of_content(message, "content", "messages")
        references += _of_images(message)
    await _finish(call, references)
    return json.dumps(asked).encode(), "application/json"


async def as_responses(call: Call) -> tuple[bytes, str]:
    """Return the body of responses for the upstream, and its type.

    Raises
    ------
    GatewayError
        As `as_chat`.
    """
    asked = _json(call)
    references: list[Reference] = []
    given = asked.get("input")
    if isinstance(given, list):
        for item in given:
            references += _of_item(call, item)
    elif not isinstance(given, str | None):
        raise _invalid("input")
    tools = asked.get("tools")
    if not isinstance(tools, list | None):
        raise _invalid("tools")
    for tool in tools or ():
        references += _of_tool(tool)
    if not call.options.stored_inputs and call.parts.gate is not None:
        for name in (*_STORED, "prompt"):
            if asked.get(name) is not None:
                raise _stored(name)
    await _finish(call, references)
    return json.dumps(asked).encode(), "application/json"


def _json(call: Call) -> dict[str, Any]:
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() != (
        "application/json"
    ):
        raise GatewayError(415, "unsupported_type", "Send JSON.")
    call.asked = json_of(call.body)
    call.body = b""
    call.stream = says_true(call.asked.get("stream"))
    return call.asked


async def _finish(call: Call, references: list[Reference]) -> None:
    """Look at what is no picture, while the pictures are out; then bring these in."""
    for one in references:
        one.put(b"")
    _check_rest(call.asked, call)
    _check_words(call.asked)
    await replace(call, references)
    shown = [one.data for one in references if not one.param.startswith("tools")]
    call.parents = shown[-1:]  # the latest is what is spoken of


def _of_content(holder: dict[str, Any], key: str, param: str) -> Iterator[Reference]:
    """Yield the pictures of a message's content."""
    content = holder.get(key)
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        raise _invalid(param)
    for part in content:
        if isinstance(part, str):
            continue
        if not isinstance(part, dict):
            raise _invalid(param)
        kind = _kind(part, "text", param)
        if kind in ("image_url", "input_image"):
            yield _of_part(part, param)
        elif kind not in _TEXT_PARTS:
            raise _unknown(param, kind)


def _kind(value: dict[str, Any], default: str, param: str) -> str:
    kind = value.get("type", default)
    if not isinstance(kind, str):
        raise _invalid(param)
    return kind


def _of_part(part: dict[str, Any], param: str) -> Reference:
    """Return the picture of a content part: its address, or its file."""
    address = part.get("image_url")
    inner = address if isinstance(address, dict) else None
    text = address.get("url") if isinstance(address, dict) else address
    if not set(part) <= {"type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"}:
        raise _unknown(param, part.get("type"))
    if inner is not None and not set(inner) <= {"url", "detail"}:
        raise _unknown(param, part.get("type"))

    def put(data: bytes) -> None:
        shown = data_url(data) if data else None
        part.pop("file_id", None)
        if inner is not None:
            inner["url"] = shown
        else:
            part["image_url"] = shown

    if isinstance(text, str) and part.get("file_id") is None:
        return Reference(f"{param}.image_url", put, text)
    if text is None and part.get("file_id") is not None:
        return Reference(f"{param}.file_id", put, file_id=part["file_id"])
    raise _invalid(param)


def _of_images(message: dict[str, Any]) -> Iterator[Reference]:
    """Yield the pictures that an earlier answer of the model held, as clients send it back."""
    images = message.get("images")
    if images is None:
        return
    if not isinstance(images, list):
        raise _invalid("messages")
    for one in images:
        if not isinstance(one, dict) or not set(one) <= {"index", "type", "image_url"}:
            raise _invalid("messages")
        yield _of_part_with_index(one)


def _of_part_with_index(one: dict[str, Any]) -> Reference:
    index = one.pop("index", None)
    found = _of_part(one, "messages.images")
    if isinstance(index, int):
        one["index"] = index
    return found


def _of_item(call: Call, item: object) -> Iterator[Reference]:
    """Yield the pictures of one item of an input."""
    if not isinstance(item, dict):
        raise _invalid("input")
    kind = _kind(item, "message", "input")
    if kind == "image_generation_call" and isinstance(item.get("result"), str):

        def put(data: bytes) -> None:
            item["result"] = base64.b64encode(data).decode("ascii") if data else None

        yield Reference("input.result", put, item["result"], bare=True)
    elif kind in _STORED_ITEMS:
        if call.parts.gate is not None and not call.options.stored_inputs:
            raise _stored("input")
    elif kind == "function_call_output":
        yield from _of_content(item, "output", "input")
    elif kind == "message" and not isinstance(item.get("role"), str):
        raise _stored("input")  # an id alone stands for what the server keeps
    elif kind in _ITEMS:
        yield from _of_content(item, "content", "input")
    elif kind in ("input_image", "input_text"):
        yield from _of_content({"content": [item]}, "content", "input")
    else:
        raise _unknown("input", kind)


def _of_tool(tool: object) -> Iterator[Reference]:
    """Yield the mask of a tool that makes pictures; other tools may not look at any."""
    if not isinstance(tool, dict):
        raise _invalid("tools")
    if _kind(tool, "function", "tools") not in _TOOLS:
        raise _unknown("tools", tool.get("type"))
    if tool.get("output_format") == "svg":
        raise _unknown("tools", "svg")
    for name in ("input_image_mask", "markup", "input_image"):
        mask = tool.get(name)
        if mask is None:
            continue
        if not isinstance(mask, dict) or not set(mask) <= {"image_url", "file_id"}:
            raise _invalid("tools")
        yield _of_part(mask, f"tools.{name}")


def _check_rest(
    value: object, call: Call, source: str | None = None, *, program: bool = False
) -> None:
    """Make sure that nothing but words is left: no address or id that a server would follow.

    Parameters
    ----------
    value : object
        What is left.
    call : Call
        The request.
    source : str, optional
        The name, one of sources, that it lies under.
    program : bool
        Whether it describes the caller's own functions and formats.

    Raises
    ------
    GatewayError
        400, if there is a text under a name of sources.
    """
    if isinstance(value, str):
        if source is not None:
            raise _field(source)
    elif isinstance(value, list):
        for one in value:
            _check_rest(one, call, source, program=program)
    elif isinstance(value, dict):
        for name, one in value.items():
            if (name in _PLAIN and isinstance(one, str)) or (program and name in _SCHEMAS):
                continue
            is_source = _SOURCES.search(name) and not _is_allowed(call, name)
            inner = program or name in _PROGRAMS
            _check_rest(one, call, name if is_source else source, program=inner)


def _check_words(value: object) -> None:
    if holds_picture(value):
        raise GatewayError(
            400,
            "image_in_text",
            "The request holds what looks like a picture in a place that is not for one.",
            hint="Send it as a part with image_url or input_image.",
        )


def _is_allowed(call: Call, name: str) -> bool:
    """Whether a name that could be a source is one that was dealt with before."""
    return name in _STORED and (call.options.stored_inputs or call.parts.gate is None)


def _invalid(param: str) -> GatewayError:
    return GatewayError(400, "invalid_value", f"{param} cannot be read.", param=param)


def _unknown(param: str, kind: object) -> GatewayError:
    return GatewayError(
        400,
        "unsupported_content",
        f"The gateway does not pass {str(kind)[:64]!r} of {param} on: it could hold a picture that "
        "nobody looked at.",
        param=param,
        hint="Send pictures as image_url or input_image.",
    )


def _field(name: str) -> GatewayError:
    return GatewayError(
        400,
        "unsupported_field",
        f"The gateway does not pass {name[:64]!r} on: it could lead to a picture that nobody "
        "looked at.",
        param=name[:64],
    )


def _stored(param: str) -> GatewayError:
    return GatewayError(
        400,
        "stored_input",
        f"{param} refers to what the server keeps, which the gate does not see.",
        param=param,
        hint="Send the pictures themselves, or have stored inputs allowed.",
    )
