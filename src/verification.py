"""Verify: gather the evidence about one file, leg by leg, and judge it.

Four legs: the embedded manifest, the watermark, the registry that the watermark's id leads to, and
the fingerprint (a later leg: ``not_checked``). A leg that fails says so in its own report and never
hides what another one found. Nothing here opens a connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from indelible import credentials, imaging, watermark
from indelible.credentials import CredentialReport, Registry, Trust
from indelible.defaults import Defaults, current
from indelible.errors import (
    IndelibleError,
    MissingDependencyError,
    RegistryError,
    UnsupportedImageError,
)
from indelible.imaging import Limits
from indelible.verdict import (
    CredentialState,
    Evidence,
    FingerprintState,
    ManifestEvidence,
    RecoveryEvidence,
    RegistryState,
    Verdict,
    WatermarkEvidence,
    judge,
)
from indelible.watermark import Detection, Key

__all__ = ["RegistryReport", "Verification", "WatermarkReport", "verify"]

WatermarkState = Literal["found", "not_found", "not_checked"]

# Manifests that one id may lead to before looking further is pointless.
_MAX_RECORDS: Final = 16


@dataclass(frozen=True, slots=True)
class WatermarkReport:
    """What was found in the pixels.

    Attributes
    ----------
    state : {"found", "not_found", "not_checked"}
        ``"not_checked"`` where there was no key, or no way to decode the pixels: see `reason`.
    detection : Detection or None
        The detector's own result.
    regions_gone : bool or None
        Whether the mark is reliably missing in part of the picture; None where not measured.
    reason : str or None
        Why it was not checked.
    """

    state: WatermarkState
    detection: Detection | None = None
    regions_gone: bool | None = None
    reason: str | None = None

    @property
    def found(self) -> bool:
        """Whether a watermark was found."""
        return self.state == "found"

    @property
    def payload(self) -> bytes | None:
        """The watermark's id, 8 bytes."""
        return None if self.detection is None else self.detection.payload

    @property
    def false_positive_probability(self) -> float:
        """Bound on the chance that an unmarked picture gives this; 1.0 where none was found."""
        return 1.0 if self.detection is None else self.detection.false_positive_probability

    @property
    def key_id(self) -> str | None:
        """Which key found it."""
        return None if self.detection is None else self.detection.key_id

    @property
    def geometry(self) -> NDArray[np.float64] | None:
        """Map from the original picture's pixel coordinates to this one's, (3, 3) float64."""
        return None if self.detection is None else self.detection.geometry

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data; the payload in hexadecimal."""
        geometry = self.geometry
        return {
            "found": self.found,
            "state": self.state,
            "payload": None if self.payload is None else self.payload.hex(),
            "false_positive_probability": self.false_positive_probability,
            "key_id": self.key_id,
            "geometry": None if geometry is None else geometry.tolist(),
            "regions_gone": self.regions_gone,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class RegistryReport:
    """What the watermark's id led to.

    Attributes
    ----------
    state : {"not_asked", "unknown", "found", "unavailable"}
        Whether the id was looked up, and with what result.
    manifest_id : str or None
        The manifest under that id.
    manifest_store : bytes or None
        The manifest itself, ``application/c2pa``.
    credential : CredentialReport or None
        The recovered manifest, validated against this picture. On a repost its one failure is the
        picture's hash (``changed_only``).
    names_payload : bool
        Whether the recovered manifest itself names the id that led to it.
    others : tuple of str
        Further manifests registered under the same id.
    reason : str or None
        Why the registry was not asked, or what it failed with.
    """

    state: RegistryState
    manifest_id: str | None = None
    manifest_store: bytes | None = None
    credential: CredentialReport | None = None
    names_payload: bool = False
    others: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def credential_state(self) -> CredentialState:
        """State of the recovered manifest, leaving aside that this may be a repost."""
        report = self.credential
        if report is None:
            return "absent"
        if report.state == "invalid" and report.changed_only:
            return "trusted" if report.signer_trusted else "valid"
        return report.state

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "state": self.state,
            "manifest_id": self.manifest_id,
            "credential_state": self.credential_state,
            "credential": None if self.credential is None else self.credential.to_dict(),
            "names_payload": self.names_payload,
            "others": list(self.others),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict and the evidence under it.

    Attributes
    ----------
    verdict : Verdict
        One word, equal to its plain string; ``verdict.words`` says what it means and what not.
    reasons : tuple of str
        The sentences that led to it.
    credential : CredentialReport
        The manifest in the file: integrity (``state``, ``failures``) and trust
        (``signer_trusted``) apart.
    watermark : WatermarkReport
        The mark in the pixels.
    registry : RegistryReport
        The manifest that the mark led to.
    fingerprint : {"not_checked", "match", "mismatch"}
        Whether the picture looks like the one that the recovered manifest was made for.
    file : str or None
        Name of the file, where there was one.
    format : str
        Its format, from its content.
    notes : tuple of str
        What else a reader should know ("only the first frame was looked at").
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    credential: CredentialReport
    watermark: WatermarkReport
    registry: RegistryReport
    fingerprint: FingerprintState = "not_checked"
    file: str | None = None
    format: str = ""
    notes: tuple[str, ...] = ()

    @property
    def best_credential(self) -> CredentialReport | None:
        """The manifest that speaks for this picture: the embedded one, else the recovered one."""
        if self.credential.present:
            return self.credential
        return self.registry.credential

    @property
    def complete(self) -> bool:
        """Whether every leg that had something to do could do it."""
        return self.registry.state != "unavailable"

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict and its evidence as JSON-ready data: what ``--json`` prints."""
        words = self.verdict.words
        return {
            "file": self.file,
            "verdict": str(self.verdict),
            "headline": words.headline,
            "meaning": words.meaning,
            "caution": words.caution,
            "reasons": list(self.reasons),
            "credential": self.credential.to_dict(),
            "watermark": self.watermark.to_dict(),
            "registry": self.registry.to_dict(),
            "fingerprint": self.fingerprint,
            "format": self.format,
            "notes": list(self.notes),
        }


