"""Manifests of the Soft Binding Resolution API: read by whoever may, changed by who owns them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from indelible import credentials
from indelible.errors import BindingConflictError, ManifestError, NoRecordError, NoRegistryError
from indelible.imaging import MAX_STORE
from indelible.registry import Record, SqlRegistry
from indelible.service.access import Caller, Reader, Storer
from indelible.service.bodies import BINARY, describe_body, media_type_of, read_body
from indelible.service.lookups import ManifestId, live_record, store_of
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused
from indelible.service.receipts import Receipt, receipt_of, write_receipt
from indelible.service.values import check_manifest_id

__all__ = ["router"]

MEDIA_TYPE: Final = "application/c2pa"
_UNKNOWN: Final = "application/octet-stream"  # a manifest store does not say what it was made for

router = APIRouter(prefix="/v1/manifests")


class Stored(BaseModel):
    """A manifest store that was taken."""

    manifestId: str = Field(description="Id of its active manifest")  # noqa: N815 - C2PA's name
    receipt: Receipt | None = None


@router.post(
    "",
    operation_id="addManifest",
    tags=["store"],
    summary="Store a manifest",
    response_model=Stored,
    response_model_exclude_none=True,
    responses=answers(400, 401, 403, 408, 413, 415, 429, 500, 503),
    openapi_extra=describe_body({MEDIA_TYPE: BINARY}),
)
async def add(
    request: Request,
    caller: Storer,
    return_receipt: Annotated[
        bool, Query(alias="returnReceipt", description="Return a receipt, too")
    ] = False,
) -> Stored:
    """Store a manifest store; the same one may be sent again."""
    if media_type_of(request) != MEDIA_TYPE:
        raise refused(400, f"The body has to be {MEDIA_TYPE}.")
    data = await read_body(request, caller, MAX_STORE)
    return await run_in_threadpool(_add, request, parts_of(request), caller, data, return_receipt)


def _add(
    request: Request, parts: Parts, caller: Caller, data: bytes, return_receipt: bool
) -> Stored:
    registry = store_of(parts)
    record = Record(
        manifest_id=_id_of(data, sandbox=parts.sandbox),
        algorithm="",
        payload=b"",
        manifest_store=data,
        media_type=_UNKNOWN,
        owner=caller.owner,
    )
    if not _is_stored(registry, record):
        try:
            registry.put(record)
        except BindingConflictError:
            if not _is_stored(registry, record):
                raise refused(400, "Another manifest has this id.") from None
    write_receipt(registry, record.manifest_id, actor=str(caller.owner))
    receipt = receipt_of(request, registry, record.manifest_id) if return_receipt else None
    return Stored(manifestId=record.manifest_id, receipt=receipt)


def _id_of(data: bytes, *, sandbox: bool) -> str:
    """Return the id of a store's active manifest; a sandbox draws one for whatever it is."""
    if not data:
        raise refused(400, "There is no body.")
    if sandbox:
        return credentials.new_manifest_id()
    try:
        return check_manifest_id(credentials.active_manifest_id(data))
    except ManifestError as error:
        raise refused(400, error.reason()) from None


def _is_stored(registry: SqlRegistry, record: Record) -> bool:
    """Whether the very same store is there, of the same owner."""
    try:
        there = registry.get(record.manifest_id)
    except NoRegistryError:  # this is the first one
        return False
    return (
        there is not None
        and there.status == "live"
        and (there.store_sha256, there.owner) == (record.store_sha256, record.owner)
    )


@router.get(
    "/{activeManifestId:path}",
    operation_id="getManifestById",
    tags=["fetch"],
    summary="Read a manifest",
    response_class=Response,
    responses={
        **answers(400, 401, 403, 404, 429, 500, 503),
        200: {"description": "The manifest store", "content": {MEDIA_TYPE: BINARY}},
    },
)
def fetch(
    request: Request,
    _: Reader,
    manifest_id: ManifestId,
    return_active_manifest: Annotated[
        bool,
        Query(alias="returnActiveManifest", description="Return it without its history"),
    ] = False,
) -> Response:
    """Return a manifest with its history, or alone."""
    data = live_record(parts_of(request).registry, manifest_id).manifest_store
    if return_active_manifest:
        try:
            data = credentials.active_manifest(data)
        except ManifestError:  # a sandbox's, or one that was registered by others
            raise refused(400, "This manifest cannot be taken out of its store.") from None
    headers = {"Content-Disposition": "attachment"}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)


@router.delete(
    "/{activeManifestId:path}",
    operation_id="deleteManifest",
    tags=["store"],
    summary="Erase a manifest",
    status_code=204,
    response_class=Response,
    responses=answers(400, 401, 403, 404, 429, 500, 503),
)
def erase(request: Request, caller: Storer, manifest_id: ManifestId) -> Response:
    """Erase a manifest of one's own; its bindings lead nowhere from then on."""
    parts = parts_of(request)
    registry = store_of(parts)
    record = live_record(registry, manifest_id)
    if record.owner != caller.owner:
        raise refused(403, "This manifest belongs to somebody else.")
    try:
        registry.set_status(
            manifest_id, "erased", reason="Its owner erased it.", actor=str(caller.owner)
        )
    except NoRecordError:  # somebody was faster
        raise refused(404, "There is no such manifest.") from None
    return Response(status_code=204)
