"""Evidence in, one verdict out: a pure function without files, network or clock.

The table below is read from the top; the first row that holds is the verdict.

=============  ====================================================================  ====
verdict        when                                                                  exit
=============  ====================================================================  ====
``suspect``    the evidence contradicts itself                                       3
``invalid``    the embedded manifest fails for a reason other than a changed         3
               picture, or cannot be read
``altered``    a manifest or a watermark is there, and the picture was changed       3
               since
``unverified`` a valid manifest whose signer is on no trust list, or a watermark     0
               that leads to no manifest that can be verified
``recovered``  nothing usable is embedded; the watermark led to a valid manifest     0
               of a trusted signer
``authentic``  the embedded manifest, its hashes and its trusted signer all hold     0
``none``       nothing was found                                                     1
=============  ====================================================================  ====

No row speaks about truth: a verdict says who vouches for a file, never what the picture shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

__all__ = [
    "CredentialState",
    "Evidence",
    "FingerprintState",
    "Judgement",
    "ManifestEvidence",
    "RecoveryEvidence",
    "RegistryState",
    "Verdict",
    "WatermarkEvidence",
    "Words",
    "judge",
]

CredentialState = Literal["trusted", "valid", "invalid", "absent", "unreadable"]
"""Integrity and trust of a manifest, as the official reader sees its active manifest."""

RegistryState = Literal["not_asked", "unknown", "found", "unavailable"]
"""What the registry answered about the watermark's id."""

FingerprintState = Literal["not_checked", "match", "mismatch"]
"""Whether the picture looks like the one that the recovered manifest was made for."""


class Verdict(StrEnum):
    """One word about a picture, equal to its plain string."""

    SUSPECT = "suspect"
    INVALID = "invalid"
    ALTERED = "altered"
    UNVERIFIED = "unverified"
    RECOVERED = "recovered"
    AUTHENTIC = "authentic"
    NONE = "none"

    @property
    def exit_code(self) -> int:
        """Exit status of a command whose only answer is this verdict."""
        return _EXIT_CODES[self]

    @property
    def words(self) -> Words:
        """The verdict for people: a headline, its meaning, and what it does not mean."""
        return _WORDS[self]


@dataclass(frozen=True, slots=True)
class Words:
    """How a verdict is told to people.

    Attributes
    ----------
    headline : str
        A few words, fit for a title.
    meaning : str
        What was established, in one or two sentences.
    caution : str
        What the verdict does *not* mean.
    """

    headline: str
    meaning: str
    caution: str


@dataclass(frozen=True, slots=True)
class ManifestEvidence:
    """The manifest that travels in the file.

    Attributes
    ----------
    state : CredentialState
        ``"absent"`` also where a manifest only lives at a URL that was not fetched.
    picture_changed_only : bool
        Whether every failure of an ``"invalid"`` manifest is a mismatch between the picture and
        its hash: signature, certificate and structure are sound, the picture is another.
    payloads : frozenset of bytes
        Watermark ids that the manifest and its ingredients name in soft bindings.
    """

    state: CredentialState = "absent"
    picture_changed_only: bool = False
    payloads: frozenset[bytes] = frozenset()

    @property
    def holds(self) -> bool:
        """Whether signature and hashes are right, whoever signed."""
        return self.state in ("trusted", "valid")


@dataclass(frozen=True, slots=True)
class WatermarkEvidence:
    """The watermark in the pixels.

    Attributes
    ----------
    payload : bytes or None
        The id that was found, 8 bytes; None where no mark was found or looked for.
    regions_gone : bool or None
        Whether the mark is reliably missing in part of the picture; None where that was not
        measured or the measurement would not be reliable.
    """

    payload: bytes | None = None
    regions_gone: bool | None = None