def verify(
    image: str | os.PathLike[str] | bytes,
    *,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    trust: Trust | None = None,
    limits: Limits | None = None,
) -> Verification:
    """Find out who vouches for a picture.

    Parameters
    ----------
    image : path or bytes
        The encoded picture: its manifest, if it has one, is part of the file.
    keys : Key or sequence of Key, optional
        Watermark keys to detect with. By default those of the user's key ring, if it exists.
    registry : Registry, optional
        Where to look the watermark's id up. By default the user's, if it exists.
    trust : Trust, optional
        Whose signatures count. By default the official C2PA trust list, the configured anchors, and
        this machine's development identity, if it exists.
    limits : Limits, optional
        Sizes above which a picture is refused from its header.

    Returns
    -------
    Verification
        One verdict with its evidence.

    Raises
    ------
    ImageError
        If the bytes are no picture, are cut short, or exceed the limits. Whatever the bytes, no
        other exception than an `IndelibleError` leaves this function.
    ConfigurationError, KeyFileError, TrustError
        If a default was needed and the user's configuration cannot be read.

    Notes
    -----
    No connection is opened. Nothing is created: without a key ring the watermark is reported as
    ``not_checked``.
    """
    defaults = current()
    limits = defaults.limits if limits is None else limits
    data = imaging.read_bytes(image, limits=limits)
    header = imaging.read_header(data, limits=limits)
    trust = defaults.trust() if trust is None else trust

    credential = credentials.read(data, header.format, trust=trust)
    mark = _watermark_leg(data, _ring(keys, defaults), limits)
    recovered = _registry_leg(
        mark.payload, data, header.format, registry=registry, trust=trust, defaults=defaults
    )
    evidence = Evidence(
        manifest=ManifestEvidence(
            state=credential.state,
            picture_changed_only=credential.changed_only,
            payloads=frozenset(_named_payloads(credential, mark.payload)),
        ),
        watermark=WatermarkEvidence(payload=mark.payload, regions_gone=mark.regions_gone),
        recovery=RecoveryEvidence(
            registry=recovered.state,
            state=recovered.credential_state,
            names_payload=recovered.names_payload,
        ),
    )
    judgement = judge(evidence)
    return Verification(
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        credential=credential,
        watermark=mark,
        registry=recovered,
        file=None if isinstance(image, bytes) else os.fspath(Path(image)),
        format=header.format,
        notes=_notes(header, trust),
    )


