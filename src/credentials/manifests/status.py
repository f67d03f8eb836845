"""What C2PA's status codes mean: each is about integrity, the picture, trust, or only a note.

Everything that a report decides, it decides by what `meaning` says about a code. A code that the
table does not know is judged by how it begins, and where that says nothing either, a failure
counts against the manifest's integrity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from indelible.credentials.manifests import status_codes
from indelible.languages import Sentence, say

__all__ = [
    "EXCLUSIONS",
    "EXPIRED",
    "HISTORY_CHANGED",
    "IDENTITY_MALFORMED",
    "SIGNATURE_VALIDATED",
    "SIGNER_PATH",
    "SIGNER_TRUSTED",
    "SIGNER_USAGE",
    "TIME_STAMP_TRUSTED",
    "TIME_STAMP_UNTRUSTED",
    "TIME_STAMP_VALIDATED",
    "UNTRUSTED",
    "Kind",
    "Meaning",
    "explain",
    "is_about_identity",
    "meaning",
]

Kind = Literal["integrity", "picture", "trust", "identity", "note"]

SIGNATURE_VALIDATED: Final = "claimSignature.validated"
SIGNER_TRUSTED: Final = "signingCredential.trusted"
TIME_STAMP_TRUSTED: Final = "timeStamp.trusted"
TIME_STAMP_VALIDATED: Final = "timeStamp.validated"
UNTRUSTED: Final = "signingCredential.untrusted"
# Our own findings, where the library leaves a check out.
EXCLUSIONS: Final = "indelible.exclusions"
EXPIRED: Final = "indelible.signer.expired"
HISTORY_CHANGED: Final = "indelible.history.changed"
IDENTITY_MALFORMED: Final = "indelible.identity.malformed"
SIGNER_PATH: Final = "indelible.signer.path"
SIGNER_USAGE: Final = "indelible.signer.usage"
TIME_STAMP_UNTRUSTED: Final = "indelible.timeStamp.untrusted"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one status code says.

    Attributes
    ----------
    kind : {"integrity", "picture", "trust", "identity", "note"}
        What a failure with this code counts against. "picture": only that these are not the bytes
        that were signed; "identity" and "note": nothing.
    sentence : str
        For people. Empty where the table does not know the code.
    tampering : bool
        Whether a hash says that something is no longer what was signed. Inside the history, only
        that shows that the manifests were changed *after* the picture was signed.
    expired : bool
        Whether the certificate was not valid, or is not any more.
    tolerated : bool
        Whether the official reader calls a manifest ``valid`` with this failure.
    disowned : bool
        Whether the issuer took the certificate back.
    noteworthy : bool
        Whether a person should hear of it although nothing failed.
    """

    kind: Kind
    sentence: str = ""
    tampering: bool = False
    expired: bool = False
    tolerated: bool = False
    disowned: bool = False
    noteworthy: bool = False

    @property
    def breaks(self) -> bool:
        """Whether a failure with this code means that the manifest does not hold."""
        return self.kind == "integrity"

    @property
    def distrusts(self) -> bool:
        """Whether a failure with this code means that the signer is not trusted."""
        return self.kind == "trust" or self.disowned


