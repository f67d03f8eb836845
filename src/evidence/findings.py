"""What was found: the whole report, the manifests with their certificates, and who was trusted.

All of it is data, in English: the statement says it in words. Nothing of it tells where on a disk
anything lies, what an operator wrote for themselves, or how long anything took.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from cryptography.hazmat.primitives import serialization

import indelible
from indelible import credentials
from indelible.credentials import CredentialReport, Trust
from indelible.credentials.signers.chains import UNREADABLE
from indelible.errors import ManifestError
from indelible.evidence.layout import (
    MANIFEST,
    MANIFEST_ABOUT,
    MANIFEST_CERTIFICATES,
    RECOVERED,
    RECOVERED_CERTIFICATES,
    TRUST,
    TRUST_LISTS,
    json_bytes,
)
from indelible.evidence.packing import sha256
from indelible.imaging import ImageFile
from indelible.languages import say
from indelible.verification import Verification, Verifier
from indelible.verification.judging import taken_back
from indelible.verification.public import public_report, searched

__all__ = [
    "manifest_parts",
    "presentable",
    "public_verdict",
    "stable",
    "stores",
    "trust_parts",
    "verdict",
    "versions",
]

_PACKAGES: Final = ("c2pa-python", "cryptography", "numpy", "opencv-python", "pillow", "scipy")
_PATH: Final = re.compile(r"(?<![\w.:/=#-])(?:[A-Za-z]:)?(?:[/\\][^\s'\"/\\,;)]+){2,}")
_DATABASE: Final = re.compile(r"(?:sqlite|postgres\w*)(?:\+\w+)?:/+\S+")
_UNASKED: Final = say("The registry that was to be asked did not answer.")
_LIMITS: Final = """\
A verdict says who vouches for a file, never whether what it shows is true.
Absence proves nothing: a watermark can be removed, and only who holds a generator's key can look \
for its watermark.
The false-positive probability is a bound on the chance that a picture without a watermark gives \
this finding, over the whole search.
Trust is that of the lists in trust/, on the day of this examination.
"""


def versions() -> dict[str, str]:
    """Return the software that examined the picture, by name."""
    found = {"indelible": indelible.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def verdict(
    result: Verification, verifier: Verifier, *, sha256: str, at: str, software: Mapping[str, str]
) -> dict[str, Any]:
    """Return what ``findings/verdict.json`` says.

    Parameters
    ----------
    result : Verification
        What was found.
    verifier : Verifier
        What found it.
    sha256, at : str
        Of the picture; when.
    software : mapping of str to str
        `versions`.
    """
    looked = searched(result)
    return {
        "sha256": sha256,
        "examined_at": at,
        "software": dict(software),
        "verdict": str(result.verdict),
        "looked_for": [str(one["words"]) for one in looked],
        "found": [str(one["words"]) for one in looked if one["found"]],
        "not_found": [str(one["words"]) for one in looked if one["found"] is False],
        "not_looked_for": [str(one["words"]) for one in looked if one["found"] is None],
        "limits": _LIMITS.splitlines(),
        "recompute": {
            "command": "indelible evidence check --again BUNDLE",
            "effort": verifier.effort,
            "key_ids": list(verifier.key_ids),
            "registry_asked": result.registry.state in ("found", "unknown"),
            "resolvers_asked": [one.address for one in result.resolvers],
            "issuers_asked": verifier.asks_issuers,
            "trust": TRUST_LISTS,
            "note": "A watermark is found again with the keys of these ids only; whoever has none "
            "of them sees the rest of the report again.",
        },
        "report": stable(result),
    }


def public_verdict(
    result: Verification, image: ImageFile, *, sha256: str, at: str, software: Mapping[str, str]
) -> dict[str, Any]:
    """Return what ``findings/verdict.json`` says to strangers: nothing to measure an attack by.

    Parameters
    ----------
    result : Verification
        What was found.
    image : ImageFile
        The picture.
    sha256, at : str
        Of the picture; when.
    software : mapping of str to str
        `versions`.
    """
    return {
        "sha256": sha256,
        "examined_at": at,
        "software": dict(software),
        "verdict": str(result.verdict),
        "limits": _LIMITS.splitlines(),
        "public_report": public_report(result, image=image),
    }


def presentable(result: Verification) -> Verification:
    """Return a result that strangers may read: without places on a disk, and private reasons.

    Why a record was taken back its operator wrote for themselves; where the registry lies is the
    business of who asked it.
    """
    registry = result.registry
    why = registry.status_reason
    private = None if not why else taken_back(registry.status, why)

    def told(text: str) -> str:
        return taken_back(registry.status, None) if text == private else _placeless(text)

    return replace(
        result,
        file=None,
        timing={},
        reasons=tuple(told(one) for one in result.reasons),
        notes=tuple(told(one) for one in result.notes),
        registry=replace(
            registry,
            status_reason=None,
            reason=_UNASKED if registry.state == "unavailable" else registry.reason,
        ),
        consents=tuple(
            replace(one, reason=None if one.reason is None else _placeless(one.reason))
            for one in result.consents
        ),
    )


def stable(result: Verification) -> dict[str, Any]:
    """Return the report of a `presentable` result as plain data, without how long it took."""
    report = result.to_dict()
    report.pop("timing", None)
    return report


def _placeless(text: str) -> str:
    found = _PATH.sub("(a file)", _DATABASE.sub("(a database)", text))
    return text if found == text else found  # a sentence stays one, to be translated


# --- manifests ----------------------------------------------------------------------------------


def stores(result: Verification, image: ImageFile, given: bytes | None) -> dict[str, bytes]:
    """Return the manifest stores that were looked at, by where they stand in the bundle.

    Parameters
    ----------
    result : Verification
        What was found.
    image : ImageFile
        The picture.
    given : bytes or None
        A manifest file that lay beside it.
    """
    found = {}
    try:
        own = given if given is not None else credentials.extract_store(image)
    except ManifestError:  # damaged, and nobody can say where it begins: it is in the picture
        own = None
    if own is not None:
        found[MANIFEST] = own
    recovered = result.recovered
    if recovered is not None and recovered.manifest_store is not None:
        found[RECOVERED] = recovered.manifest_store
    return found


def manifest_parts(
    result: Verification, held: Mapping[str, bytes], *, asked: bool, why_absent: str | None
) -> dict[str, bytes]:
    """Return the manifests' parts.

    Parameters
    ----------
    result : Verification
        What was found.
    held : mapping of str to bytes
        `stores`.
    asked : bool
        Whether issuers were asked about revocation.
    why_absent : str or None
        Why the stores themselves are not in the bundle, where they are not: previews in them show
        the picture.
    """
    parts: dict[str, bytes] = {}
    about: list[dict[str, Any]] = []
    recovered = None if result.recovered is None else result.recovered.credential
    reports = {MANIFEST: result.credential, RECOVERED: recovered}
    for path, store in held.items():
        pem, certificates = _certificates(store)
        file = MANIFEST_CERTIFICATES if path == MANIFEST else RECOVERED_CERTIFICATES
        if pem:
            parts[file] = pem
        if why_absent is None:
            parts[path] = store
        about.append(
            {
                "store": path if why_absent is None else None,
                "store_left_out": why_absent,
                "sha256": sha256(store),
                "bytes": len(store),
                "where_from": "with the file" if path == MANIFEST else "recovered",
                **_standing(reports[path]),
                "revocation": _revocation(reports[path], asked=asked),
                "certificates_file": file if pem else None,
                "certificates": certificates,
            }
        )
    parts[MANIFEST_ABOUT] = json_bytes({"manifests": about})
    return parts


def _standing(report: CredentialReport | None) -> dict[str, Any]:
    if report is None:
        return {}
    return {
        "manifest_id": report.manifest_id,
        "integrity": report.integrity,
        "standing": report.standing_as_signed,
        "signer": report.signer,
        "issuer": report.issuer,
        "trusted_by": None if report.trusted_by is None else str(report.trusted_by),
        "expired": report.expired,
        "time": report.time,
        "clock": str(report.clock),
    }


def _revocation(report: CredentialReport | None, *, asked: bool) -> dict[str, Any]:
    codes = () if report is None else tuple(one.code for one in report.failures)
    revoked = any("revoked" in code and "notRevoked" not in code for code in codes)
    if revoked:
        words = "The signer's certificate was revoked."
    elif asked:
        words = "Its issuer was asked, where it names whom to ask, and did not say that it was."
    else:
        words = "Its issuer was not asked. What the manifest itself holds about that is in it."
    return {"revoked": True if revoked else None, "issuer_asked": asked, "words": words}


def _certificates(store: bytes) -> tuple[bytes, list[dict[str, Any]]]:
    pem: dict[bytes, None] = {}
    about = []
    for label, chain in credentials.signing_chains(store).items():
        for place, certificate in enumerate(chain):
            block = certificate.public_bytes(serialization.Encoding.PEM)
            pem[block] = None
            try:
                report = asdict(credentials.describe_certificate(certificate))
                report.pop("pem")
            except UNREADABLE:  # a stranger's, in which a part is odd: its bytes are kept
                report = {}
            about.append({"manifest": label, "place": place, **report})
    return b"".join(pem), about


# --- trust --------------------------------------------------------------------------------------


def trust_parts(trust: Trust, *, at: str, public: bool = False) -> dict[str, bytes]:
    """Return the trust lists that were gone by, each in PEM, and what they are.

    Parameters
    ----------
    trust : Trust
        Whose signatures counted.
    at : str
        When.
    public : bool
        Whether only those that everybody can have are named: whom else an operator trusts is
        nothing for strangers.
    """
    parts: dict[str, bytes] = {}
    about = []
    lists = [one for one in trust.lists if _is_public(one.source) or not public]
    for number, one in enumerate(lists, 1):
        path = f"{TRUST}{number}-{one.kind}.pem"
        parts[path] = one.pem.encode()
        about.append(
            {
                "file": path,
                "name": str(one.name),
                "kind": one.kind,
                "issued": _day(one.issued),
                "next_update": _day(one.next_update),
                "source": one.source if _is_public(one.source) else "of whoever examined it",
                "authorities": one.pem.count("-----BEGIN CERTIFICATE-----"),
                "sha256": sha256(parts[path]),
            }
        )
    pinned = []
    for number, pem in enumerate(() if public else trust.pinned, 1):
        path = f"{TRUST}{number}-pinned.pem"
        parts[path] = pem.encode()
        pinned.append({"file": path, "sha256": sha256(parts[path])})
    parts[TRUST_LISTS] = json_bytes({"as_of": at, "lists": about, "single_signers": pinned})
    return parts


def _is_public(source: str | None) -> bool:
    return source is not None and source.startswith(("shipped with", "https://", "http://"))


def _day(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
