"""``POST /v1/evidence``: an evidence bundle about a picture, made now and kept nowhere.

Strangers get one without scores, places and ids, as they get a report without them: see
`indelible.verification.public`. The service's signer signs it, and says nothing by that but what
its own verifier found.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from indelible.languages import preferred
from indelible.service import jobs
from indelible.service.access import Caller, needs
from indelible.service.bodies import BINARY
from indelible.service.failures import RefusedError
from indelible.service.parts import Parts, parts_of
from indelible.service.runtime import runtime_of
from indelible.service.verify import PICTURE_ANSWERS, PICTURE_BODY

__all__ = ["MEDIA_TYPE", "offered", "router"]

router = APIRouter()

MEDIA_TYPE: Final = "application/wacz"

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **PICTURE_ANSWERS,
    200: {"description": "The bundle", "content": {MEDIA_TYPE: BINARY}},
}
_PACKAGES: Final = ("reportlab", "rfc3161_client")  # of the extra `evidence`


@router.post("/v1/evidence", openapi_extra=PICTURE_BODY, responses=_ANSWERS)
async def bundle(
    request: Request,
    caller: Annotated[Caller, Depends(needs("verify", open_by="public_verify"))],
    language: Annotated[str | None, Query(max_length=16)] = None,
    name: Annotated[str, Query(max_length=120)] = "",
    minor: Annotated[bool, Query()] = False,
    full: Annotated[bool, Query()] = False,
) -> Response:
    """Return a signed file with a picture, what was found, and a statement in plain words.

    ``minor``: the picture may show a minor, and is left out of it. The picture is held in memory
    while it is looked at, and stored nowhere; neither is the file.
    """
    if not offered(parts_of(request)):
        raise RefusedError(404, "not_offered", "This service makes no evidence bundles.")
    if full and caller.is_stranger:
        raise RefusedError(401, "token_needed", "The full report needs a token.")
    runtime = runtime_of(request)
    client = runtime.spend(request, caller.token_id)
    picture, _, hold = await runtime.picture(request, client)
    options = {
        "language": preferred(language or request.headers.get("accept-language", "")),
        "name": name or None,
        "minor": minor,
        "full": full,
    }
    result = await runtime.look(
        request, jobs.bundle_picture, picture, options, hold=hold, stranger=caller.is_stranger
    )
    request.state.verdict = result.meta["verdict"]
    headers = {"Content-Disposition": 'attachment; filename="evidence.wacz"'}
    return Response(result.body, 200, headers, MEDIA_TYPE)


def offered(parts: Parts) -> bool:
    """Whether the service makes bundles: it has a signer, and the packages that takes."""
    return parts.protector is not None and _installed()


@cache
def _installed() -> bool:
    return all(importlib.util.find_spec(one) is not None for one in _PACKAGES)
