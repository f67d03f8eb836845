"""Queries by reference: the service fetches the picture, from hosts that its operator lists."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from indelible import imaging
from indelible.errors import ImageError, NetworkError
from indelible.network import Fetcher
from indelible.service.access import Reader
from indelible.service.bodies import describe_model, read_model
from indelible.service.matching import match_picture
from indelible.service.parts import parts_of
from indelible.service.problems import answers, refused
from indelible.service.resolution import Alg, MaxResults, QueryResult, ids_found, result_of
from indelible.service.runtime import runtime_of

__all__ = ["Reference", "reference_router"]

_MOST_AT_ONCE: Final = 4  # slow hosts hold up each other, and nobody else
_SECONDS: Final = 20.0

_log: Final = logging.getLogger("indelible.service")


class Reference(BaseModel):
    """A picture somewhere else."""

    referenceUrl: str = Field(  # noqa: N815 - C2PA's names
        pattern="^https://",
        max_length=2048,
        description="Where the picture lies",
        json_schema_extra={"format": "uri"},
    )
    assetLength: int = Field(ge=1, description="Its size in bytes; a larger one is refused")  # noqa: N815
    assetType: str | None = Field(None, description="Its media type; another one is refused")  # noqa: N815
    region: list[dict[str, Any]] | None = Field(
        None, description="Regions are not looked at by themselves here: leave this out"
    )


def reference_router(fetcher: Fetcher) -> APIRouter:
    """Return the endpoint for queries by reference.

    Parameters
    ----------
    fetcher : Fetcher
        Which hosts may be asked, and how.
    """
    router = APIRouter(prefix="/v1/matches", tags=["query"])
    limiter = anyio.CapacityLimiter(_MOST_AT_ONCE)

    @router.post(
        "/byReference",
        operation_id="queryByReference",
        summary="Find the manifests that a picture elsewhere leads to",
        responses=answers(400, 401, 403, 408, 413, 415, 429, 500, 503),
        openapi_extra=describe_model(Reference),
    )
    async def by_reference(
        request: Request, caller: Reader, alg: Alg = None, max_results: MaxResults = 10
    ) -> QueryResult:
        """Fetch a picture, and return the ids of the manifests that it leads to."""
        wanted = await read_model(request, caller, Reference)
        if wanted.region:
            raise refused(400, "Regions are not looked at by themselves here: leave region out.")
        runtime = runtime_of(request)
        most = min(wanted.assetLength, parts_of(request).settings.max_bytes)
        runtime.workers.room.check(caller.client)
        limited = replace(fetcher, max_bytes=most, timeout=_SECONDS)
        data = await anyio.to_thread.run_sync(_fetched, limited, wanted, limiter=limiter)
        hold = runtime.workers.room.hold(caller.client)
        hold.add(size=len(data))
        result = await runtime.look(
            request, match_picture, data, {}, hold=hold, stranger=caller.is_stranger
        )
        return result_of(ids_found(result, alg), max_results)

    return router


def _fetched(fetcher: Fetcher, wanted: Reference) -> bytes:
    """Return the picture; why it could not be fetched is for the log, which the operator reads."""
    try:
        data = fetcher.get(wanted.referenceUrl, accept=wanted.assetType or "image/*")
    except NetworkError as error:
        _log.info("a picture could not be fetched: %s", error.reason())
        raise refused(400, "The picture cannot be fetched from there.") from None
    if wanted.assetType is not None:
        try:
            found = imaging.media_type(imaging.read_header(data).format)
        except ImageError:
            found = None
        if found != wanted.assetType.partition(";")[0].strip().lower():
            raise refused(400, "What lies there is not of this assetType.")
    return data
