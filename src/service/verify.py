"""``POST /v1/verify``: whom a picture comes from, for anybody who holds it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from indelible.languages import preferred
from indelible.service import jobs
from indelible.service.access import Caller, needs
from indelible.service.failures import RefusedError
from indelible.service.queueing import Hold
from indelible.service.runtime import runtime_of
from indelible.service.worker import Options

__all__ = ["PICTURE_BODY", "router", "told"]

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
    caller: Annotated[Caller, Depends(needs("verify", open_by="public_verify"))],
    language: Annotated[str | None, Query(max_length=16)] = None,
    views: Annotated[bool, Query()] = False,
    full: Annotated[bool, Query()] = False,
) -> Response:
    """Say whom a picture comes from.

    The picture is held in memory while it is looked at, and stored nowhere.
    """
    runtime = runtime_of(request)
    if full and caller.is_stranger:
        raise RefusedError(401, "token_needed", "The full report needs a token.")
    client = runtime.spend(request, caller.token_id)
    picture, _, hold = await runtime.picture(request, client)
    options = {
        "language": preferred(language or request.headers.get("accept-language", "")),
        "views": views,
        "full": full,
        "hashes": caller.is_stranger,
    }
    return await told(request, caller, picture, options, client=client, hold=hold)


async def told(
    request: Request, caller: Caller, picture: bytes, options: Options, *, client: str, hold: Hold
) -> Response:
    """Return the answer about a picture that is here.

    Raises
    ------
    IndelibleError
        As `Runtime.run`; RefusedError also where there were too many questions about its like.
    """
    runtime = runtime_of(request)
    result = await runtime.run(request, jobs.verify_picture, picture, options, hold=hold)
    del picture
    if caller.is_stranger:
        runtime.similar.spend(client, result.meta["hashes"], result.meta["digest"])
    runtime.metrics.verified(result.meta["verdict"], result.meta["timing"])
    request.state.verdict = result.meta["verdict"]
    return Response(result.body, media_type="application/json")
