"""From what the legs report to the evidence that the verdict rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from indelible import watermark
from indelible.credentials import (
    AiClaim,
    CredentialReport,
    ManifestReport,
    Signal,
    SourceType,
    ai_claims,
)
from indelible.credentials.manifests.status import meaning
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.verification.verdict import (
    Creation,
    Evidence,
    ManifestEvidence,
    RecoveryEvidence,
    WatermarkEvidence,
)
from indelible.watermark import Key

__all__ = ["best_ai_claim", "creation_of", "is_bound", "promises_mark", "weigh"]

# Actions after which a mark may be gone although the picture could carry one. They explain a
# missing mark, never another one.
_REMOVING: Final = frozenset(
    {"c2pa.cropped", "c2pa.drawing", "c2pa.filtered", "c2pa.resized", "c2pa.resized.proportional"}
)

# How a source type says that a picture began (IPTC's vocabulary). Composites, edits and screenshots
# are made from other pictures, whose marks they may carry honestly: they claim no creation.
_CREATIONS: Final[dict[str, Creation]] = {
    SourceType.GENERATED.value: "generated",
    SourceType.ALGORITHMIC.value: "created",
    SourceType.CAPTURED.value: "captured",
    "computationalCapture": "captured",
    "compositeCapture": "captured",
    "negativeFilm": "captured",
    "positiveFilm": "captured",
    "print": "captured",
    SourceType.HUMAN_MADE.value: "made",
    "digitalArt": "made",
    SourceType.HUMAN_EDITED.value: "made",
    "minorHumanEdits": "made",
}
_COMPOSED: Final = frozenset(
    {
        SourceType.COMPOSITE.value,
        SourceType.AI_EDITED.value,
        SourceType.SCREEN_CAPTURE.value,
        "algorithmicallyEnhanced",
        "compositeSynthetic",
    }
)

# Signals whose text is the name of a generator.
_NAMING_SIGNALS: Final = frozenset({"iptc-ai-system", "ai-creator-tool", "ai-software", "ai-make"})
_STANDINGS: Final = ("trusted", "untrusted", "broken", "metadata")


def weigh(
    credential: CredentialReport,
    mark: WatermarkReport,
    registry: RegistryReport,
    keys: Sequence[Key],
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
    """
    payloads = frozenset(_named_payloads(credential.manifest, mark.payload))
    key_ids = {key.id for key in keys}
    recovered = registry.credential
    return Evidence(
        ManifestEvidence(
            integrity=credential.integrity,
            place=credential.place,
            trusted=credential.signer_trusted,
            expired=credential.expired,
            causes=_causes(credential),
            doubts=_doubts(credential),
            payloads=payloads,
            names_key=any(
                binding.algorithm == watermark.ALGORITHM
                and (binding.key_id is None or binding.key_id in key_ids)
                for binding in credential.soft_bindings
            ),
            promises_mark=promises_mark(credential, keys),
            creation=creation_of(credential.manifest),
            continues_recovered=_continues(credential.manifest, registry),
        ),
        WatermarkEvidence(
            keys=mark.keys,
            payload=mark.payload,
            area=mark.area,
            regions_gone=mark.regions_gone,
            can_carry=bool(mark.can_carry),
            obstacle=mark.reason,
        ),
        RecoveryEvidence(
            registry=registry.state,
            integrity=registry.integrity,
            trusted=recovered is not None and recovered.signer_trusted,
            expired=recovered is not None and recovered.expired,
            names_payload=registry.names_payload,
            creation=None if recovered is None else creation_of(recovered.manifest),
            doubts=() if recovered is None else _doubts(recovered),
        ),
    )


def best_ai_claim(
    credential: CredentialReport, registry: RegistryReport | None, signals: Sequence[Signal]
) -> AiClaim:
    """Return what is said about AI with the best standing: of a tie, what the file's own says.

    Parameters
    ----------
    credential : CredentialReport
        The manifest that came with the file; its ingredients count, too.
    registry : RegistryReport or None
        What the watermark led to, where it was looked for.
    signals : sequence of Signal
        What plain metadata claims.
    """
    found = list(ai_claims(credential))
    if registry is not None and registry.credential is not None:
        recovered = registry.credential
        if registry.integrity == "intact" and registry.names_payload:
            # It is about this picture as it was signed, although these are other bytes.
            recovered = replace(recovered, integrity="intact")
        found.extend(replace(one, where="recovered") for one in ai_claims(recovered))
    found.extend(_metadata_claim(signal) for signal in signals if signal.says_ai)
    return min(
        found,
        key=lambda one: (_STANDINGS.index(one.standing), one.standing == "metadata" and not one.by),
        default=AiClaim(False),
    )


