"""Verifying a picture: legs gather evidence, a pure function judges it, and words report it."""

from __future__ import annotations

from indelible.verification.result import Origin, RegistryReport, Verification, WatermarkReport
from indelible.verification.verdict import Verdict
from indelible.verification.verifier import verify

__all__ = ["Origin", "RegistryReport", "Verdict", "Verification", "WatermarkReport", "verify"]
