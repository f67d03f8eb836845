"""What a manifest, or one in its history, says about AI having made the picture.

Only what is said in a *digital source type* or an AI disclosure counts, never a name that sounds
like an AI product's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from indelible.choices import AiKind
from indelible.credentials.manifests.manifest_report import (
    IngredientReport,
    ManifestReport,
    Standing,
    weaker,
)
from indelible.credentials.manifests.report import CredentialReport
from indelible.credentials.manifests.request import SDK_NAME

__all__ = ["AiClaim", "ai_claims"]

# IPTC's terms for what a trained model made, and for what it had a part in.
_GENERATED: Final = frozenset({"trainedAlgorithmicMedia", "trainedAlgorithmicData"})
_EDITED: Final = frozenset({"compositeWithTrainedAlgorithmicMedia"})
_CREATED: Final = "c2pa.created"
_DISCLOSURE: Final = "c2pa.ai-disclosure"


@dataclass(frozen=True, slots=True)
class AiClaim:
    """What somebody says about AI having made or edited a picture.

    Attributes
    ----------
    claimed : bool
        Whether it is said.
    kind : {"generated", "edited"} or None
        What is said; None where only that a model was used.
    by : str or None
        Who says so: the name of the program that made the claim.
    where : {"manifest", "ingredient", "recovered", "metadata"}
        Where it is said: in the active manifest, in one of its history, in one that the watermark
        led to, or in plain metadata.
    standing : {"trusted", "untrusted", "broken", "metadata"}
        How far to believe it.
    """

    claimed: bool
    kind: AiKind | None = None
    by: str | None = None
    where: Literal["manifest", "ingredient", "recovered", "metadata"] = "manifest"
    standing: Literal["trusted", "untrusted", "broken", "metadata"] = "untrusted"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data; all empty where nothing is said."""
        if not self.claimed:
            return {"claimed": False, "kind": None, "by": None, "where": None, "standing": None}
        return asdict(self)


def ai_claims(report: CredentialReport) -> tuple[AiClaim, ...]:
    """Return what the active manifest and each one in its history say about AI.

    Parameters
    ----------
    report : CredentialReport
        Of an embedded manifest, or of a recovered one.

    Returns
    -------
    tuple of AiClaim
        The active manifest's first, then those of its history from the nearest; empty where nobody
        says anything. An ingredient is believed no more than the manifest that calls it one.
    """
    if report.manifest is None:
        return ()
    found = []
    if _says(report.manifest):
        found.append(_claim(report.manifest, "manifest", report.standing))
    level = [(item, report.standing) for item in report.manifest.ingredients]
    while level:
        below: list[tuple[IngredientReport, Standing]] = []
        for item, above in level:
            if item.manifest is None:
                continue
            standing = weaker(above, item.standing)
            if _says(item.manifest):
                found.append(_claim(item.manifest, "ingredient", standing))
            below.extend((inner, standing) for inner in item.manifest.ingredients)
        level = below
    return tuple(found)


def _says(manifest: ManifestReport) -> bool:
    return any(True for _ in _kinds(manifest)) or any(
        label.startswith(_DISCLOSURE) for label in manifest.assertions
    )


def _claim(
    manifest: ManifestReport, where: Literal["manifest", "ingredient"], standing: Standing
) -> AiClaim:
    kinds = set(_kinds(manifest))
    kind: AiKind | None = None
    if kinds:
        kind = "generated" if "generated" in kinds else "edited"
    agent = next((item.agent for item in manifest.actions if _kind(item.source_type)), None)
    by = _maker(manifest) or manifest.provider or agent
    return AiClaim(True, kind, by, where, standing)


def _maker(manifest: ManifestReport) -> str | None:
    """Return the generator, None where only this package is named: it made the claim alone."""
    version = manifest.generator_version
    if manifest.generator in (SDK_NAME, f"{SDK_NAME} {version}"):
        return None
    return manifest.generator or (None if manifest.provider else manifest.signature.signer)


def _kinds(manifest: ManifestReport) -> Iterator[AiKind]:
    """Yield what each action, and the signed copy of the metadata, say."""
    for action in manifest.actions:
        kind = _kind(action.source_type)
        if kind is not None:
            # A model's work that was put into another picture, or done to it, is an edit.
            yield kind if action.action == _CREATED else "edited"
    kind = _kind(manifest.metadata_source_type)
    if kind is not None:
        yield kind


def _kind(source_type: str | None) -> AiKind | None:
    if source_type in _GENERATED:
        return "generated"
    return "edited" if source_type in _EDITED else None
