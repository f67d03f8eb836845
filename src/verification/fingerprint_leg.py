"""The fingerprint leg: whether a manifest is about this picture, by what both look like."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final, Literal

from indelible import fingerprint
from indelible.credentials import CredentialReport
from indelible.errors import FingerprintError, IndelibleError
from indelible.fingerprint import Comparison, Reference
from indelible.registry import Registry, SearchableRegistry
from indelible.verification.evidence import FingerprintState
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.manifest_claims import binds_watermark
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.watermark import Detection, View

__all__ = [
    "compare_with_manifest",
    "compare_with_recovered",
    "compare_with_sent",
    "find_resembling",
    "looks_like",
]

_MOST_RESEMBLING: Final = 5
_STATES: Final[dict[bool | None, FingerprintState]] = {
    True: "match",
    False: "mismatch",
    None: "unclear",
}

About = Literal["recovered", "manifest"]

_log: Final = logging.getLogger("indelible")


def compare_with_recovered(
    view: View, mark: WatermarkReport, credential: CredentialReport, recovered: RegistryReport
) -> FingerprintReport:
    """Compare a picture with the one that its watermark's id leads to.

    Parameters
    ----------
    view : View
        The picture.
    mark : WatermarkReport
        The mark that was found in it, which says how the picture was moved.
    credential : CredentialReport
        The file's own manifest: where its hash fits and it names the mark, nothing is compared.
    recovered : RegistryReport
        What the id leads to. A fingerprint that is signed into the manifest counts before the
        registry's copy.
    """
    detection = mark.detection
    if recovered.state != "found" or detection is None or detection.payload is None:
        return FingerprintReport()
    if binds_watermark(credential, detection.payload):
        return FingerprintReport()
    report = recovered.credential
    signed = None if report is None or report.manifest is None else report.manifest.fingerprint
    recorded = recovered.fingerprint if signed is None else signed
    if recorded is None:
        return FingerprintReport()
    return _compared(view, recorded.reference, "recovered", mark)


def compare_with_manifest(
    view: View, mark: WatermarkReport, credential: CredentialReport
) -> FingerprintReport:
    """Compare a picture that was changed since it was signed with the one that was signed."""
    manifest = credential.manifest
    if credential.integrity != "changed" or manifest is None or manifest.fingerprint is None:
        return FingerprintReport()
    found = mark.detection
    named = found is not None and any(
        found.algorithm is not None
        and found.payload is not None
        and binding.names(found.algorithm, found.payload)
        for binding in manifest.soft_bindings
    )
    place = mark if named else WatermarkReport("not_found")
    return _compared(view, manifest.fingerprint.reference, "manifest", place)


def compare_with_sent(
    view: View | None, mark: WatermarkReport, report: CredentialReport
) -> FingerprintReport:
    """Compare a picture with the one that a manifest is about which a stranger sent.

    Only what is signed into it counts, and only its reference can show that: the hash alone is that
    of the original of an edit, too. Without a mark it cannot be told that it is of another picture.
    """
    manifest = report.manifest
    if view is None or manifest is None or manifest.fingerprint is None:
        return FingerprintReport()
    looks = _compared(view, manifest.fingerprint.reference, "recovered", mark)
    if looks.state == "mismatch" and mark.detection is None:
        # Nothing says how the picture was moved, and more may have happened to it than is tried.
        return replace(looks, state="unclear")
    return looks


def looks_like(view: View, reference: bytes, mark: Detection) -> FingerprintState:
    """Return whether a picture is the one that a reference was made of.

    Parameters
    ----------
    view : View
        The picture.
    reference : bytes
        As `indelible.fingerprint.Reference.to_bytes` writes it.
    mark : Detection
        A mark that says how the picture was moved since.
    """
    found = _comparison(view, reference, mark)
    return "unclear" if found is None else _STATES[found.same]


def find_resembling(view: View, registry: Registry) -> tuple[str, ...]:
    """Return the ids of registered manifests whose pictures look like this one, the nearest first.

    A registry that knows no fingerprints, or cannot be asked, resembles nothing.
    """
    if not isinstance(registry, SearchableRegistry):
        return ()
    turned = fingerprint.dihedral(view.pixels).hashes()
    hashes = [one for one in turned if one.quality >= fingerprint.LEAST_QUALITY]
    if not hashes:
        return ()
    try:
        found = registry.find_similar(
            [one.hash for one in hashes], max_distance=fingerprint.MATCHING, limit=_MOST_RESEMBLING
        )
        return tuple(str(one.manifest_id) for one in found)[:_MOST_RESEMBLING]
    except IndelibleError:
        _log.info("the registry could not be searched by fingerprint", exc_info=True)
        return ()


def _compared(
    view: View, reference: bytes, about: About, mark: WatermarkReport
) -> FingerprintReport:
    found = _comparison(view, reference, mark.detection)
    return FingerprintReport() if found is None else _report(found, about, view)


def _comparison(view: View, reference: bytes, detection: Detection | None) -> Comparison | None:
    """Compare a picture with a reference; None where that is no reference."""
    try:
        recorded = Reference.from_bytes(reference)
    except FingerprintError as error:
        _log.info("a reference cannot be read: %s", error)
        return None
    geometry = period = None
    if detection is not None and detection.geometry is not None:
        geometry = view.from_picture(detection.geometry)
        period = detection.period
    return fingerprint.compare(recorded, view.pixels, geometry, period=period)


def _report(found: Comparison, about: About, view: View) -> FingerprintReport:
    state = _STATES[found.same]
    geometry = None if found.geometry is None else view.to_picture(found.geometry)
    return FingerprintReport(state, about, found.score, found.visible, found.within, geometry)
