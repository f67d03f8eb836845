"""Verifying a picture: legs find the evidence, a pure function judges it, words report it."""

from __future__ import annotations

from indelible.verification.ai import best_ai_claim
from indelible.verification.change_map import draw_changes
from indelible.verification.change_report import ChangedRegion, ChangeReport
from indelible.verification.consent_report import ConsentReport
from indelible.verification.other_mark import OtherMark
from indelible.verification.resolver_report import ResolverReport
from indelible.verification.resolving import Match
from indelible.verification.result import Origin, RegistryReport, Verification, WatermarkReport
from indelible.verification.verdict import Verdict
from indelible.verification.verifier import Verifier
from indelible.verification.verifying import verify

__all__ = [
    "ChangeReport",
    "ChangedRegion",
    "ConsentReport",
    "Match",
    "Origin",
    "OtherMark",
    "RegistryReport",
    "ResolverReport",
    "Verdict",
    "Verification",
    "Verifier",
    "WatermarkReport",
    "best_ai_claim",
    "draw_changes",
    "verify",
]
