"""Verify: gather the evidence about one file, leg by leg, and judge it.

Four legs: the embedded manifest, the watermark, the registry that the watermark's id leads to, and
the fingerprint (a later leg: ``not_checked``). A leg that fails says so in its own report and never
hides what another one found. No connection is opened unless it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from indelible import credentials, imaging, watermark
from indelible.credentials import CredentialReport, Fetcher, Registry, Signal, Trust
from indelible.defaults import Defaults, current
from indelible.errors import (
    IndelibleError,
    MissingDependencyError,
    NetworkError,
    RegistryError,
    UnsupportedImageError,
)
from indelible.evidence import RegistryReport, Verification, WatermarkReport
from indelible.imaging import Limits
from indelible.regions import mark_is_gone
from indelible.verdict import (
    Evidence,
    ManifestEvidence,
    RecoveryEvidence,
    WatermarkEvidence,
    judge,
)
from indelible.watermark import Key

__all__ = ["RegistryReport", "Verification", "WatermarkReport", "read_credential", "verify"]

# Manifests that one id may lead to before looking further is pointless.
_MAX_RECORDS: Final = 16


def verify(
    image: str | os.PathLike[str] | bytes,
    *,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    trust: Trust | None = None,
    manifest: str | os.PathLike[str] | bytes | None = None,
    remote_hosts: Iterable[str] = (),
    ocsp: bool = False,
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
    manifest : path or bytes, optional
        A manifest file (``application/c2pa``) to use instead of the picture's own. By default one
        beside the picture (``photo.c2pa``) is used where the picture has none inside.
    remote_hosts : iterable of str
        Hosts from which a manifest that the picture only points to may be fetched.
    ocsp : bool
        Ask the signer's issuer whether its certificate was revoked.
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
    No connection is opened, unless `remote_hosts` or `ocsp` ask for it. Nothing is created: without
    a key ring the watermark is reported as ``not_checked``.
    """
    defaults = current()
    limits = defaults.limits if limits is None else limits
    data = imaging.read_bytes(image, limits=limits)
    header = imaging.read_header(data, limits=limits)
    trust = defaults.trust() if trust is None else trust

    credential = read_credential(
        image,
        data,
        header.format,
        trust=trust,
        manifest=manifest,
        remote_hosts=tuple(remote_hosts),
        ocsp=ocsp,
        limits=limits,
    )
    mark, signals = _pixel_legs(data, _ring(keys, defaults), limits, credential)
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
        signals=signals,
        notes=_notes(header, trust),
    )


def _ring(keys: Key | Sequence[Key] | None, defaults: Defaults) -> tuple[Key, ...]:
    if keys is None:
        return defaults.detection_keys()
    return (keys,) if isinstance(keys, Key) else tuple(keys)


def read_credential(
    image: str | os.PathLike[str] | bytes,
    data: bytes,
    format: str,
    *,
    trust: Trust,
    manifest: str | os.PathLike[str] | bytes | None,
    remote_hosts: tuple[str, ...],
    ocsp: bool,
    limits: Limits,
) -> CredentialReport:
    """Read a picture's manifest: as given, from inside, from beside, or from where it points.

    Parameters
    ----------
    image : path or bytes
        Where the picture came from: a manifest file may lie beside a path.
    data : bytes
        The picture.
    format : str
        Its format.
    trust, manifest, remote_hosts, ocsp, limits
        As for `verify`.

    Raises
    ------
    ImageError
        If a manifest file cannot be read. A manifest that cannot be fetched is ``absent``, with
        the reason.
    """
    if manifest is not None:
        store = imaging.read_bytes(manifest, limits=limits)
        return credentials.read(data, format, trust=trust, manifest_store=store, ocsp=ocsp)
    report = credentials.read(data, format, trust=trust, ocsp=ocsp)
    if report.state == "absent" and not isinstance(image, bytes):
        beside = credentials.sidecar_path(image)
        if beside.is_file() and beside != Path(image):
            store = imaging.read_bytes(beside, limits=limits)
            return credentials.read(data, format, trust=trust, manifest_store=store, ocsp=ocsp)
    url = report.remote_url
    if report.state == "absent" and url is not None and remote_hosts:
        try:
            store = Fetcher.of(remote_hosts).get(url, accept="application/c2pa")
        except NetworkError as error:
            return replace(report, reasons=(*report.reasons, error.diagnostics()))
        fetched = credentials.read(data, format, trust=trust, manifest_store=store, ocsp=ocsp)
        return replace(fetched, remote_url=url)
    return report


def _pixel_legs(
    data: bytes, ring: tuple[Key, ...], limits: Limits, credential: CredentialReport
) -> tuple[WatermarkReport, tuple[Signal, ...]]:
    """Decode the picture, look for a mark in its pixels and for claims in its plain metadata.

    A picture that is damaged raises: it cannot be judged. One whose kind cannot be decoded here
    (no codec installed) leaves the other legs standing.
    """
    try:
        picture = imaging.decode(data, limits=limits)
    except (MissingDependencyError, UnsupportedImageError) as error:
        return WatermarkReport("not_checked", reason=error.diagnostics()), ()
    signals = credentials.find_signals(picture.metadata)
    if not ring:
        reason = "There is no watermark key to look with."
        return WatermarkReport("not_checked", reason=reason), signals
    detection = watermark.detect(picture.pixels, ring)
    if not detection.found:
        return WatermarkReport("not_found", detection), signals
    gone = None
    bound = credential.state in ("trusted", "valid") and detection.payload in set(
        _named_payloads(credential, detection.payload)
    )
    if not bound:  # else the signed hash says more than a measurement could
        key = next(key for key in ring if key.id == detection.key_id)
        gone = mark_is_gone(picture.pixels, key, detection)
    return WatermarkReport("found", detection, gone), signals


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
        kind = "pages" if header.format == "tiff" else "frames"
        notes.append(
            f"Only the first of {header.frames} {kind} was searched for a watermark; the "
            "manifest covers the whole file."
        )
    notes.extend(
        f"The {stale.name} is stale: its next update was due on {stale.next_update:%Y-%m-%d}."
        for stale in trust.stale_lists()
    )
    return tuple(notes)