@dataclass(frozen=True, slots=True)
class RecoveryEvidence:
    """What the registry holds under the watermark's id.

    Attributes
    ----------
    registry : RegistryState
        Whether the id was looked up, and with what result.
    state : CredentialState
        State of the recovered manifest, leaving aside that a re-encoded picture no longer has
        the hash that was signed; ``"absent"`` unless `registry` is ``"found"``.
    names_payload : bool
        Whether the recovered manifest itself names the id that led to it, which the C2PA
        specification requires to be checked (soft binding resolution).
    """

    registry: RegistryState = "not_asked"
    state: CredentialState = "absent"
    names_payload: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one file."""

    manifest: ManifestEvidence = field(default_factory=ManifestEvidence)
    watermark: WatermarkEvidence = field(default_factory=WatermarkEvidence)
    recovery: RecoveryEvidence = field(default_factory=RecoveryEvidence)
    fingerprint: FingerprintState = "not_checked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the sentences that led to it, most important first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(evidence: Evidence) -> Judgement:
    """Turn evidence into one verdict.

    Parameters
    ----------
    evidence : Evidence
        What the legs found. A leg that failed contributes its default, "nothing known".

    Returns
    -------
    Judgement
        The first row of the table that holds, with the reasons found in that row.
    """
    for verdict, rule in _TABLE:
        reasons = rule(evidence)
        if reasons:
            return Judgement(verdict, tuple(reasons))
    return Judgement(Verdict.NONE, ("No manifest and no watermark was found.",))


def _contradictions(evidence: Evidence) -> list[str]:
    """Row ``suspect``: two pieces of evidence cannot both be right."""
    reasons: list[str] = []
    payload = evidence.watermark.payload
    named = evidence.manifest.payloads
    if payload is None:
        # Without an id in the pixels nothing led anywhere, so nothing can be contradicted.
        return reasons
    if named and payload not in named:
        reasons.append("The embedded manifest names another watermark id than the pixels carry.")
    if evidence.recovery.registry == "found":
        if not evidence.recovery.names_payload:
            reasons.append("The watermark's id leads to a manifest that names another id.")
        if evidence.fingerprint == "mismatch":
            reasons.append("The watermark's id leads to a manifest about another picture.")
    return reasons


def _broken_manifest(evidence: Evidence) -> list[str]:
    """Row ``invalid``: the embedded manifest itself is not sound."""
    manifest = evidence.manifest
    if manifest.state == "unreadable":
        return ["The embedded manifest cannot be read."]
    if manifest.state == "invalid" and not manifest.picture_changed_only:
        return ["The embedded manifest fails for a reason other than a changed picture."]
    return []


def _changes(evidence: Evidence) -> list[str]:
    """Row ``altered``: the picture is no longer the one that was signed or marked."""
    reasons: list[str] = []
    manifest, watermark = evidence.manifest, evidence.watermark
    if manifest.state == "invalid" and manifest.picture_changed_only:
        reasons.append("The picture was changed after its manifest was signed.")
    # A hard binding that holds and names this very mark outranks a local measurement of it.
    bound = manifest.holds and watermark.payload in manifest.payloads
    if watermark.payload is not None and watermark.regions_gone and not bound:
        reasons.append("The watermark is missing in part of the picture.")
    return reasons


def _open_questions(evidence: Evidence) -> list[str]:
    """Row ``unverified``: something is there, and nobody whom we trust vouches for it."""
    reasons: list[str] = []
    recovery = evidence.recovery
    if evidence.manifest.state == "valid":
        reasons.append("The embedded manifest's signer is on no trust list.")
    if evidence.watermark.payload is None:
        return reasons
    if recovery.registry == "found":
        if recovery.state == "valid":
            reasons.append("The recovered manifest's signer is on no trust list.")
        elif recovery.state != "trusted":
            reasons.append("The recovered manifest cannot be verified.")
    elif recovery.registry == "unavailable":
        reasons.append("The watermark's id could not be looked up: the registry is unavailable.")
    elif recovery.registry == "not_asked":
        reasons.append("The watermark's id was not looked up: no registry was given.")
    else:
        reasons.append("No known registry holds the watermark's id.")
    return reasons


def _recovery(evidence: Evidence) -> list[str]:
    """Row ``recovered``: only the watermark leads to a manifest, and that manifest holds."""
    if evidence.manifest.state == "absent" and _led_to_trusted_manifest(evidence):
        return ["The watermark led to a manifest with a valid signature by a trusted signer."]
    return []


def _authenticity(evidence: Evidence) -> list[str]:
    """Row ``authentic``: the embedded manifest holds in every respect."""
    if evidence.manifest.state != "trusted":
        return []
    reasons = ["The embedded manifest, its hashes, its signature and its signer all hold."]
    if _led_to_trusted_manifest(evidence):
        reasons.append("The watermark leads to a manifest in the registry as well.")
    return reasons


def _led_to_trusted_manifest(evidence: Evidence) -> bool:
    return (
        evidence.watermark.payload is not None
        and evidence.recovery.registry == "found"
        and evidence.recovery.state == "trusted"
    )


_TABLE: Final[tuple[tuple[Verdict, Callable[[Evidence], list[str]]], ...]] = (
    (Verdict.SUSPECT, _contradictions),
    (Verdict.INVALID, _broken_manifest),
    (Verdict.ALTERED, _changes),
    (Verdict.UNVERIFIED, _open_questions),
    (Verdict.RECOVERED, _recovery),
    (Verdict.AUTHENTIC, _authenticity),
)

_EXIT_CODES: Final = {
    Verdict.SUSPECT: 3,
    Verdict.INVALID: 3,
    Verdict.ALTERED: 3,
    Verdict.UNVERIFIED: 0,
    Verdict.RECOVERED: 0,
    Verdict.AUTHENTIC: 0,
    Verdict.NONE: 1,
}

_NOT_ABOUT_CONTENT: Final = (
    "It says who vouches for the file, not whether what it shows is true or complete."
)

_WORDS: Final = {
    Verdict.SUSPECT: Words(
        "The evidence contradicts itself",
        "Parts of the evidence point to different pictures or different origins. A mark or a "
        "manifest may have been moved here from somewhere else.",
        "It names no culprit: neither the signer of the manifest nor the owner of the watermark "
        "is thereby the source of this file.",
    ),
    Verdict.INVALID: Words(
        "The manifest does not hold",
        "The file carries a manifest whose signature, certificate or structure fails. Nothing "
        "that it claims can be relied on.",
        "It does not say that somebody meant harm: expired certificates and faulty software "
        "look the same.",
    ),
    Verdict.ALTERED: Words(
        "Changed since it was marked or signed",
        "The file carries a manifest or a watermark, and the picture is no longer the one that "
        "it was made for.",
        "It does not say what was changed or why: resizing and re-saving count as well.",
    ),
    Verdict.UNVERIFIED: Words(
        "Marked, by somebody who could not be verified",
        "A manifest or a watermark was found, but no trusted signer stands behind it here.",
        "It is no sign of a fault: the signer or the registry may simply be unknown to this "
        "machine. Anybody can sign with a certificate of their own.",
    ),
    Verdict.RECOVERED: Words(
        "Credentials recovered through the watermark",
        "The file carries no usable manifest. Its watermark led to one in the registry, with a "
        "valid signature by a trusted signer.",
        "The picture need not be unchanged since: crops and re-encodings are recovered too. "
        + _NOT_ABOUT_CONTENT,
    ),
    Verdict.AUTHENTIC: Words(
        "Signed and unchanged",
        "The embedded manifest holds: nothing that it covers was changed since a trusted signer "
        "signed it.",
        _NOT_ABOUT_CONTENT,
    ),
    Verdict.NONE: Words(
        "Nothing found",
        "No manifest and no watermark that this machine can read was found.",
        "Absence proves nothing: generated pictures often carry no mark or lost it on the way, "
        "and most photographs never had one.",
    ),
}
