"""Verify: gather the evidence about one file, leg by leg, and judge it.

Four legs: the file's manifest, the watermark, the registry that the watermark's id leads to, and
the fingerprint (a later leg: ``not_checked``). A leg that fails says so in its own report and never
hides what another one found. No connection is opened unless it is asked for.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from indelible import arguments, credentials, imaging, watermark
from indelible.credentials import CredentialReport, Signal, Trust
from indelible.errors import (
    IndelibleError,
    MissingDependencyError,
    NetworkError,
    RegistryError,
    UnsupportedImageError,
)
from indelible.files import read_bytes
from indelible.imaging import Limits
from indelible.network import Fetcher
from indelible.registry import Registry
from indelible.settings import current
from indelible.verification.regions import examine
from indelible.verification.result import Origin, RegistryReport, Verification, WatermarkReport
from indelible.verification.verdict import HALF, judge, rests_on_the_registry
from indelible.verification.weighing import best_ai_claim, is_bound, promises_mark, weigh
from indelible.watermark import Key

__all__ = [
    "FileInput",
    "Origin",
    "RegistryReport",
    "Verification",
    "WatermarkReport",
    "read_credential",
    "verify",
]

FileInput: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"

# Manifests that one id may lead to before looking further is pointless.
_MAX_RECORDS: Final = 16
_NO_KEY: Final = "There is no watermark key here to look with."

_log: Final = logging.getLogger("indelible")


def verify(
    image: FileInput,
    *,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    trust: Trust | None = None,
    manifest: FileInput | None = None,
    remote_hosts: Iterable[str] = (),
    ocsp: bool = False,
    limits: Limits | None = None,
) -> Verification:
    """Find out who vouches for a picture.

    Parameters
    ----------
    image : path, bytes-like or binary stream
        The encoded picture: its manifest, if it has one, is part of the file. A stream is read from
        where it stands to its end.
    keys : Key or sequence of Key, optional
        Watermark keys to detect with. By default those of the user's key ring, if it exists.
    registry : Registry, optional
        Where to look the watermark's id up. By default the user's, if it exists.
    trust : Trust, optional
        Whose signatures count. By default the official C2PA trust list, the configured anchors, and
        this machine's development identity, if it exists.
    manifest : path, bytes-like or binary stream, optional
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
    ArgumentError
        If an argument is of a wrong type, pixels for example: they hold no manifest.
    ConfigurationError, KeyFileError, TrustError
        If a default was needed and the user's configuration cannot be read.

    Notes
    -----
    No connection is opened, unless `remote_hosts` or `ocsp` ask for it. Nothing is created: without
    a key ring the watermark is reported as ``not_checked``.

    What happened is logged at level INFO by ``logging.getLogger("indelible")``: verdict, states and
    times, never keys.
    """
    arguments.as_path_or_bytes("image", image)
    ring = arguments.as_keys(keys, allow_none=True)
    registry = arguments.as_registry(registry)
    trust = arguments.as_trust(trust)
    if manifest is not None:
        arguments.as_path_or_bytes("manifest", manifest)
    hosts = arguments.as_hosts("remote_hosts", remote_hosts)
    ocsp = arguments.as_flag("ocsp", ocsp)
    limits = arguments.as_limits(limits)
    clock = _Clock()
    if limits is None:
        # A call that was given everything else reads nothing of the user's.
        complete = None not in (ring, registry, trust)
        limits = Limits() if complete else current().limits
    data = read_bytes(image, limits=limits)
    header = imaging.read_header(data, limits=limits, tolerant=True)
    trust = current().trust() if trust is None else trust
    ring = current().detection_keys() if ring is None else ring
    path = Path(image) if isinstance(image, str | os.PathLike) else None

    with clock.leg("credential"):
        credential = read_credential(
            path,
            data,
            trust=trust,
            manifest=manifest,
            remote_hosts=hosts,
            ocsp=ocsp,
            limits=limits,
        )
    with clock.leg("watermark"):
        mark, signals, header = _pixel_legs(data, header, ring, limits, credential)
    with clock.leg("registry"):
        recovered = _registry_leg(mark.payload, data, registry=registry, trust=trust)
    evidence = weigh(credential, mark, recovered, ring)
    judgement = judge(evidence)
    result = Verification(
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        credential=credential,
        watermark=mark,
        registry=recovered,
        file=None if path is None else str(path),
        format=header.format,
        signals=signals,
        notes=(*judgement.notes, *_notes(mark, header, trust)),
        ai=best_ai_claim(credential, recovered, signals),
        complete=not rests_on_the_registry(evidence),
        timing=clock.times(),
    )
    _log_result(result)
    return result


class _Clock:
    """How long each leg takes."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._legs: dict[str, float] = {}

    @contextmanager
    def leg(self, name: str) -> Iterator[None]:
        """Measure one leg."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._legs[f"{name}_ms"] = 1000 * (time.perf_counter() - began)

    def times(self) -> dict[str, float]:
        """Return each leg's time and the whole, in milliseconds."""
        return {**self._legs, "total_ms": 1000 * (time.perf_counter() - self._began)}


