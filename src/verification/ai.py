"""Which of several claims about AI counts: the one with the best standing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from indelible.choices import AiKind
from indelible.credentials import AiClaim, CredentialReport, Signal, ai_claims
from indelible.verification.evidence import FingerprintState
from indelible.verification.resolver_report import ResolverReport
from indelible.verification.result import RegistryReport

__all__ = ["best_ai_claim"]

# Signals whose text is the name of a generator.
_NAMING_SIGNALS: Final = frozenset({"iptc-ai-system", "ai-creator-tool", "ai-software", "ai-make"})
_STANDINGS: Final = ("trusted", "untrusted", "broken", "metadata")


def best_ai_claim(
    credential: CredentialReport,
    registry: RegistryReport | ResolverReport | None,
    signals: Sequence[Signal],
    *,
    looks: FingerprintState = "not_checked",
) -> AiClaim:
    """Return what is said about AI with the best standing; of equals, what the file's own says.

    Parameters
    ----------
    credential : CredentialReport
        The manifest that came with the file; its ingredients count as well.
    registry : RegistryReport, ResolverReport or None
        What the watermark led to, or a resolver sent; None where no watermark was looked for.
    signals : sequence of Signal
        What plain metadata claims.
    looks : FingerprintState
        Whether the picture looks like the one that the recovered manifest is about: what that says
        of another picture does not hold for this one.
    """
    found = list(ai_claims(credential))
    if registry is not None and registry.credential is not None:
        recovered = registry.credential
        if registry.counts and looks != "mismatch":
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
    kind: AiKind = "edited" if signal.name == "iptc-ai-edited" else "generated"
    return AiClaim(True, kind, by, "metadata", "metadata")
