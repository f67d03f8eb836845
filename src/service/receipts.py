"""Receipts: that a manifest was taken stands in the audit log, and stays there.

A receipt names the entry of the log by its hash, and says when. An entry's number would say how
many pictures a generator makes, so it is not told; nor can it be found out from the hash, which is
of a random number, too, that stands in the log alone.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from indelible.registry import SqlRegistry
from indelible.registry.private import RECEIPT_ACTION, RECEIPT_PROOF, AuditEntry, follows
from indelible.service.access import Reader
from indelible.service.addresses import api_endpoint, manifest_address
from indelible.service.bodies import describe_model, read_model
from indelible.service.lookups import ManifestId, live_record, store_of
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused

__all__ = ["Receipt", "VerifiedReceipt", "receipt_of", "router", "write_receipt"]

_CONTEXT: Final = {
    "c2pa": "https://c2pa.org/ns/",
    "receipt": "https://c2pa.org/ns/manifest-receipt#",
}

router = APIRouter(prefix="/v1/manifests", tags=["fetch"])


class Repository(BaseModel):
    """Who took a manifest."""

    model_config = ConfigDict(extra="forbid")

    uri: str = Field(description="Address of the API", json_schema_extra={"format": "uri"})
    manifestId: str = Field(description="Id of the active manifest")  # noqa: N815 - C2PA's name


class Anchor(BaseModel):
    """What shows that it was taken."""

    model_config = ConfigDict(extra="allow")

    uri: str = Field(
        description="Where the proof can be verified", json_schema_extra={"format": "uri"}
    )
    proof: dict[str, Any] = Field(description="The audit log's entry: `hash` and `time`")


class Receipt(BaseModel):
    """That a manifest was taken."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    context: str | dict[str, Any] = Field(alias="@context")
    type: Literal["org.c2pa.manifest-receipt"] = Field(alias="@type")
    repository: Repository
    anchor: Anchor


class VerifiedReceipt(Receipt):
    """A receipt, and whether it holds."""

    verified: bool = Field(description="Whether the audit log says what the receipt says")
    error: str | None = Field(None, description="Why it does not hold")


def write_receipt(registry: SqlRegistry, manifest_id: str, *, actor: str) -> None:
    """Note in the audit log that a manifest was taken, unless that is there already.

    It may not be there though the manifest is: whatever failed between the two is tried again.
    """
    if registry.audit.find(RECEIPT_ACTION, manifest_id) is not None:
        return
    registry.audit.append(
        actor=actor,
        action=RECEIPT_ACTION,
        subject=manifest_id,
        reason=f"receipt {secrets.token_hex(16)}",  # hides what the hash is of
    )


def receipt_of(request: Request, registry: SqlRegistry, manifest_id: str) -> Receipt:
    """Return the receipt of a manifest.

    Raises
    ------
    RefusedError
        404 where none was written: it was registered in another way.
    """
    return _receipt(request, _entry(registry, manifest_id), manifest_id)


def _entry(registry: SqlRegistry, manifest_id: str) -> AuditEntry:
    entry = registry.audit.find(RECEIPT_ACTION, manifest_id)
    if entry is None:
        raise refused(404, "There is no receipt for this manifest.")
    return entry


def _receipt(request: Request, entry: AuditEntry, manifest_id: str) -> Receipt:
    proof = {"type": RECEIPT_PROOF, "hash": entry.hash.hex(), "time": entry.time.isoformat()}
    address = f"{manifest_address(request, manifest_id)}/receipts"
    return Receipt.model_validate(
        {
            "@context": _CONTEXT,
            "@type": "org.c2pa.manifest-receipt",
            "repository": {"uri": api_endpoint(request), "manifestId": manifest_id},
            "anchor": {"uri": address, "proof": proof},
        }
    )


@router.get(
    "/{activeManifestId:path}/receipts",
    operation_id="getVerifiedReceipt",
    summary="Read a manifest's receipt",
    response_model=VerifiedReceipt,
    response_model_exclude_none=True,
    responses=answers(400, 401, 403, 404, 429, 500, 503),
)
def fetch(request: Request, _: Reader, manifest_id: ManifestId) -> VerifiedReceipt:
    """Return the receipt of a manifest, and whether it holds."""
    registry = _store_with(parts_of(request), manifest_id)
    entry = _entry(registry, manifest_id)
    return _verified(registry, entry, _receipt(request, entry, manifest_id), manifest_id)


@router.post(
    "/{activeManifestId:path}/receipts",
    operation_id="verifyReceipt",
    summary="Verify a receipt",
    response_model=VerifiedReceipt,
    response_model_exclude_none=True,
    responses=answers(400, 401, 403, 404, 408, 413, 415, 429, 500, 503),
    openapi_extra=describe_model(Receipt),
)
async def verify(request: Request, caller: Reader, manifest_id: ManifestId) -> VerifiedReceipt:
    """Say whether a receipt is the one of a manifest, and holds."""
    receipt = await read_model(request, caller, Receipt)

    def work() -> VerifiedReceipt:
        registry = _store_with(parts_of(request), manifest_id)
        entry = registry.audit.find(RECEIPT_ACTION, manifest_id)
        return _verified(registry, entry, receipt, manifest_id)

    return await run_in_threadpool(work)


def _store_with(parts: Parts, manifest_id: str) -> SqlRegistry:
    """Return the registry that keeps receipts, which holds a manifest."""
    if parts.store is None:
        raise refused(404, "There are no receipts here.")
    registry = store_of(parts)
    live_record(registry, manifest_id)
    return registry


def _verified(
    registry: SqlRegistry, entry: AuditEntry | None, receipt: Receipt, manifest_id: str
) -> VerifiedReceipt:
    error = _fault(registry, entry, receipt, manifest_id)
    values = receipt.model_dump(by_alias=True)
    return VerifiedReceipt.model_validate({**values, "verified": error is None, "error": error})


def _fault(
    registry: SqlRegistry, entry: AuditEntry | None, receipt: Receipt, manifest_id: str
) -> str | None:
    """Return what is wrong with a receipt, in a sentence."""
    if receipt.repository.manifestId != manifest_id:
        return "The receipt is of another manifest."
    if entry is None:
        return "The audit log has no entry about this manifest."
    proof = receipt.anchor.proof
    given = str(proof.get("hash", ""))
    if proof.get("type") != RECEIPT_PROOF or not hmac.compare_digest(
        given.encode("utf-8", "replace"), entry.hash.hex().encode()
    ):
        return "The receipt does not name the audit log's entry about this manifest."
    if proof.get("time") != entry.time.isoformat():
        return "The receipt's time is another one than the audit log's."
    if entry.computed_hash() != entry.hash or not follows(registry.audit, entry):
        return "The audit log was changed."
    return None