def _log_result(result: Verification) -> None:
    times = result.timing
    _log.info(
        "verified %s: %s (manifest %s in %.0f ms, watermark %s in %.0f ms, registry %s in %.0f ms)",
        result.file or f"a {result.format} file",
        result.verdict,
        result.credential.state,
        times["credential_ms"],
        result.watermark.state,
        times["watermark_ms"],
        result.registry.state,
        times["registry_ms"],
    )


def read_credential(
    path: object,
    data: bytes,
    *,
    trust: Trust,
    manifest: FileInput | None,
    remote_hosts: tuple[str, ...],
    ocsp: bool,
    limits: Limits,
) -> CredentialReport:
    """Read a picture's manifest: as given, from inside, from beside, or from where it points.

    Parameters
    ----------
    path : str, path-like or anything
        Where the picture came from: a manifest file may lie beside it. Anything that is no path
        (bytes, None) has nothing beside it.
    data : bytes
        The picture.
    trust, manifest, remote_hosts, ocsp, limits
        As for `verify`.

    Raises
    ------
    ImageError
        If a manifest file cannot be read. A manifest that cannot be fetched is ``absent``, with
        the reason.
    """

    def read(store: bytes | None = None) -> CredentialReport:
        return credentials.read(data, trust=trust, manifest_store=store, ocsp=ocsp)

    if manifest is not None:
        return replace(read(read_bytes(manifest, limits=limits)), place="given")
    report = read()
    if report.state == "absent" and isinstance(path, str | os.PathLike):
        beside = credentials.sidecar_path(path)
        if beside.is_file() and beside != Path(path):
            return replace(read(read_bytes(beside, limits=limits)), place="beside")
    url = report.remote_url
    if report.state == "absent" and url is not None and remote_hosts:
        try:
            store = Fetcher.of(remote_hosts).get(url, accept="application/c2pa")
        except NetworkError as error:
            return replace(report, reasons=(*report.reasons, error.reason()))
        return replace(read(store), remote_url=url, place="address")
    return report


def _pixel_legs(
    data: bytes,
    header: imaging.Header,
    ring: tuple[Key, ...],
    limits: Limits,
    credential: CredentialReport,
) -> tuple[WatermarkReport, tuple[Signal, ...], imaging.Header]:
    """Decode the picture, look for a mark in its pixels and for claims in its plain metadata.

    A damaged picture is looked at as viewers show it; one of which nothing is left raises: it
    cannot be judged. One whose kind cannot be decoded here (no codec installed) leaves the other
    legs standing.
    """
    try:
        picture = imaging.decode(data, limits=limits, tolerant=True)
    except (MissingDependencyError, UnsupportedImageError) as error:
        return WatermarkReport("not_checked", reason=error.reason()), (), header
    header = picture.header  # which may know more: what only decoding shows
    signals = credentials.find_signals(picture.metadata)
    if not ring:
        return WatermarkReport("not_checked", reason=_NO_KEY), signals, header
    named = next((key for key in ring if promises_mark(credential, (key,))), None)
    detection = watermark.detect(picture.pixels, ring)
    if named is not None and detection.key_id not in (None, named.id):
        # Another key's mark is the louder one; what the manifest speaks of may be there, too.
        promised = watermark.detect(picture.pixels, named)
        detection = promised if promised.found else detection
    if detection.payload is None:
        can_carry = None if named is None else watermark.can_carry(picture.pixels, named)
        report = WatermarkReport("not_found", detection, keys=len(ring), can_carry=can_carry)
        return report, signals, header
    key = next(key for key in ring if key.id == detection.key_id)
    carried = examine(picture.pixels, key, detection)
    # Where the signed hash holds, it says more than a measurement.
    gone = None if is_bound(credential, detection.payload) else carried.gone
    report = WatermarkReport("found", detection, gone, area=carried.area, keys=len(ring))
    return report, signals, header


