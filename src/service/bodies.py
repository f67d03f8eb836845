"""Bodies of requests, read within limits before anything is made of them."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from indelible.service.access import Caller
from indelible.service.arriving import Arrival, read
from indelible.service.problems import refused
from indelible.service.runtime import runtime_of
from indelible.strict_json import parse_json

__all__ = ["BINARY", "MOST_JSON", "describe_body", "describe_model", "json_of", "media_type_of",
           "read_body", "read_json", "read_model"]  # fmt: skip

M = TypeVar("M", bound=BaseModel)

MOST_JSON: Final = 64 * 1024
"""Longest JSON body of an ordinary request, bytes."""

BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
"""A picture or a manifest store, as the OpenAPI document describes it."""

_MAX_DEPTH: Final = 16


def media_type_of(request: Request, default: str = "") -> str:
    """Return the media type that a request names, in small letters and without its parameters."""
    return request.headers.get("content-type", default).partition(";")[0].strip().lower()


async def read_body(request: Request, caller: Caller, most: int) -> bytes:
    """Return the body of a request that was counted for its caller.

    Raises
    ------
    RefusedError
        413 if it has more than `most` bytes, 415 if it is compressed, 408 if it does not arrive in
        time, 429 or 503 where there is no room for it.
    """
    runtime = runtime_of(request)
    hold = runtime.workers.room.hold(caller.client)
    try:
        return await read(request, Arrival(most, runtime.arrival.seconds), hold)
    finally:
        hold.release()


def json_of(text: bytes, most: int) -> object:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        If it is none, has more than `most` bytes, or is nested deeply.
    """
    return parse_json(text, max_bytes=most, max_depth=_MAX_DEPTH)


async def read_json(request: Request, caller: Caller, most: int = MOST_JSON) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON body of a request.

    Raises
    ------
    RefusedError
        400 if it is no JSON; as `read_body`.
    """
    kind = media_type_of(request, "application/json")
    if kind != "application/json" and not kind.endswith("+json"):
        raise refused(400, "The body has to be application/json.")
    body = await read_body(request, caller, most)
    try:
        return json_of(body, most)
    except ValueError:
        raise refused(400, "The body is no JSON.") from None


async def read_model(request: Request, caller: Caller, model: type[M]) -> M:
    """Return the JSON body of a request as what it has to be.

    Raises
    ------
    RefusedError
        400 if it is something else; as `read_json`.
    """
    value = await read_json(request, caller)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"])[:64]
        raise refused(400, f"{name or 'the body'}: {first['msg']}") from None


def describe_body(content: dict[str, Any]) -> dict[str, Any]:
    """Return a body as the OpenAPI document describes it, for what is read by these functions."""
    return {"requestBody": {"required": True, "content": content}}


def describe_model(model: type[BaseModel]) -> dict[str, Any]:
    """Return a body for `read_model` as the OpenAPI document describes it."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return describe_body({"application/json": {"schema": schema}})
