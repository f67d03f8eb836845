"""Whole records, for registries behind this service: a generator's workers register over HTTP.

Our own, not C2PA's: a record is registered in one request, with its binding, its fingerprint and
what was sealed about who had the picture made.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from indelible import credentials
from indelible.errors import ManifestError, NoRegistryError, RegistryError
from indelible.registry import MAX_FOUND, Record
from indelible.registry.private import SealedRecord
from indelible.registry.wire import (
    MAX_RECORD_BYTES,
    ids_to_json,
    record_from_json,
    record_to_json,
    records_to_json,
)
from indelible.service.access import Caller, RecordReader, Storer
from indelible.service.bodies import describe_body, read_body
from indelible.service.lookups import existing_record, registering, store_of
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused
from indelible.service.values import check_algorithm, check_manifest_id, value_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/records", tags=["records"])

_JSON = {"application/json": {"schema": {"type": "object"}}}

RecordId = Annotated[str, Path(alias="manifestId", description="Id of the record's manifest")]


@router.get(
    "",
    operation_id="findRecords",
    summary="Find records by a watermark's id",
    response_class=Response,
    responses={
        **answers(400, 401, 403, 414, 429, 500, 503),
        200: {"description": "Records", "content": _JSON},
    },
)
def find(
    request: Request,
    _: RecordReader,
    alg: Annotated[str, Query(description="Name of the algorithm", max_length=255)],
    value: Annotated[str, Query(description="The id in base64", max_length=4096)],
    limit: Annotated[int, Query(ge=1, description=f"{MAX_FOUND} at most")] = MAX_FOUND,
    ids: Annotated[bool, Query(description="Return the ids of their manifests alone")] = False,
) -> Response:
    """Return the records that an id leads to, whatever has become of them, the oldest first."""
    registry = parts_of(request).registry
    wanted = value_of(value)
    check_algorithm(alg)
    try:
        found = [] if registry is None else registry.find(alg, wanted, limit=min(limit, MAX_FOUND))
    except NoRegistryError:  # nothing was registered yet
        found = []
    if ids:
        content = ids_to_json([record.manifest_id for record in found])
    else:
        content = records_to_json(found)
    return Response(content, media_type="application/json")


@router.get(
    "/{manifestId:path}",
    operation_id="getRecord",
    summary="Read a record",
    response_class=Response,
    responses={
        **answers(400, 401, 403, 404, 429, 500, 503),
        200: {"description": "The record", "content": _JSON},
    },
)
def fetch(request: Request, _: RecordReader, manifest_id: RecordId) -> Response:
    """Return the record of a manifest, whatever has become of it; nothing private is in it."""
    record = existing_record(parts_of(request).registry, manifest_id)
    return Response(record_to_json(record), media_type="application/json")


@router.put(
    "/{manifestId:path}",
    operation_id="putRecord",
    summary="Register a record",
    status_code=204,
    response_class=Response,
    responses=answers(400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 503),
    openapi_extra=describe_body(_JSON),
)
async def put(request: Request, caller: Storer, manifest_id: RecordId) -> Response:
    """Register a record and its binding in one step; the very same may be sent again."""
    check_manifest_id(manifest_id)
    body = await read_body(request, caller, MAX_RECORD_BYTES)
    await run_in_threadpool(_put, parts_of(request), caller, manifest_id, body)
    return Response(status_code=204)


def _put(parts: Parts, caller: Caller, manifest_id: str, body: bytes) -> None:
    registry = store_of(parts)
    record, private = _parsed(body)
    if record.manifest_id != manifest_id:
        raise refused(400, "The record is of another manifest than the address.")
    if record.status != "live":
        raise refused(400, "A record is registered as a live one.")
    if record.algorithm:
        check_algorithm(record.algorithm)
    if not parts.sandbox:
        _check_store(record)
    with registering(taken="The registry already holds this id or this manifest."):
        registry.put(record, owner=caller.owner, private=private)


def _parsed(body: bytes) -> tuple[Record, SealedRecord | None]:
    try:
        return record_from_json(body)
    except RegistryError as error:
        raise refused(400, error.reason()) from None


def _check_store(record: Record) -> None:
    """Make sure that a record's manifest is the one that it is registered as."""
    try:
        named = credentials.active_manifest_id(record.manifest_store)
    except ManifestError as error:
        raise refused(400, error.reason()) from None
    if named != record.manifest_id:
        raise refused(400, "The manifest has another id than the record.")


@router.delete(
    "/{manifestId:path}",
    operation_id="withdrawRecord",
    summary="Take a record back",
    status_code=204,
    response_class=Response,
    responses=answers(400, 401, 403, 404, 429, 500, 503),
)
def withdraw(request: Request, caller: Storer, manifest_id: RecordId) -> Response:
    """Remove a record of one's own, whose picture was never shown; the audit log says who did."""
    registry = store_of(parts_of(request))
    record = existing_record(registry, manifest_id)
    if record.owner != caller.owner:
        raise refused(403, "This record belongs to somebody else.")
    registry.audit.append(actor=str(caller.owner), action="withdraw", subject=manifest_id)
    if not registry.withdraw(manifest_id):  # somebody was faster
        raise refused(404, "There is no such manifest.")
    return Response(status_code=204)
