"""``POST /v1/verify``: whom a picture comes from, for anybody who holds it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from indelible.languages import preferred
from indelible.service import jobs
from indelible.service.access import Caller, needs
from indelible.service.bodies import BINARY, describe_body
from indelible.service.failures import RefusedError
from indelible.service.problems import answers
from indelible.service.queueing import Hold
from indelible.service.runtime import runtime_of
from indelible.service.worker import Options

__all__ = ["PICTURE_ANSWERS", "PICTURE_BODY", "language_for", "router", "told"]

router = APIRouter()

_FORM: Final = {
    "schema": {
        "type": "object",
        "properties": {"file": BINARY["schema"]},
        "required": ["file"],
    }
}
PICTURE_BODY: Final = describe_body(
    {"image/*": BINARY, "application/octet-stream": BINARY, "multipart/form-data": _FORM}
)
"""A picture as the OpenAPI document describes it."""

PICTURE_ANSWERS: Final = answers(400, 401, 403, 404, 408, 413, 415, 429, 500, 503)
"""What goes wrong with one, as the document describes it."""


def language_for(request: Request, asked: str | None) -> str:
    """Return the language of an answer: what the query asks for, else what the browser does."""
    return preferred(asked or request.headers.get("accept-language", ""))


@router.post("/v1/verify", openapi_extra=PICTURE_BODY, responses=PICTURE_ANSWERS)
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
        "language": language_for(request, language),
        "views": views,
        "full": full,
    }
    return await told(request, caller, picture, options, hold=hold)


async def told(
    request: Request, caller: Caller, picture: bytes, options: Options, *, hold: Hold
) -> Response:
    """Return the answer about a picture that is here.

    Raises
    ------
    IndelibleError
        As `Runtime.look`.
    """
    runtime = runtime_of(request)
    result = await runtime.look(
        request, jobs.verify_picture, picture, options, hold=hold, stranger=caller.is_stranger
    )
    runtime.metrics.verified(result.meta["verdict"], result.meta["timing"])
    request.state.verdict = result.meta["verdict"]
    return Response(result.body, media_type="application/json")