def _registry_leg(
    payload: bytes | None,
    data: bytes,
    *,
    registry: Registry | None,
    trust: Trust,
) -> RegistryReport:
    """Look the id up, and validate what it leads to against this picture."""
    if payload is None:
        return RegistryReport("not_asked")
    try:
        registry = current().existing_registry() if registry is None else registry
        if registry is None:
            return RegistryReport("not_asked", reason="There is no registry to ask.")
        records = _find(registry, payload)
    except RegistryError as error:
        return RegistryReport("unavailable", reason=error.reason())
    candidates = [
        _recover(manifest_id, store, payload, data, trust) for manifest_id, store in records
    ]
    if not candidates:
        return RegistryReport("unknown", reason="The registry does not hold this id.")
    best = min(candidates, key=_preference)
    others = tuple(c.manifest_id for c in candidates if c is not best and c.manifest_id is not None)
    return replace(best, others=others)


def _find(registry: Registry, payload: bytes) -> list[tuple[str, bytes]]:
    """Return the manifests under an id, as (manifest id, manifest store).

    Raises
    ------
    RegistryError
        Whatever a registry of somebody else's raises or returns: the other legs stand.
    """
    try:
        records = islice(registry.find(watermark.ALGORITHM, payload), _MAX_RECORDS)
        return [(str(one.manifest_id), bytes(memoryview(one.manifest_store))) for one in records]
    except RegistryError:
        raise
    except Exception as error:  # foreign code
        _log.warning("the registry failed", exc_info=True)
        raise RegistryError(f"the registry failed: {type(error).__name__}") from error


def _recover(
    manifest_id: str, store: bytes, payload: bytes, data: bytes, trust: Trust
) -> RegistryReport:
    try:
        report = credentials.read(data, trust=trust, manifest_store=store)
    except IndelibleError as error:
        report = CredentialReport("unreadable", reasons=(error.reason(),))
    names = any(b.names(watermark.ALGORITHM, payload) for b in report.soft_bindings)
    return RegistryReport("found", manifest_id, store, report, names)


def _preference(candidate: RegistryReport) -> tuple[bool, int]:
    """Order in which several manifests under one id are believed: bound first, then trusted."""
    order = ("trusted", "valid", "invalid", "unreadable", "absent")
    return (not candidate.names_payload, order.index(candidate.credential_state))


def _notes(mark: WatermarkReport, header: imaging.Header, trust: Trust) -> tuple[str, ...]:
    notes = list(header.irregular)
    if mark.area is not None and (mark.area < HALF or mark.regions_gone):
        notes.append(
            f"About {100 * mark.area:.0f} % of the picture carries the watermark; the rest may "
            "come from elsewhere. Only one watermark was looked for."
        )
    if header.animated and mark.state != "not_checked":
        kind = "pages" if header.format == "tiff" else "frames"
        notes.append(
            f"Only the first of {header.frames} {kind} was searched for a watermark; a "
            "manifest covers the whole file."
        )
    notes.extend(
        f"The {stale.name} is stale: its next update was due on {stale.next_update:%Y-%m-%d}."
        for stale in trust.stale_lists()
    )
    return tuple(notes)
