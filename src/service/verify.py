"""``POST /v1/verify``: whom a picture comes from, for anybody who holds it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from indelible.service import jobs
from indelible.service.failures import Refusal
from indelible.service.parts import parts_of
from indelible.service.runtime import runtime_of

__all__ = ["PICTURE_BODY", "router"]

router = APIRouter()

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
}
PICTURE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": _BINARY,
            "application/octet-stream": _BINARY,
            "multipart/form-data": _FORM,
        },
    }
}
"""A picture as the OpenAPI document describes it."""


@router.post("/v1/verify", openapi_extra=PICTURE_BODY)
async def verify(
    request: Request,
    language: Annotated[str | None, Query(max_length=16)] = None,
    views: Annotated[bool, Query()] = False,
    full: Annotated[bool, Query()] = False,
) -> Response:
    """Say whom a picture comes from.

    The picture is held in memory while it is looked at, and stored nowhere.
    """
    runtime = runtime_of(request)
    token_id: str | None = None
    if token_id is None and not parts_of(request).settings.public_verify:
        raise Refusal(401, "token_needed", "This service verifies pictures for its own users only.")
    if full and token_id is None:
        raise Refusal(401, "token_needed", "The full report needs a token.")
    client = runtime.spend(request, token_id)
    picture, _, hold = await runtime.picture(request, client)
    options = {
        "language": language or "en",
        "views": views,
        "full": full,
        "hashes": token_id is None,
    }
    result = await runtime.run(request, jobs.verify_picture, picture, options, hold=hold)
    del picture
    if token_id is None:
        runtime.similar.spend(client, result.meta["hashes"], result.meta["digest"])
    return Response(result.body, media_type="application/json")
