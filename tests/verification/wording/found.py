"""Reports to put in words, made by hand."""

from __future__ import annotations

from dataclasses import replace

from indelible.credentials import Action, CredentialReport, ManifestReport, Signature
from indelible.verification import RegistryReport, Verdict, Verification, WatermarkReport
from indelible.watermark import Detection

MANIFEST = ManifestReport(
    "urn:c2pa:1",
    generator="Acme 1",
    title="Sunrise",
    signature=Signature(signer="Acme Inc."),
    actions=(Action("c2pa.created", source_type="digitalCapture"),),
    source_type="digitalCapture",
)
TRUSTED = CredentialReport(
    "trusted", manifest=MANIFEST, signer_trusted=True, trusted_by="a list", time="2026-01-01"
)
UNKNOWN = replace(TRUSTED, state="valid", signer_trusted=False, trusted_by=None)
ABSENT = CredentialReport("absent")
MARK = WatermarkReport("found", Detection(True, b"8 bytes.", 1e-12, None, "k" * 16), keys=1)


def found(
    verdict: Verdict,
    credential: CredentialReport,
    recovered: CredentialReport | None = None,
    mark: WatermarkReport = MARK,
) -> Verification:
    """Return a verification with this verdict, whatever the evidence."""
    registry = RegistryReport("not_asked")
    if recovered is not None:
        registry = RegistryReport("found", "urn:c2pa:2", b"", recovered, names_payload=True)
    return Verification(verdict, ("A reason.",), credential, mark, registry)
