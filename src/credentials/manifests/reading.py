"""Reading: whether a picture's manifest is intact, whom it comes from, and what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from indelible.choices import Integrity
from indelible.credentials.manifests import _c2pa
from indelible.credentials.manifests._json import text_of
from indelible.credentials.manifests.embedded import (
    UnreadableManifestError,
    as_image,
    embedded,
    store_to_read,
)
from indelible.credentials.manifests.findings import (
    ActiveFindings,
    active_findings,
    delta_failures,
    own_finding,
)
from indelible.credentials.manifests.manifest_report import Finding, ManifestReport
from indelible.credentials.manifests.permissions import permissions_in
from indelible.credentials.manifests.report import CredentialReport, State
from indelible.credentials.manifests.revocation import responder_hosts
from indelible.credentials.manifests.signer_trust import JudgedSigner, judge_signer, trusted_history
from indelible.credentials.manifests.status import (
    EXCLUSIONS,
    HISTORY_CHANGED,
    SIGNATURE_VALIDATED,
    UNTRUSTED,
    Meaning,
    explain,
    meaning,
)
from indelible.credentials.manifests.tree import ManifestTree
from indelible.credentials.store.exclusions import check_exclusions
from indelible.credentials.store.opening import Store
from indelible.credentials.trust.trust import DEVELOPMENT, Trust
from indelible.imaging import ImageFile
from indelible.languages import say

__all__ = ["read"]

_STORE_ALONE = "application/c2pa"


def read(
    image: ImageFile | bytes,
    *,
    trust: Trust | None = None,
    manifest_store: bytes | None = None,
    ocsp: bool = False,
) -> CredentialReport:
    """Read and validate a picture's credentials.

    Parameters
    ----------
    image : ImageFile or bytes
        The encoded picture; a file that was opened once is not searched again.
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
    """
    image = as_image(image)
    trust = Trust.official() if trust is None else trust
    is_own = manifest_store is None
    try:
        store = store_to_read(image, manifest_store)
        if store is None:
            return _absent(embedded(image).address)
        reading = _c2pa.read(image, store, _c2pa.Settings(trust))
    except UnreadableManifestError as error:
        why = text_of(str(error)) or ""
        reason = say("The Content Credentials cannot be read: {why}", why=why)
        return CredentialReport("unreadable", reasons=(reason,))
    report = _report(reading, image, trust, is_own=is_own)
    if ocsp and report.signer_trusted:
        report = _with_revocation(report, image, store, trust, is_own=is_own)
    if image.media_type == _STORE_ALONE:
        alone = say("This is a manifest alone: it was read without the picture that it is about.")
        return dataclasses.replace(report, reasons=(alone, *report.reasons))
    return report


def _absent(address: str | None) -> CredentialReport:
    reason = say("The file carries no Content Credentials.")
    if address is not None:
        reason = say("The manifest is kept at an address, which was not fetched.")
    return CredentialReport("absent", reasons=(reason,), remote_url=text_of(address))


def _with_revocation(
    report: CredentialReport, image: ImageFile, store: Store, trust: Trust, *, is_own: bool
) -> CredentialReport:
    """Read again, asking the responders that the signer's certificate names, if it names any."""
    hosts = responder_hosts(store, report.manifest_id or "")
    if not hosts:
        return report
    settings = _c2pa.Settings(trust, ocsp_hosts=hosts)
    try:
        return _report(_c2pa.read(image, store, settings), image, trust, is_own=is_own)
    except UnreadableManifestError:
        return report


def _report(
    reading: _c2pa.Reading, image: ImageFile, trust: Trust, *, is_own: bool
) -> CredentialReport:
    """Judge what the library found, and what it leaves out.

    Parameters
    ----------
    reading : Reading
        What the library says.
    image, trust
        As for `read`.
    is_own : bool
        Whether the manifest is the picture's own, rather than one from elsewhere.
    """
    active = active_findings(reading)
    trusted_labels = trusted_history(reading, trust)
    tree = ManifestTree(reading, trusted_labels)
    manifest = tree.manifest(active.label, ())
    history = tree.failures(reading.summary)

    failures = _with_exclusions(active, reading, image, is_own=is_own)
    signer = judge_signer(active, failures, manifest.signature, reading.store, trust)
    failures = (*failures, *signer.failures, *_history_failures(reading, active.label))

    meanings = [meaning(item.code) for item in failures]
    trusted = signer.vouched_by is not None and not any(item.distrusts for item in meanings)
    trusted_by = signer.vouched_by if trusted else None
    integrity = _integrity(meanings, validated=SIGNATURE_VALIDATED in active.signature)
    state = _state(meanings, integrity, trusted=trusted)
    report = CredentialReport(
        state=state,
        integrity=integrity,
        reasons=(
            *_reasons(state, integrity, failures, trusted_by),
            *_history_reasons(history),
            *_notes((*active.notes, *signer.notes)),
            *_stale_lists(trust),
        ),
        failures=failures,
        ingredient_failures=history,
        identity_failures=active.identity,
        manifest=manifest,
        signer_trusted=trusted,
        trusted_by=trusted_by,
        development=trusted_by == DEVELOPMENT,
        expired=signer.expired,
        embedded=is_own,
        **_time(signer, manifest),
    )
    standing = report.standing_as_signed
    permissions = permissions_in(tree.manifests, active.label, standing, trusted_labels)
    return dataclasses.replace(report, permissions=permissions)