_TAMPERING: Final = frozenset(
    {
        "assertion.hashedURI.mismatch",
        "assertion.missing",
        "hashedURI.mismatch",
        "hashedURI.missing",
        "ingredient.claimSignature.mismatch",
        "ingredient.claimSignature.missing",
        "ingredient.hashedURI.mismatch",
        "ingredient.manifest.mismatch",
        "ingredient.manifest.missing",
        "manifest.missing",
    }
)
_EXPIRED: Final = frozenset(
    {EXPIRED, "signingCredential.expired", "claimSignature.outsideValidity"}
)
_DISOWNED: Final = frozenset({"signingCredential.revoked", "signingCredential.ocsp.revoked"})
_TOLERATED: Final = frozenset({UNTRUSTED, EXPIRED, SIGNER_PATH, SIGNER_USAGE})
_NOTEWORTHY: Final = frozenset(
    {
        TIME_STAMP_UNTRUSTED,
        "timeStamp.untrusted",
        "timeStamp.mismatch",
        "timeStamp.malformed",
        "timeStamp.outsideValidity",
        "signingCredential.ocsp.revoked",
        "signingCredential.ocsp.inaccessible",
        "signingCredential.ocsp.unknown",
        "algorithm.deprecated",
        "ingredient.unknownProvenance",
    }
)
_KINDS: Final[tuple[tuple[Kind, dict[str, str]], ...]] = (
    ("picture", status_codes.PICTURE),
    ("integrity", status_codes.INTEGRITY),
    ("trust", status_codes.TRUST),
    ("note", status_codes.NOTE),
    ("identity", status_codes.IDENTITY),
)
_TABLE: Final = {
    code: Meaning(
        kind,
        Sentence(sentence),
        tampering=code in _TAMPERING,
        expired=code in _EXPIRED,
        tolerated=code in _TOLERATED,
        disowned=code in _DISOWNED,
        noteworthy=code in _NOTEWORTHY,
    )
    for kind, codes in _KINDS
    for code, sentence in codes.items()
}
# What codes of a later specification are about; whatever else fails breaks the manifest.
_FAMILIES: Final[tuple[tuple[str, Kind], ...]] = (
    ("cawg.", "identity"),
    ("timeStamp.", "note"),
    ("signingCredential.", "trust"),
    ("", "integrity"),
)


def meaning(code: str) -> Meaning:
    """Return what a status code means; every code has a meaning."""
    known = _TABLE.get(code)
    if known is not None:
        return known
    return Meaning(next(kind for start, kind in _FAMILIES if code.startswith(start)))


def is_about_identity(code: str, where: str) -> bool:
    """Whether a finding is about a CAWG identity assertion rather than about the manifest.

    Parameters
    ----------
    code : str
        Of the finding.
    where : str
        Label of the part that it is about. The certificate and time stamp of an identity assertion
        are reported with the codes of the manifest's own.
    """
    kind = meaning(code).kind
    return kind == "identity" or (kind in ("trust", "note") and "/cawg.identity" in where)


def explain(code: str, detail: str = "") -> str:
    """Return a sentence for a status code.

    Parameters
    ----------
    code : str
        For example ``"assertion.dataHash.mismatch"``.
    detail : str
        The library's own explanation, used where the table does not know the code.
    """
    if code == "signingCredential.invalid":
        return _invalid_certificate(detail)
    known = _TABLE.get(code)
    if known is not None:
        return known.sentence
    if code.startswith("cawg.x509."):
        return _identity_certificate(code)
    if code.startswith("cawg."):
        return say("An identity statement could not be confirmed ({why}).", why=detail or code)
    return say("A check failed: {why}.", why=detail or code)


_CERTIFICATE_FAULTS = (
    ("eku", say("its extended key usage does not allow signing Content Credentials")),
    ("self-signed", say("it is self-signed")),
    ("version", say("it is not of X.509 version 3")),
    ("curve", say("its key is on a curve that is not allowed")),
    ("key length", say("its key is too short")),
    ("algorithm", say("it uses an algorithm that is not allowed")),
    ("unique id", say("it has a unique identifier, which is not allowed")),
    ("end-entity", say("it belongs to a certificate authority")),
)


def _invalid_certificate(detail: str) -> str:
    """Say which rule the certificate breaks, as far as the library's words say."""
    lowered = detail.lower()
    fault = next((text for word, text in _CERTIFICATE_FAULTS if word in lowered), None)
    if fault is None:
        return _TABLE["signingCredential.invalid"].sentence
    return say(
        "The signer's certificate breaks the rules for signing Content Credentials: {fault}.",
        fault=fault,
    )


def _identity_certificate(code: str) -> str:
    """Say what is wrong with an identity statement that is signed with a certificate."""
    endings = {
        "untrusted": say("whose certificate is on no trust list in use here"),
        "expired": say("whose certificate has expired"),
        "revoked": say("whose certificate was revoked"),
        "mismatch": say("whose signature does not fit"),
    }
    said = endings.get(code.rpartition(".")[2], say("that does not validate"))
    return say("A person or organisation is named by an identity statement {said}.", said=said)
