"""From the legs' reports to the evidence that the verdict rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indelible import watermark
from indelible.credentials import CredentialReport, ManifestReport
from indelible.credentials.manifests.status import Kind, meaning
from indelible.verification.evidence import (
    Evidence,
    FingerprintState,
    ManifestEvidence,
    OtherEvidence,
    RecoveryEvidence,
    ResolutionEvidence,
    WatermarkEvidence,
)
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.manifest_claims import (
    claimed_creation,
    manifest_and_history,
    named_payloads,
    promises_watermark,
)
from indelible.verification.other_mark import OtherMark
from indelible.verification.resolver_report import ResolverReport, chosen
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.watermark import Key

__all__ = ["continues", "gather_evidence", "gather_resolution"]

_NOTHING: Final = FingerprintReport()


def gather_evidence(
    credential: CredentialReport,
    mark: WatermarkReport,
    registry: RegistryReport,
    keys: Sequence[Key],
    *,
    recovered_looks: FingerprintReport = _NOTHING,
    manifest_looks: FingerprintReport = _NOTHING,
    resolvers: Sequence[ResolverReport] = (),
) -> Evidence:
    """Return the evidence in the reports.

    Parameters
    ----------
    credential : CredentialReport
        The manifest that came with the file.
    mark : WatermarkReport
        The mark in the pixels.
    registry : RegistryReport
        What its id led to.
    keys : sequence of Key
        The keys that were looked with.
    recovered_looks, manifest_looks : FingerprintReport
        Whether the picture looks like the one that the recovered manifest is about, and like the
        one that the file's own is about.
    resolvers : sequence of ResolverReport
        What others answered.
    """
    return Evidence(
        _about_manifest(credential, mark, registry, keys, manifest_looks.state),
        WatermarkEvidence(
            keys=mark.keys,
            payload=mark.payload,
            area=mark.area,
            regions_gone=mark.regions_gone,
            can_carry=bool(mark.can_carry),
            obstacle=mark.reason,
            others=tuple(_about_other(one) for one in mark.others),
            made_whole=mark.gone_together is False,
        ),
        _about_recovery(registry, mark),
        recovered_looks.state,
        resembles=bool(recovered_looks.resembles),
        resolution=gather_resolution(resolvers),
    )


def gather_resolution(reports: Sequence[ResolverReport]) -> ResolutionEvidence:
    """Return what others' answers say: what the chosen manifest does, else who answered at all."""
    looked = any(one.looked for one in reports)
    best = chosen(reports)
    if best is not None and best.credential is not None:
        return ResolutionEvidence(
            "found",
            trusted=best.credential.signer_trusted,
            expired=best.credential.expired,
            doubts=_sentences(best.credential, "trust"),
            looked=looked,
        )
    states = {one.state for one in reports}
    if states & {"found", "unknown"}:
        return ResolutionEvidence("unknown", looked=looked)
    return ResolutionEvidence("unavailable" if "unavailable" in states else "not_asked")


def _about_manifest(
    credential: CredentialReport,
    mark: WatermarkReport,
    registry: RegistryReport,
    keys: Sequence[Key],
    looks: FingerprintState,
) -> ManifestEvidence:
    key_ids = {key.id for key in keys}
    return ManifestEvidence(
        integrity=credential.integrity,
        place=credential.place,
        trusted=credential.signer_trusted,
        expired=credential.expired,
        causes=_causes(credential),
        doubts=_sentences(credential, "trust"),
        payloads=frozenset(
            one for seen in _seen(mark) for one in named_payloads(credential.manifest, seen)
        ),
        names_key=any(
            watermark.is_known(binding.algorithm)
            and (binding.key_id is None or binding.key_id in key_ids)
            for binding in credential.soft_bindings
        ),
        promises_mark=promises_watermark(credential, keys),
        creation=claimed_creation(credential.manifest),
        continues_recovered=continues(credential.manifest, registry),
        looks=looks,
    )


def _seen(mark: WatermarkReport) -> tuple[bytes | None, ...]:
    """Return the ids that the pixels carry, the main one first."""
    return (mark.payload, *(one.payload for one in mark.others))


def _about_other(one: OtherMark) -> OtherEvidence:
    holds = one.standing in ("trusted", "untrusted")
    return OtherEvidence(one.payload, one.same_place, one.history if holds else frozenset())


def _about_recovery(registry: RegistryReport, mark: WatermarkReport) -> RecoveryEvidence:
    recovered = registry.credential
    if recovered is None:
        return RecoveryEvidence(
            registry.state,
            registry.integrity,
            status=registry.status,
            status_reason=registry.status_reason,
        )
    return RecoveryEvidence(
        registry=registry.state,
        integrity=registry.integrity,
        trusted=recovered.signer_trusted,
        expired=recovered.expired,
        names_payload=registry.names_payload,
        creation=claimed_creation(recovered.manifest),
        doubts=_sentences(recovered, "trust"),
        status=registry.status,
        status_reason=registry.status_reason,
        history=_history(registry, mark),
    )


def _history(registry: RegistryReport, mark: WatermarkReport) -> frozenset[bytes]:
    """Return the ids that the recovered manifest and its history name, if it holds."""
    recovered = registry.credential
    if recovered is None or registry.standing == "broken":
        return frozenset()
    return frozenset(
        one for seen in _seen(mark) for one in named_payloads(recovered.manifest, seen)
    )


def _causes(credential: CredentialReport) -> tuple[str, ...]:
    """Return why a manifest does not hold; neither trust nor a changed picture is a cause."""
    if credential.integrity == "unreadable":
        return credential.reasons
    return _sentences(credential, "integrity")


def _sentences(credential: CredentialReport, kind: Kind) -> tuple[str, ...]:
    """Return the failures of one kind in sentences, each once."""
    return tuple(
        dict.fromkeys(
            finding.sentence
            for finding in credential.failures
            if meaning(finding.code).kind == kind
        )
    )


def continues(manifest: ManifestReport | None, registry: RegistryReport) -> bool:
    """Whether a manifest, or one in its history, is the recovered one.

    Anybody can copy an id, a soft binding's or a manifest's, so what it says must be the same too.
    """
    recovered = None if registry.credential is None else registry.credential.manifest
    return any(
        one.manifest_id in registry.others
        or (recovered is not None and _says_the_same(one, recovered))
        for one in manifest_and_history(manifest)
    )


def _says_the_same(one: ManifestReport, other: ManifestReport) -> bool:
    facts = [
        (it.manifest_id, it.generator, it.actions, it.soft_bindings, it.signature.serial)
        for it in (one, other)
    ]
    return facts[0] == facts[1]
