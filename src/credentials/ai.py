"""What says that a picture was made or edited by AI, who says so, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from indelible.credentials.manifest import SourceType
from indelible.credentials.report import CredentialReport, ManifestReport, Standing
from indelible.credentials.signals import Signal

__all__ = ["AiClaim", "find_ai_claim"]

_ORDER: Final = ("trusted", "untrusted", "broken", "metadata")


@dataclass(frozen=True, slots=True)
class AiClaim:
    """The claim with the best standing that AI made or edited the picture.

    Attributes
    ----------
    claimed : bool
        False where nothing says so, which proves nothing.
    kind : {"generated", "edited"} or None
        What is claimed.
    by : str or None
        The generator that is named.
    where : {"manifest", "ingredient", "recovered", "metadata"} or None
        Where it stands.
    standing : {"trusted", "untrusted", "broken", "metadata"} or None
        What it is worth.
    """

    claimed: bool = False
    kind: Literal["generated", "edited"] | None = None
    by: str | None = None
    where: Literal["manifest", "ingredient", "recovered", "metadata"] | None = None
    standing: Literal["trusted", "untrusted", "broken", "metadata"] | None = None


def find_ai_claim(
    credential: CredentialReport,
    recovered: CredentialReport | None = None,
    signals: Sequence[Signal] = (),
) -> AiClaim:
    """Return the best claim about AI among a file's manifest, a recovered one, and metadata.

    Parameters
    ----------
    credential : CredentialReport
        The manifest that came with the file.
    recovered : CredentialReport, optional
        The one that its watermark led to.
    signals : sequence of Signal
        What plain metadata claims.
    """
    claims = [*_of(credential, "manifest", credential.standing)]
    if recovered is not None:
        claims += _of(recovered, "recovered", recovered_standing(recovered))
    claims += [
        AiClaim(True, "generated", signal.generator, "metadata", "metadata")
        for signal in signals
        if signal.says_ai
    ]
    return min(claims, key=lambda one: _ORDER.index(one.standing or ""), default=AiClaim())


def recovered_standing(report: CredentialReport) -> Standing:
    """Return what a recovered manifest is worth, whose hash is that of the picture as signed."""
    if report.integrity not in ("intact", "changed"):
        return "broken"
    return "trusted" if report.signer_trusted and not report.expired else "untrusted"


def _of(
    report: CredentialReport, where: Literal["manifest", "recovered"], standing: Standing
) -> Iterator[AiClaim]:
    if report.manifest is None:
        return
    kind = _kind(report.manifest)
    if kind is not None:
        yield AiClaim(True, kind, report.generator, where, standing)
    inside: Literal["ingredient", "recovered"] = (
        "ingredient" if where == "manifest" else "recovered"
    )
    waiting = list(report.ingredients)
    while waiting:
        item = waiting.pop(0)
        if item.manifest is None:
            continue
        kind = _kind(item.manifest)
        if kind is not None:
            worth: Standing = "broken" if item.failures or standing == "broken" else "untrusted"
            yield AiClaim(True, kind, item.manifest.generator, inside, worth)
        waiting.extend(item.manifest.ingredients)


def _kind(manifest: ManifestReport) -> Literal["generated", "edited"] | None:
    types = {action.source_type for action in manifest.actions}
    if SourceType.GENERATED.value in types:
        return "generated"
    return "edited" if SourceType.AI_EDITED.value in types else None