def _metadata_claim(signal: Signal) -> AiClaim:
    by = signal.generator or (signal.detail if signal.name in _NAMING_SIGNALS else None)
    kind: Literal["generated", "edited"] = (
        "edited" if signal.name == "iptc-ai-edited" else "generated"
    )
    return AiClaim(True, kind, by, "metadata", "metadata")


def is_bound(credential: CredentialReport, payload: bytes) -> bool:
    """Whether a manifest whose hashes hold names this id: it says more than a measurement could."""
    return credential.integrity == "intact" and payload in set(
        _named_payloads(credential.manifest, payload)
    )


def promises_mark(credential: CredentialReport, keys: Sequence[Key]) -> bool:
    """Whether the active manifest names one of these keys, and nothing in it explains a loss.

    The actions that explain it are crops, resizing, drawing and filtering after the watermarking.
    """
    key_ids = {key.id for key in keys}
    named = any(
        binding.algorithm == watermark.ALGORITHM and binding.key_id in key_ids
        for binding in credential.soft_bindings
    )
    steps = [action.action for action in credential.actions]
    marked = max((i for i, step in enumerate(steps) if "watermarked" in step), default=-1)
    return named and _REMOVING.isdisjoint(steps[marked + 1 :])


def creation_of(manifest: ManifestReport | None) -> Creation | None:
    """Return how a manifest says that its picture began; None where it claims no beginning.

    Only what was created, or opened, is said to have begun: an editor who places something
    generated on a photograph says nothing about the photograph.
    """
    if manifest is None:
        return None
    for action in manifest.actions:
        known = _CREATIONS.get(action.source_type or "")
        if action.action == "c2pa.created":
            return known or (None if action.source_type in _COMPOSED else "created")
        if action.action == "c2pa.opened" and known is not None:
            return known
    return None


def _causes(credential: CredentialReport) -> tuple[str, ...]:
    """Return why a manifest does not hold, each cause once; trust is no cause, nor the picture."""
    if credential.integrity == "unreadable":
        return credential.reasons
    sentences = (
        finding.sentence
        for finding in credential.failures
        if meaning(finding.code).kind == "integrity"
    )
    return tuple(dict.fromkeys(sentences))


def _doubts(credential: CredentialReport) -> tuple[str, ...]:
    """Return why a manifest's signer is not trusted, each cause once."""
    sentences = (
        finding.sentence for finding in credential.failures if meaning(finding.code).kind == "trust"
    )
    return tuple(dict.fromkeys(sentences))


def _continues(manifest: ManifestReport | None, registry: RegistryReport) -> bool:
    """Whether a manifest, or one in its history, is the recovered one.

    Anybody can copy an id, a soft binding's or a manifest's: what it says must be the same, too.
    """
    led = None if registry.credential is None else registry.credential.manifest
    return any(
        one.manifest_id in registry.others or (led is not None and _says_the_same(one, led))
        for one in _tree(manifest)
    )


def _says_the_same(one: ManifestReport, other: ManifestReport) -> bool:
    facts = [
        (it.manifest_id, it.generator, it.actions, it.soft_bindings, it.signature.serial)
        for it in (one, other)
    ]
    return facts[0] == facts[1]


def _named_payloads(manifest: ManifestReport | None, payload: bytes | None) -> Iterator[bytes]:
    """Yield the watermark ids that a manifest or its history names.

    A picture that was protected, edited and protected again may carry the older mark; its manifest
    then names it in an ingredient. Bindings are compared in every reading of the stored value.
    """
    for one in _tree(manifest):
        for binding in one.soft_bindings:
            if binding.algorithm != watermark.ALGORITHM:
                continue
            if payload is not None and binding.names(watermark.ALGORITHM, payload):
                yield payload
            else:
                yield binding.value


def _tree(manifest: ManifestReport | None) -> Iterator[ManifestReport]:
    """Yield a manifest and those of its ingredients, all the way down."""
    waiting = [] if manifest is None else [manifest]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(i.manifest for i in one.ingredients if i.manifest is not None)
