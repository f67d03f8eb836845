"""The registry leg: the manifest that the watermark's id leads to."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, get_args

from indelible import credentials
from indelible.choices import RecordStatus
from indelible.credentials import CredentialReport, Trust
from indelible.errors import IndelibleError, RegistryError
from indelible.imaging import ImageFile
from indelible.languages import say
from indelible.registry import Record, Registry, StoredFingerprint
from indelible.verification.result import RegistryReport
from indelible.watermark import Detection

__all__ = ["look_up", "validated"]

# One id leads to one manifest; to a few in a merged registry. To more than these only in one that
# somebody filled on purpose, and each costs a validation.
_MAX_RECORDS: Final = 16
_STATES: Final = ("trusted", "valid", "invalid", "unreadable", "absent")

_log: Final = logging.getLogger("indelible")


def look_up(
    found: Detection | None,
    image: ImageFile,
    credential: CredentialReport,
    *,
    registry: Registry | None,
    trust: Trust,
) -> RegistryReport:
    """Look a watermark's id up, and validate what it leads to against the picture.

    Parameters
    ----------
    found : Detection or None
        The watermark; None where nobody looked for one.
    image : ImageFile
        The picture that carries it.
    credential : CredentialReport
        What its own manifest says: one that the registry holds, too, is not validated again.
    registry : Registry or None
        Where to look; None where there is no registry to ask.
    trust : Trust
        Whose signatures count.

    Returns
    -------
    RegistryReport
        A registry that fails is reported as ``"unavailable"``: the other legs stand.
    """
    if found is None or found.payload is None or found.algorithm is None:
        return RegistryReport("not_asked")
    if registry is None:
        return RegistryReport("not_asked", reason=say("There is no registry to ask."))
    try:
        records = _find(registry, found.algorithm, found.payload)
    except RegistryError as error:
        return RegistryReport("unavailable", reason=error.reason())
    # Of what holds, it makes no difference that the registry holds it, too.
    holds = credential.embedded and credential.integrity == "intact"
    own = credentials.extract_store(image) if holds and records else None
    candidates = []
    for record in records:
        report = None
        if record.store:  # of an erased one only its id is left
            same = record.store == own
            kept = replace(credential, embedded=False)
            report = kept if same else validated(record.store, image, trust)
        candidates.append(_reported(record, report, names=(found.algorithm, found.payload)))
    if not candidates:
        return RegistryReport("unknown", reason=say("The registry does not hold this id."))
    best = min(candidates, key=_preference)
    others = tuple(c.manifest_id for c in candidates if c is not best and c.manifest_id is not None)
    return replace(best, others=others)


@dataclass(frozen=True, slots=True)
class _Held:
    """What is needed of a record."""

    manifest_id: str
    store: bytes
    status: RecordStatus
    status_reason: str | None
    fingerprint: StoredFingerprint | None


def _find(registry: Registry, algorithm: str, payload: bytes) -> list[_Held]:
    """Return what is registered under an id.

    Raises
    ------
    RegistryError
        Whatever a registry that is not ours raises or returns.
    """
    try:
        held = registry.find(algorithm, payload, limit=_MAX_RECORDS)
        records = islice(held, _MAX_RECORDS)  # a foreign registry may know no limit
        return [_held(one) for one in records]
    except RegistryError:
        raise
    except Exception as error:  # foreign code
        _log.warning("the registry failed", exc_info=True)
        raise RegistryError(f"the registry failed: {type(error).__name__}") from error


def _held(record: Record) -> _Held:
    fingerprint = getattr(record, "fingerprint", None)  # others' records may have less than ours
    reason = getattr(record, "status_reason", None)
    status: RecordStatus = getattr(record, "status", "live")
    return _Held(
        str(record.manifest_id),
        bytes(memoryview(record.manifest_store)),
        status if status in get_args(RecordStatus) else "live",
        None if reason is None else str(reason),
        fingerprint if isinstance(fingerprint, StoredFingerprint) else None,
    )


def validated(store: bytes, image: ImageFile, trust: Trust) -> CredentialReport:
    """Validate a manifest from elsewhere against a picture; one that cannot be read is a report."""
    try:
        return credentials.read(image, trust=trust, manifest_store=store)
    except IndelibleError as error:
        return CredentialReport("unreadable", reasons=(error.reason(),))


def _reported(
    record: _Held, report: CredentialReport | None, *, names: tuple[str, bytes]
) -> RegistryReport:
    bindings = () if report is None else report.soft_bindings
    return RegistryReport(
        "found",
        record.manifest_id,
        None if report is None else record.store,
        report,
        any(binding.names(*names) for binding in bindings),
        status=record.status,
        status_reason=record.status_reason,
        fingerprint=record.fingerprint,
    )


def _preference(candidate: RegistryReport) -> tuple[bool, int]:
    """Order in which manifests under one id are believed: those that name it, then trusted ones."""
    return (not candidate.names_payload, _STATES.index(candidate.credential_state))
