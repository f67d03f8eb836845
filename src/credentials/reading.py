"""Reading: whether a picture's manifest is intact, whom it comes from, and what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from indelible.credentials import _c2pa
from indelible.credentials.manifest_tree import (
    ManifestTree,
    delta_failures,
    findings,
    mapping,
    text_of,
)
from indelible.credentials.media_types import media_type
from indelible.credentials.report import (
    CredentialReport,
    Finding,
    Integrity,
    ManifestReport,
    State,
)
from indelible.credentials.revocation import responder_hosts
from indelible.credentials.status import (
    PICTURE_HASH_MISMATCHES,
    UNTRUSTED,
    explain,
    is_identity,
)
from indelible.credentials.trust import DEVELOPMENT, Trust

__all__ = ["read"]

_STATES: dict[str, State] = {"Trusted": "trusted", "Valid": "valid", "Invalid": "invalid"}
_EXPIRED = "signingCredential.expired"
# Informational codes that a person should hear of.
_NOTEWORTHY = frozenset(
    {
        "timeStamp.untrusted",
        "timeStamp.mismatch",
        "timeStamp.malformed",
        "timeStamp.outsideValidity",
        "signingCredential.ocsp.revoked",
        "signingCredential.ocsp.inaccessible",
        "signingCredential.ocsp.unknown",
        "assertion.dataHash.additionalExclusionsPresent",
        "assertion.bmffHash.additionalExclusionsPresent",
        "assertion.boxesHash.additionalExclusionsPresent",
        "algorithm.deprecated",
        "ingredient.unknownProvenance",
    }
)


def read(
    data: bytes,
    format: str,
    *,
    trust: Trust | None = None,
    manifest_store: bytes | None = None,
    ocsp: bool = False,
) -> CredentialReport:
    """Read and validate a picture's credentials.

    Parameters
    ----------
    data : bytes
        The encoded picture.
    format : str
        "jpeg", "png", ... or a media type.
    trust : Trust, optional
        By which lists the signer is judged; by default the official ones.
    manifest_store : bytes, optional
        A manifest from elsewhere (a registry, a sidecar file) to read instead of the picture's own.
    ocsp : bool
        Ask the issuer whether the certificate was revoked, if a trust list vouches for the signer.
        This is the only thing that makes this function connect to anything, and only to the
        public internet.

    Returns
    -------
    CredentialReport
        For any bytes whatsoever: what cannot be read is ``unreadable`` or ``absent``.

    Raises
    ------
    UnsupportedImageError
        If `format` is not one that can carry a manifest.
    """
    kind = media_type(format)
    trust = Trust.official() if trust is None else trust
    settings = _c2pa.Settings(trust)
    try:
        reading = _c2pa.read(data, kind, settings, manifest_store)
    except _c2pa.NoManifestError:
        return CredentialReport("absent", reasons=("The file carries no Content Credentials.",))
    except _c2pa.RemoteManifestError as error:
        return CredentialReport(
            "absent",
            reasons=("The manifest is kept at an address, which was not fetched.",),
            remote_url=None if error.url is None else text_of(error.url),
        )
    except _c2pa.UnreadableManifestError as error:
        return CredentialReport(
            "unreadable",
            reasons=(f"The Content Credentials cannot be read: {text_of(str(error))}",),
        )
    report = _report(reading, trust, embedded=manifest_store is None)
    if ocsp and report.signer_trusted:
        asked = _with_revocation(data, kind, trust, manifest_store, report.manifest_id)
        report = report if asked is None else asked
    if kind == media_type("c2pa"):
        alone = "This is a manifest alone: it was read without the picture that it is about."
        return dataclasses.replace(report, reasons=(alone, *report.reasons))
    return report


def _with_revocation(
    data: bytes, kind: str, trust: Trust, manifest_store: bytes | None, manifest_id: str | None
) -> CredentialReport | None:
    """Read again, asking the responders that the signer's certificate names, if it names any."""
    try:
        store = manifest_store or _c2pa.extract_store(data, kind, _c2pa.Settings(trust))
        hosts = responder_hosts(store, manifest_id or "")
        if not hosts:
            return None
        settings = _c2pa.Settings(trust, ocsp_hosts=hosts)
        reading = _c2pa.read(data, kind, settings, manifest_store)
    except (_c2pa.NoManifestError, _c2pa.RemoteManifestError, _c2pa.UnreadableManifestError):
        return None
    return _report(reading, trust, embedded=manifest_store is None)