def _ring(keys: Key | Sequence[Key] | None, defaults: Defaults) -> tuple[Key, ...]:
    if keys is None:
        return defaults.detection_keys()
    return (keys,) if isinstance(keys, Key) else tuple(keys)


def _watermark_leg(data: bytes, ring: tuple[Key, ...], limits: Limits) -> WatermarkReport:
    """Decode the pixels and look for a mark in them.

    A picture that is damaged raises: it cannot be judged. One whose kind cannot be decoded here
    (no codec installed) leaves the other legs standing.
    """
    try:
        picture = imaging.decode(data, limits=limits)
    except (MissingDependencyError, UnsupportedImageError) as error:
        return WatermarkReport("not_checked", reason=error.diagnostics())
    if not ring:
        return WatermarkReport("not_checked", reason="There is no watermark key to look with.")
    detection = watermark.detect(picture.pixels, ring)
    if not detection.found:
        return WatermarkReport("not_found", detection)
    return WatermarkReport("found", detection)


def _registry_leg(
    payload: bytes | None,
    data: bytes,
    format: str,
    *,
    registry: Registry | None,
    trust: Trust,
    defaults: Defaults,
) -> RegistryReport:
    """Look the id up, and validate what it leads to against this picture."""
    if payload is None:
        return RegistryReport("not_asked", reason="There is no watermark id to look up.")
    try:
        registry = defaults.existing_registry() if registry is None else registry
        if registry is None:
            return RegistryReport("not_asked", reason="There is no registry to ask.")
        records = registry.find(watermark.ALGORITHM, payload)[:_MAX_RECORDS]
    except RegistryError as error:
        return RegistryReport("unavailable", reason=error.diagnostics())
    candidates = [
        _recover(record.manifest_id, record.manifest_store, payload, data, format, trust)
        for record in records
    ]
    if not candidates:
        return RegistryReport("unknown", reason="The registry does not hold this id.")
    best = min(candidates, key=_preference)
    others = tuple(c.manifest_id for c in candidates if c is not best and c.manifest_id is not None)
    return RegistryReport(
        "found",
        best.manifest_id,
        best.manifest_store,
        best.credential,
        best.names_payload,
        others,
        best.reason,
    )


def _recover(
    manifest_id: str, store: bytes, payload: bytes, data: bytes, format: str, trust: Trust
) -> RegistryReport:
    try:
        report = credentials.read(data, format, trust=trust, manifest_store=store)
    except IndelibleError as error:
        report = CredentialReport("unreadable", reasons=(error.diagnostics(),))
    names = any(b.names(watermark.ALGORITHM, payload) for b in report.soft_bindings)
    return RegistryReport("found", manifest_id, store, report, names)


def _preference(candidate: RegistryReport) -> tuple[bool, int]:
    """Order in which several manifests under one id are believed: bound first, then trusted."""
    order = ("trusted", "valid", "invalid", "unreadable", "absent")
    return (not candidate.names_payload, order.index(candidate.credential_state))


def _named_payloads(report: CredentialReport, payload: bytes | None) -> Iterator[bytes]:
    """Yield the watermark ids that a manifest or its history names.

    A picture that was protected, edited and protected again may carry the older mark; its manifest
    then names it in an ingredient. Bindings are compared in every reading of the stored value.
    """
    manifests = [report.manifest] if report.manifest is not None else []
    while manifests:
        manifest = manifests.pop()
        for binding in manifest.soft_bindings:
            if binding.algorithm != watermark.ALGORITHM:
                continue
            if payload is not None and binding.names(watermark.ALGORITHM, payload):
                yield payload
            else:
                yield binding.value
        manifests.extend(i.manifest for i in manifest.ingredients if i.manifest is not None)


def _notes(header: imaging.Header, trust: Trust) -> tuple[str, ...]:
    notes = []
    if header.animated:
        notes.append(
            f"Only the first of {header.frames} frames was searched for a watermark; the "
            "manifest covers the whole file."
        )
    notes.extend(
        f"The trust list {stale.name!r} is out of date: its next update was due."
        for stale in trust.stale_lists()
    )
    return tuple(notes)