def _with_exclusions(
    active: ActiveFindings, reading: _c2pa.Reading, image: ImageFile, *, is_own: bool
) -> tuple[Finding, ...]:
    """Return the failures, with one of our own if the signature leaves out more than the manifest.

    Where the library notices that by itself, it says both that the hash is right and that the
    picture was changed: that is no change of the picture.
    """
    failures = active.failures
    changed = [item for item in failures if meaning(item.code).kind == "picture"]
    right = {f"{item.code.removesuffix('mismatch')}match" for item in changed}
    holds = not changed or not right.isdisjoint(active.confirmed)
    problems = check_exclusions(image, reading.located, reading.store, holds=holds, embedded=is_own)
    if holds:
        problems += [item.detail for item in changed]
        failures = tuple(item for item in failures if item not in changed)
    if not problems:
        return failures
    excess = own_finding(EXCLUSIONS, active.label)
    return (dataclasses.replace(excess, detail="; ".join(problems)), *failures)


def _history_failures(reading: _c2pa.Reading, label: str) -> tuple[Finding, ...]:
    """Return a failure of our own if the history was changed after the picture was signed."""
    changed = any(meaning(item.code).tampering for item in delta_failures(reading.summary))
    return (own_finding(HISTORY_CHANGED, label),) if changed else ()


def _integrity(failures: Sequence[Meaning], *, validated: bool) -> Integrity:
    """Return whether a manifest holds, from what its failures mean.

    A fault of an ingredient is not this manifest's, unless it came about after the signing.
    """
    if not validated or any(item.breaks for item in failures):
        return "broken"
    return "changed" if any(item.kind == "picture" for item in failures) else "intact"


def _state(failures: Sequence[Meaning], integrity: Integrity, *, trusted: bool) -> State:
    if integrity != "intact" or not all(item.tolerated for item in failures):
        return "invalid"
    return "trusted" if trusted else "valid"


def _time(signer: JudgedSigner, manifest: ManifestReport) -> dict[str, Any]:
    """Return when the picture was signed, or else when its signer says that it was made."""
    if signer.stamp_trusted is not None:
        return {
            "time": manifest.signature.time,
            "timestamped": signer.stamp_trusted,
            "timestamp_trusted": signer.stamp_trusted,
        }
    claims = (item.when for item in manifest.actions if item.when is not None)
    return {"time": next(claims, None)}


def _reasons(
    state: State, integrity: Integrity, failures: Sequence[Finding], trusted_by: str | None
) -> tuple[str, ...]:
    sentences = list(dict.fromkeys(item.sentence for item in failures))
    if state == "trusted" and trusted_by == DEVELOPMENT:
        sentences.insert(
            0, say("Intact, and signed with a development identity that only this machine trusts.")
        )
    elif state == "trusted":
        vouched = say(
            "Intact, and signed by somebody whom a trust list vouches for ({list}).",
            list=trusted_by or "",
        )
        sentences.insert(0, vouched)
    elif integrity == "intact":
        sentences.insert(0, say("Intact since it was signed."))
        if not failures:
            sentences.append(explain(UNTRUSTED))
    return tuple(sentences)


def _history_reasons(history: Sequence[Finding]) -> tuple[str, ...]:
    found = [item.sentence for item in history if item.code != UNTRUSTED]
    return tuple(
        say("In a picture used in this one: {failure}", failure=text)
        for text in dict.fromkeys(found)
    )


def _notes(notes: Sequence[Finding]) -> tuple[str, ...]:
    found = (item.sentence for item in notes if meaning(item.code).noteworthy)
    return tuple(dict.fromkeys(found))


def _stale_lists(trust: Trust) -> tuple[str, ...]:
    return tuple(
        say(
            "The {list} in use here is stale: its next issue was due on {day}.",
            list=item.name,
            day=due.date(),
        )
        for item in trust.stale_lists()
        if (due := item.next_update) is not None
    )