def _report(reading: _c2pa.Reading, trust: Trust, *, embedded: bool) -> CredentialReport:
    summary = reading.summary
    active = mapping(mapping(summary, "validation_results"), "activeManifest")
    failures = findings(active.get("failure"))
    successes = {
        finding.code: finding
        for finding in findings(active.get("success"))
        if finding.where.endswith("/c2pa.signature")
    }
    own = tuple(item for item in failures if not is_identity(item.code))
    identity = tuple(item for item in failures if is_identity(item.code))

    trusted_by = _trusted_by(successes, trust)
    state = _STATES.get(str(summary.get("validation_state")), "invalid")
    if state == "trusted" and trusted_by is None:
        state = "valid"  # vouched for by a list of time-stamp authorities only

    tree = ManifestTree(reading)
    manifest = tree.manifest(str(summary.get("active_manifest", "")), ())
    history = tree.failures(summary)
    notes = findings(active.get("informational"))
    stamped = manifest.signature.time if "timeStamp.validated" in successes else None
    broken = [item.code for item in own if item.code not in (UNTRUSTED, _EXPIRED)]
    below = [item.code for item in delta_failures(summary) if item.code != UNTRUSTED]
    return CredentialReport(
        state=state,
        reasons=(
            *_reasons(state, own, trusted_by),
            *_history_reasons(history),
            *dict.fromkeys(item.sentence for item in notes if item.code in _NOTEWORTHY),
            *(
                f"The {item.name} in use here is stale: its next issue was due on "
                f"{item.next_update:%Y-%m-%d}."
                for item in trust.stale_lists()
            ),
        ),
        failures=own,
        ingredient_failures=history,
        identity_failures=identity,
        manifest=manifest,
        signer_trusted=trusted_by is not None,
        trusted_by=trusted_by,
        development=trusted_by == DEVELOPMENT,
        integrity=_integrity(state, broken, below),
        expired=any(item.code == _EXPIRED for item in own),
        time=stamped or _claimed_time(manifest),
        timestamped=stamped is not None and "timeStamp.trusted" in successes,
        timestamp_trusted=None if stamped is None else "timeStamp.trusted" in successes,
        embedded=embedded,
    )


def _integrity(state: State, broken: Sequence[str], below: Sequence[str]) -> Integrity:
    """Return whether a manifest holds, from the codes of its failures and its history's."""
    if not broken:
        return "broken" if below and state == "invalid" else "intact"
    return "changed" if PICTURE_HASH_MISMATCHES.issuperset([*broken, *below]) else "broken"


def _trusted_by(successes: Mapping[str, Finding], trust: Trust) -> str | None:
    """Return the name of the trust list that vouches for the active manifest's signer, if one does.

    The library's own ``trustListUri`` may be that of an ingredient's signer, so it is not used.
    """
    trusted = successes.get("signingCredential.trusted")
    # The library judges a certificate by itself: beside a signature that does not fit, it only says
    # that somebody put a good certificate there.
    if trusted is None or "claimSignature.validated" not in successes:
        return None
    return trust.voucher(trusted.detail)


def _reasons(state: State, failures: Sequence[Finding], trusted_by: str | None) -> tuple[str, ...]:
    sentences = list(dict.fromkeys(item.sentence for item in failures))
    if state == "trusted" and trusted_by == DEVELOPMENT:
        sentences.insert(
            0, "Intact, and signed with a development identity that only this machine trusts."
        )
    elif state == "trusted":
        who = f"somebody whom a trust list vouches for ({trusted_by})"
        sentences.insert(0, f"Intact, and signed by {who}.")
    elif state == "valid":
        sentences.insert(0, "Intact since it was signed.")
        if not failures:
            sentences.append(explain(UNTRUSTED))
    return tuple(sentences)


def _history_reasons(history: Sequence[Finding]) -> tuple[str, ...]:
    found = [item.sentence for item in history if item.code != UNTRUSTED]
    return tuple(f"In a picture used in this one: {text}" for text in dict.fromkeys(found))


def _claimed_time(manifest: ManifestReport) -> str | None:
    return next((item.when for item in manifest.actions if item.when is not None), None)
