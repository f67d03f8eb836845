"""What the registry says in public of the picture, and what its operator alone can open.

Account data is never in a bundle. What stands there is the id under which the operator finds who
had the picture made, for a reason and a case number that go into the audit log first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from indelible.errors import RegistryError
from indelible.evidence.packing import timestamp
from indelible.registry import PrivateRegistry, Record, Registries, Registry, RemoteRegistry
from indelible.registry.private import (
    RECEIPT_ACTION,
    RECEIPT_PROOF,
    Anchor,
    inclusion,
)
from indelible.verification import Verification

__all__ = ["record_of"]

_PRIVATE: Final = (
    "Who had the picture made is not in this bundle. Where the generator's operator keeps that, "
    "they open it by this id, with: indelible registry trace ID --reason TEXT --case NUMBER. Ask "
    "the operator, or a court to order it."
)
_SHOWN: Final = (
    "The log is a chain of hashes. Between the entry and its newest stand entries about others, "
    "which are not shown; whoever made this bundle followed the chain over them. The operator "
    "confirms the entry by its hash, and shows the whole log to who may see it."
)


def record_of(
    result: Verification, registry: Registry | None, *, at: str, anchors: Sequence[Anchor] = ()
) -> dict[str, Any]:
    """Return what ``findings/record.json`` says.

    Parameters
    ----------
    result : Verification
        What was found.
    registry : Registry or None
        Which was asked.
    at : str
        When.
    anchors : sequence of Anchor
        Heads of the audit log that were written down elsewhere.
    """
    found = result.registry
    said: dict[str, Any] = {"asked_at": at, "state": found.state, "record": None, "receipt": None}
    if registry is None:
        return {**said, "words": "There was no registry to ask."}
    if found.state != "found" or found.manifest_id is None:
        words = {
            "unknown": "The registry that was asked does not hold the watermark's id.",
            "unavailable": "The registry could not be asked.",
        }
        return {**said, "words": words.get(found.state, "No watermark led to a registry.")}
    try:
        holder, record = _held(registry, found.manifest_id)
        if record is None:
            return {**said, "words": "The registry no longer holds the record."}
        receipt = _receipt(holder, record.manifest_id, anchors)
        kept = _kept(holder, record.manifest_id)
    except RegistryError:
        return {**said, "words": "The registry's record could not be read again."}
    return {
        **said,
        "words": "The watermark's id leads to this record.",
        "registry": holder.url if isinstance(holder, RemoteRegistry) else None,
        "record": _public(record),
        "receipt": receipt,
        "sealed_reference": {"id": record.manifest_id, "kept": kept, "words": _PRIVATE},
    }


def _held(registry: Registry, manifest_id: str) -> tuple[Registry, Record | None]:
    """Return the registry that holds a record, and the record."""
    each = registry.each if isinstance(registry, Registries) else (registry,)
    for one in each:
        record = one.get(manifest_id)
        if record is not None:
            return one, record
    return registry, None


def _public(record: Record) -> dict[str, Any]:
    """Return what anybody may know: not who registered it, nor why it was taken back."""
    return {
        "manifest_id": record.manifest_id,
        "algorithm": record.algorithm,
        "watermark_id": record.payload.hex(),
        "status": record.status,
        "registered_at": timestamp(record.created),
        "media_type": record.media_type,
        "width": record.width,
        "height": record.height,
        "picture_sha256": record.picture_sha256,
        "manifest_sha256": record.store_sha256,
    }


def _receipt(
    registry: Registry, manifest_id: str, anchors: Sequence[Anchor]
) -> dict[str, Any] | None:
    if not isinstance(registry, PrivateRegistry):
        return None
    entry = registry.audit.find(RECEIPT_ACTION, manifest_id)
    if entry is None:
        return None
    shown = inclusion(registry.audit, entry, anchors)
    anchor = shown.anchor
    return {
        "proof": {
            "type": RECEIPT_PROOF,
            "hash": shown.hash.hex(),
            "time": shown.time.isoformat(),
        },
        "inclusion": {
            "followed_and_holds": shown.holds,
            "to_the_newest_entry": shown.whole,
            "head": {"hash": shown.head.hex(), "time": shown.head_time.isoformat()},
            "anchor": None
            if anchor is None
            else {"hash": anchor.hash.hex(), "time": anchor.time.isoformat()},
            "words": _SHOWN,
        },
    }


def _kept(registry: Registry, manifest_id: str) -> bool | None:
    """Whether the operator keeps who had the picture made; None where that is not known here."""
    if not isinstance(registry, PrivateRegistry):
        return None
    return manifest_id in registry.sealed_records([manifest_id])
