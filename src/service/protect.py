"""``POST /v1/protect``: for generators whose pictures are made elsewhere than where keys are."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from indelible.credentials import SourceType
from indelible.service import jobs
from indelible.service.access import Caller, needs
from indelible.service.bodies import BINARY, MOST_JSON, json_of
from indelible.service.failures import RefusedError
from indelible.service.parts import parts_of
from indelible.service.runtime import runtime_of
from indelible.service.verify import PICTURE_ANSWERS, PICTURE_BODY

__all__ = ["router"]

router = APIRouter()

_SOURCES: Final = "|".join(kind.short_name for kind in SourceType)
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **PICTURE_ANSWERS,
    200: {
        "description": "The protected picture",
        "content": {"image/*": BINARY},
        "headers": {
            "Indelible-Manifest-Id": {"schema": {"type": "string"}},
            "Indelible-Notes": {"schema": {"type": "string"}, "description": "A JSON list"},
        },
    },
}


@router.post("/v1/protect", openapi_extra=PICTURE_BODY, responses=_ANSWERS)
async def protect(
    request: Request,
    caller: Annotated[Caller, Depends(needs("protect"))],
    format: Annotated[str | None, Query(max_length=16, pattern="^[a-z0-9]+$")] = None,
    quality: Annotated[int | None, Query(ge=1, le=100)] = None,
    source_type: Annotated[str | None, Query(pattern=f"^({_SOURCES})$")] = None,
    strip: Annotated[bool, Query()] = False,
) -> Response:
    """Mark a picture invisibly, sign its manifest, register both, and return it.

    What the operator knows about its making goes into the header ``Indelible-Record`` or the form's
    part ``record``, as a JSON object: ``account``, ``request_id``, ``model``, ``prompt`` (kept as a
    hash) or ``prompt_sha256``. It is kept sealed, and is in no answer.
    """
    if parts_of(request).protector is None:
        raise RefusedError(404, "not_offered", "This service protects no pictures.")
    runtime = runtime_of(request)
    client = runtime.spend(request, caller.token_id)
    picture, fields, hold = await runtime.picture(request, client)
    try:
        record = _record(request.headers.get("indelible-record") or fields.get("record"))
    except RefusedError:
        hold.release()
        raise
    options = {
        "owner": caller.owner,
        "format": format,
        "quality": quality,
        "source_type": source_type,
        "strip": strip,
        "record": record,
    }
    result = await runtime.run(request, jobs.protect_picture, picture, options, hold=hold)
    headers = {
        "Indelible-Manifest-Id": result.meta["manifest_id"],
        "Indelible-Notes": json.dumps(result.meta["notes"]),
    }
    return Response(result.body, 200, headers, result.meta["media_type"])


def _record(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = json_of(text.encode("utf-8", "replace"), MOST_JSON)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RefusedError(400, "bad_record", "The record has to be a JSON object.")
    return found
