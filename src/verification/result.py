"""What a verification found, leg by leg: plain data, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.choices import Effort, RecordStatus
from indelible.credentials import AiClaim, CredentialReport, Signal, Standing
from indelible.registry import StoredFingerprint
from indelible.verification.change_report import ChangeReport
from indelible.verification.consent_report import ConsentReport
from indelible.verification.evidence import RegistryState
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.other_mark import OtherMark
from indelible.verification.recovered import RecoveredManifest
from indelible.verification.resolver_report import ResolverReport, chosen
from indelible.verification.verdict import (
    CONFIRMED,
    RESOLVED,
    RESOLVED_CONFIRMED,
    Verdict,
    Words,
)
from indelible.watermark import Detection

__all__ = [
    "Origin",
    "RegistryReport",
    "Verification",
    "WatermarkReport",
    "WatermarkState",
]

WatermarkState = Literal["found", "not_found", "not_checked"]

_BEST: Final[tuple[Standing, ...]] = ("trusted", "untrusted", "broken")
_REMOTE_FAILURE: Final = 5


@dataclass(frozen=True, slots=True)
class WatermarkReport:
    """What was found in the pixels.

    Attributes
    ----------
    state : {"found", "not_found", "not_checked"}
        ``"not_checked"`` where there was no key, or no way to decode the pixels: see `reason`.
    detection : Detection or None
        The detector's own result.
    regions_gone : bool or None
        Whether the mark is reliably missing in part of the picture; None where not measured.
    reason : str or None
        Why it was not checked.
    area : float or None
        Share of the picture that carries the mark, 0 to 1; None where that is not known.
    keys : int
        How many keys it was looked for with.
    can_carry : bool or None
        Whether the picture could carry a mark that is found again; None where that was not asked.
    effort : {"quick", "standard", "thorough"} or None
        How hard it was looked for; None where it was not.
    box : (int, int, int, int) or None
        Left, top, right and bottom of where the mark stands, px, right and bottom exclusive; None
        where it is the only one that was looked for.
    others : tuple of OtherMark
        Marks beside it or over it. The whole picture is searched for them only where this one
        leaves room, another one is named by the manifest, or the search is thorough.
    area_together : float or None
        Share of the picture that carries this mark or another one of the same trusted generator;
        None where there is none, or this one covers the picture.
    gone_together : bool or None
        Whether all of these are reliably missing in part of the picture.
    """

    state: WatermarkState
    detection: Detection | None = None
    regions_gone: bool | None = None
    reason: str | None = None
    area: float | None = None
    keys: int = 0
    can_carry: bool | None = None
    effort: Effort | None = None
    box: tuple[int, int, int, int] | None = None
    others: tuple[OtherMark, ...] = ()
    area_together: float | None = None
    gone_together: bool | None = None

    @property
    def found(self) -> bool:
        """Whether a watermark was found."""
        return self.state == "found"

    @property
    def payload(self) -> bytes | None:
        """The watermark's id, 8 bytes."""
        return None if self.detection is None else self.detection.payload

    @property
    def false_positive_probability(self) -> float:
        """Bound on the chance that an unmarked picture gives this; 1.0 where none was found."""
        return 1.0 if self.detection is None else self.detection.false_positive_probability

    @property
    def key_id(self) -> str | None:
        """Which key found it."""
        return None if self.detection is None else self.detection.key_id

    @property
    def geometry(self) -> NDArray[np.float64] | None:
        """Map from the original picture's pixel coordinates to this one's, (3, 3) float64."""
        return None if self.detection is None else self.detection.geometry

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data; the payload in hexadecimal."""
        geometry = self.geometry
        return {
            "found": self.found,
            "state": self.state,
            "payload": None if self.payload is None else self.payload.hex(),
            "false_positive_probability": self.false_positive_probability,
            "key_id": self.key_id,
            "algorithm": None if self.detection is None else self.detection.algorithm,
            "geometry": None if geometry is None else geometry.tolist(),
            "area": None if self.area is None else round(self.area, 3),
            "regions_gone": self.regions_gone,
            "box": None if self.box is None else list(self.box),
            "others": [one.to_dict() for one in self.others],
            "area_together": None if self.area_together is None else round(self.area_together, 3),
            "keys": self.keys,
            "effort": self.effort,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class RegistryReport(RecoveredManifest):
    """What the watermark's id led to.

    Attributes
    ----------
    state : {"not_asked", "unknown", "found", "unavailable"}
        Whether the id was looked up, and with what result.
    manifest_id : str or None
        The manifest under that id.
    manifest_store : bytes or None
        The manifest itself, ``application/c2pa``.
    credential : CredentialReport or None
        The recovered manifest, validated against this picture. On a repost its one failure is the
        picture's hash (``changed_only``).
    names_payload : bool
        Whether the recovered manifest itself names the id that led to it.
    others : tuple of str
        Further manifests registered under the same id.
    reason : str or None
        Why the registry was not asked, or what it failed with.
    status : {"live", "withdrawn", "erased"}
        What has become of the record; of an erased one nothing but its id is left.
    status_reason : str or None
        Why, in the words of who runs the registry.
    fingerprint : StoredFingerprint or None
        What the registered picture looks like, by the registry.
    """

    state: RegistryState
    manifest_id: str | None = None
    manifest_store: bytes | None = None
    credential: CredentialReport | None = None
    names_payload: bool = False
    others: tuple[str, ...] = ()
    reason: str | None = None
    status: RecordStatus = "live"
    status_reason: str | None = None
    fingerprint: StoredFingerprint | None = field(default=None, repr=False)

    @property
    def counts(self) -> bool:
        """Whether the manifest holds, and names the id that led to it."""
        return self.integrity == "intact" and self.names_payload

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "state": self.state,
            "manifest_id": self.manifest_id,
            "credential_state": self.credential_state,
            "standing": self.standing,
            "credential": None if self.credential is None else self.credential.to_dict(),
            "names_payload": self.names_payload,
            "others": list(self.others),
            "reason": self.reason,
            "status": self.status,
            "status_reason": self.status_reason,
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """A manifest that says where a picture comes from, and what its words are worth.

    Attributes
    ----------
    credential : CredentialReport
        The manifest.
    where : {"manifest", "recovered"}
        Whether it came with the file, or its watermark led to it.
    standing : {"trusted", "untrusted", "broken"}
        What it says is a fact of its signer only where ``"trusted"``; else it is a claim.
    sent_by : str or None
        The resolver that sent it; None where it came with the file or from the registry.
    """

    credential: CredentialReport
    where: Literal["manifest", "recovered"]
    standing: Standing
    sent_by: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what it says as JSON-ready data."""
        credential = self.credential
        return {
            "where": self.where,
            "standing": self.standing,
            "generator": credential.generator,
            "signer": credential.signer,
            "source_type": credential.source_type,
            "time": credential.time,
            "manifest_id": credential.manifest_id,
            "sent_by": self.sent_by,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict and the evidence under it.

    Attributes
    ----------
    verdict : Verdict
        One word, equal to its plain string; `words` says what it means and what not.
    reasons : tuple of str
        The sentences that led to it.
    credential : CredentialReport
        The manifest in the file: integrity (``state``, ``failures``) and trust
        (``signer_trusted``) apart.
    watermark : WatermarkReport
        The mark in the pixels.
    registry : RegistryReport
        The manifest that the mark led to.
    fingerprint : FingerprintReport
        Whether the picture looks like the one that the recovered manifest was made for; where none
        was recovered, the file's own.
    file : str or None
        Name of the file, where there was one.
    format : str
        Its format, from its content.
    signals : tuple of Signal
        What plain, unsigned metadata claims about the making of the picture. Anybody can write or
        remove it, so it takes no part in the verdict.
    notes : tuple of str
        What else a reader should know ("only the first frame was looked at").
    ai : AiClaim
        Whether anything says that AI made or edited the picture, who, and what that is worth.
    complete : bool
        False where a registry or resolvers that did not answer might have changed the verdict.
    timing : dict of str to float
        Milliseconds that each leg took: ``credential_ms``, ``watermark_ms``, ``registry_ms``,
        ``fingerprint_ms`` and ``total_ms``; ``resolvers_ms`` and ``changes_ms`` where those were
        asked.
    changes : ChangeReport or None
        Where the picture differs from the one that was signed; None where that was not asked.
    resolvers : tuple of ResolverReport
        What each of the servers of others answered that were to be asked.
    consents : tuple of ConsentReport
        Consent marks: what the picture's owner asks of others. Their key is public, so they say
        nothing of where the picture comes from, and take no part in the verdict.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    credential: CredentialReport
    watermark: WatermarkReport
    registry: RegistryReport
    fingerprint: FingerprintReport = field(default_factory=FingerprintReport)
    file: str | None = None
    format: str = ""
    signals: tuple[Signal, ...] = ()
    notes: tuple[str, ...] = ()
    ai: AiClaim = field(default_factory=lambda: AiClaim(False))
    complete: bool = True
    timing: dict[str, float] = field(default_factory=dict, compare=False)
    changes: ChangeReport | None = None
    resolvers: tuple[ResolverReport, ...] = ()
    consents: tuple[ConsentReport, ...] = ()

    @property
    def recovered(self) -> RegistryReport | ResolverReport | None:
        """Where a manifest came from that was not with the file: the registry, else a resolver."""
        if self.registry.credential is not None:
            return self.registry
        return chosen(self.resolvers)

    @property
    def withheld(self) -> bool:
        """Whether somebody who was asked might say more, were the picture sent to them."""
        return any(one.withheld for one in self.resolvers)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The manifests that say something about this picture, the file's own first."""
        found = []
        if self.credential.manifest is not None:
            found.append(Origin(self.credential, "manifest", self.credential.standing))
        recovered = self.recovered
        report = None if recovered is None else recovered.credential
        if recovered is not None and report is not None and report.manifest is not None:
            by = recovered.address if isinstance(recovered, ResolverReport) else None
            found.append(Origin(report, "recovered", recovered.standing or "broken", by))
        return tuple(found)

    @property
    def origin(self) -> Origin | None:
        """The manifest that speaks for this picture: of the best standing, the file's own first."""
        return min(self.origins, key=lambda one: _BEST.index(one.standing), default=None)

    @property
    def words(self) -> Words:
        """The verdict for people; of a recovery, whether the fingerprint confirms it."""
        if self.verdict is not Verdict.RECOVERED:
            return self.verdict.words
        confirmed = self.fingerprint.state == "match"
        if isinstance(self.recovered, ResolverReport):
            return RESOLVED_CONFIRMED if confirmed or self.recovered.is_about else RESOLVED
        return CONFIRMED if confirmed else self.verdict.words

    @property
    def exit_code(self) -> int:
        """Exit status: the verdict's, or 5 where who did not answer could have changed it."""
        code = self.verdict.exit_code
        return code if self.complete else max(code, _REMOTE_FAILURE)

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict and its evidence as JSON-ready data: what ``--json`` prints."""
        words = self.words
        return {
            "file": self.file,
            "verdict": str(self.verdict),
            "ai": self.ai.to_dict(),
            "headline": words.headline,
            "meaning": words.meaning,
            "caution": words.caution,
            "reasons": list(self.reasons),
            "origin": None if self.origin is None else self.origin.to_dict(),
            "credential": self.credential.to_dict(),
            "watermark": self.watermark.to_dict(),
            "registry": self.registry.to_dict(),
            "resolvers": [one.to_dict() for one in self.resolvers],
            "fingerprint": self.fingerprint.to_dict(),
            "changes": None if self.changes is None else self.changes.to_dict(),
            "consents": [one.to_dict() for one in self.consents],
            "format": self.format,
            "signals": [asdict(signal) for signal in self.signals],
            "notes": list(self.notes),
            "timing": {name: round(value, 1) for name, value in self.timing.items()},
        }
