"""Queries of the Soft Binding Resolution API: from a binding or a picture to manifests' ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from indelible.credentials import PictureFingerprint
from indelible.errors import NoRegistryError
from indelible.registry import Registry, SearchableRegistry
from indelible.service.access import Reader
from indelible.service.bodies import BINARY, describe_body, describe_model, read_model
from indelible.service.matching import match_picture
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused
from indelible.service.runtime import runtime_of
from indelible.service.values import ANY_ALGORITHM, MOST_IN_ADDRESS, check_algorithm, value_of
from indelible.service.worker import Result

__all__ = ["MOST_RESULTS", "Alg", "MatchedManifest", "MaxResults", "QueryResult",
           "ids_found", "result_of", "router"]  # fmt: skip

MOST_RESULTS: Final = 100
"""How many manifests one query names, whatever is asked for."""

_PDQ_BYTES: Final = 32

router = APIRouter(prefix="/v1/matches", tags=["query"])

MaxResults = Annotated[
    int, Query(alias="maxResults", ge=1, description="How many manifests to name; 100 at most")
]
Alg = Annotated[
    str | None, Query(alias="alg", description="Name only what this algorithm leads to")
]


class MatchedManifest(BaseModel):
    """A manifest that a query leads to; `GET /v1/manifests/{manifestId}` returns it."""

    manifestId: str = Field(description="Id of the active manifest")  # noqa: N815 - C2PA's name


class QueryResult(BaseModel):
    """What a query leads to."""

    matches: list[MatchedManifest]


class BindingQuery(BaseModel):
    """A soft binding to look up."""

    alg: str = Field(description="Name of the algorithm, as in C2PA's list")
    value: str = Field(description="The binding's value in base64, of either alphabet")


@router.get(
    "/byBinding",
    operation_id="queryByBinding",
    summary="Look a soft binding up",
    responses=answers(400, 401, 403, 414, 429, 500, 503),
)
def by_binding(
    request: Request,
    _: Reader,
    value: Annotated[str, Query(description="The binding's value in base64, of either alphabet")],
    alg: Annotated[str, Query(description="Name of the algorithm, as in C2PA's list")],
    max_results: MaxResults = 10,
) -> QueryResult:
    """Return the ids of the manifests that a soft binding leads to."""
    if len(value) > MOST_IN_ADDRESS:
        raise refused(414, "The value is too long for an address: send it by POST.")
    return result_of(_look_up(parts_of(request), alg, value, max_results), max_results)


@router.post(
    "/byBinding",
    operation_id="queryByLargeBinding",
    summary="Look a large soft binding up",
    responses=answers(400, 401, 403, 408, 413, 415, 429, 500, 503),
    openapi_extra=describe_model(BindingQuery),
)
async def by_large_binding(
    request: Request, caller: Reader, max_results: MaxResults = 10
) -> QueryResult:
    """Return the ids of the manifests that a soft binding leads to, which is sent as a body."""
    query = await read_model(request, caller, BindingQuery)
    parts = parts_of(request)
    found = await run_in_threadpool(_look_up, parts, query.alg, query.value, max_results)
    return result_of(found, max_results)


@router.post(
    "/byContent",
    operation_id="uploadFile",
    summary="Find the manifests that a picture leads to",
    responses=answers(400, 401, 403, 408, 413, 415, 429, 500, 503),
    openapi_extra=describe_body({"image/*": BINARY, "application/octet-stream": BINARY}),
)
async def by_content(
    request: Request,
    caller: Reader,
    alg: Alg = None,
    max_results: MaxResults = 10,
    hint_alg: Annotated[
        str | None, Query(alias="hintAlg", description="Algorithm of a binding that is known")
    ] = None,
    hint_value: Annotated[
        str | None, Query(alias="hintValue", description="Its value in base64")
    ] = None,
) -> QueryResult:
    """Return the ids of the manifests that the watermarks in a picture, or its looks, lead to."""
    kind = request.headers.get("content-type", "application/octet-stream").lower()
    if not kind.startswith(("image/", "application/octet-stream")):
        raise refused(415, "Only pictures can be asked about.")
    parts = parts_of(request)
    hinted: list[str] = []
    if (hint_alg is None) != (hint_value is None):
        raise refused(400, "hintAlg and hintValue go together.")
    if hint_alg is not None and hint_value is not None:
        hinted = await run_in_threadpool(_look_up, parts, hint_alg, hint_value, max_results)
    runtime = runtime_of(request)
    data, _, hold = await runtime.picture(request, caller.client)
    result = await runtime.look(
        request, match_picture, data, {}, hold=hold, stranger=caller.is_stranger
    )
    return result_of([*hinted, *ids_found(result, alg)], max_results)


def ids_found(result: Result, alg: str | None) -> list[str]:
    """Return the ids that a picture led to, by one algorithm or by all."""
    return [
        manifest_id for manifest_id, found_by in result.meta["matches"] if alg in (None, found_by)
    ]


def result_of(found: Iterable[str], most: int) -> QueryResult:
    """Return ids as the answer to a query, each once, so many at most."""
    ids = list(dict.fromkeys(found))[: min(most, MOST_RESULTS)]
    return QueryResult(matches=[MatchedManifest(manifestId=one) for one in ids])


def _look_up(parts: Parts, alg: str, value: str, most: int) -> list[str]:
    """Return the ids of live manifests that a binding leads to."""
    check_algorithm(alg)
    wanted = value_of(value, opaque=parts.sandbox)
    registry = parts.registry
    if registry is None:
        return []
    most = min(most, MOST_RESULTS)
    try:
        if alg == PictureFingerprint.PDQ_ALGORITHM:
            return _alike(registry, wanted, most)
        found = list(registry.find(alg, wanted, limit=most))
        if parts.sandbox:
            found += registry.find(ANY_ALGORITHM, wanted, limit=most)
    except NoRegistryError:  # nothing was registered yet
        return []
    return [record.manifest_id for record in found if record.status == "live"]


def _alike(registry: Registry, pdq: bytes, most: int) -> list[str]:
    """Return live manifests of pictures whose hash is near, the nearest first."""
    if len(pdq) != _PDQ_BYTES:
        raise refused(400, f"A value of this algorithm has {_PDQ_BYTES} bytes.")
    if not isinstance(registry, SearchableRegistry):
        return []
    near = registry.find_similar(pdq, limit=most)
    records = (registry.get(one.manifest_id) for one in near)
    return [one.manifest_id for one in records if one is not None and one.status == "live"]
