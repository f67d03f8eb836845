"""Reading: whether a picture's manifest is intact, whom it comes from, and what it says."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from indelible.credentials.manifests import _c2pa
from indelible.credentials.manifests.media_types import media_type
from indelible.credentials.manifests.report import (
    CredentialReport,
    Finding,
    Integrity,
    ManifestReport,
    Signature,
    State,
)
from indelible.credentials.manifests.revocation import responder_hosts
from indelible.credentials.manifests.signer_trust import Vouching, is_trusted_stamp, vouch
from indelible.credentials.manifests.status import (
    EXCLUSIONS,
    EXPIRED,
    HISTORY_CHANGED,
    IDENTITY_MALFORMED,
    SIGNATURE_VALIDATED,
    SIGNER_TRUSTED,
    TIME_STAMP_TRUSTED,
    TIME_STAMP_UNTRUSTED,
    TIME_STAMP_VALIDATED,
    UNTRUSTED,
    Meaning,
    explain,
    is_about_identity,
    meaning,
)
from indelible.credentials.manifests.tree import (
    ManifestTree,
    delta_failures,
    findings,
    mapping,
    mappings,
    text_of,
    trusted_manifests,
)
from indelible.credentials.store.cose import CoseSignature
from indelible.credentials.store.exclusions import check_exclusions
from indelible.credentials.store.opening import Store, signatures
from indelible.credentials.trust.trust import DEVELOPMENT, Trust
from indelible.imaging import ImageFile

__all__ = ["read"]


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
            remote_url=text_of(error.url),
        )
    except _c2pa.UnreadableManifestError as error:
        return CredentialReport(
            "unreadable",
            reasons=(f"The Content Credentials cannot be read: {text_of(str(error))}",),
        )
    report = _report(reading, data, trust, embedded=manifest_store is None)
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
        store = manifest_store or _c2pa.extract_store(data)
        hosts = responder_hosts(store, manifest_id or "")
        if not hosts:
            return None
        settings = _c2pa.Settings(trust, ocsp_hosts=hosts)
        reading = _c2pa.read(data, kind, settings, manifest_store)
    except (_c2pa.NoManifestError, _c2pa.RemoteManifestError, _c2pa.UnreadableManifestError):
        return None
    return _report(reading, data, trust, embedded=manifest_store is None)


def _report(
    reading: _c2pa.Reading, data: bytes, trust: Trust, *, embedded: bool
) -> CredentialReport:
    summary = reading.summary
    label = str(summary.get("active_manifest", ""))
    active = mapping(mapping(summary, "validation_results"), "activeManifest")
    successes = {
        finding.code: finding
        for finding in findings(active.get("success"))
        if finding.where == text_of(f"/c2pa/{label}/c2pa.signature")
    }
    found = findings(active.get("failure"))
    notes = tuple(
        item
        for item in findings(active.get("informational"))
        if not is_about_identity(item.code, item.where)
    )
    identity = _identity_failures(active, reading, label)
    failures = tuple(
        item
        for item in found
        if not is_about_identity(item.code, item.where)
        and not _is_for_garbage(item, reading, label, identity)
    )

    failures = _with_exclusions(failures, reading, data, label, active, embedded=embedded)

    signature = signatures(reading.store, label).get(label, CoseSignature())
    tree = ManifestTree(reading, _trusted_history(reading, trust))
    manifest = tree.manifest(label, ())
    time, stamped = _time_stamp(successes, manifest.signature, signature, reading.store, trust)
    when = time if time is not None and stamped else dt.datetime.now(dt.UTC)
    if TIME_STAMP_TRUSTED in successes and not stamped:
        notes = (*notes, _own(TIME_STAMP_UNTRUSTED, label))
    vouching = _vouching(successes, signature, trust, when)
    expired = _expired(failures, manifest.signature, when)
    if expired and not any(meaning(item.code).expired for item in failures):
        failures = (*failures, _own(EXPIRED, label))  # a stamp of an unknown authority hid it
    if vouching.problem is not None:
        failures = (*failures, vouching.problem)

    if any(meaning(item.code).tampering for item in delta_failures(summary)):
        failures = (*failures, _own(HISTORY_CHANGED, label))

    meanings = [meaning(item.code) for item in failures]
    trusted = vouching.by is not None and not any(item.distrusts for item in meanings)
    integrity = _integrity(meanings, validated=SIGNATURE_VALIDATED in successes)
    state: State = "trusted" if trusted else "valid"
    if integrity != "intact" or not all(item.tolerated for item in meanings):
        state = "invalid"
    trusted_by = vouching.by if trusted else None
    history = tree.failures(summary)
    return CredentialReport(
        state=state,
        integrity=integrity,
        reasons=(
            *_reasons(state, integrity, failures, trusted_by),
            *_history_reasons(history),
            *dict.fromkeys(item.sentence for item in notes if meaning(item.code).noteworthy),
            *(
                f"The {item.name} in use here is stale: its next issue was due on "
                f"{item.next_update:%Y-%m-%d}."
                for item in trust.stale_lists()
            ),
        ),
        failures=failures,
        ingredient_failures=history,
        identity_failures=identity,
        manifest=manifest,
        signer_trusted=trusted,
        trusted_by=trusted_by,
        development=trusted_by == DEVELOPMENT,
        expired=expired,
        time=manifest.signature.time if time is not None else _claimed_time(manifest),
        timestamped=stamped,
        timestamp_trusted=None if time is None else stamped,
        embedded=embedded,
    )


def _with_exclusions(
    failures: tuple[Finding, ...],
    reading: _c2pa.Reading,
    data: bytes,
    label: str,
    active: Mapping[str, Any],
    *,
    embedded: bool,
) -> tuple[Finding, ...]:
    """Return the failures, with one of our own if the signature leaves out more than the manifest.

    Where the library notices that by itself, it says both that the hash is right and that the
    picture was changed: that is no change of the picture.
    """
    changed = [item for item in failures if meaning(item.code).kind == "picture"]
    right = {f"{item.code.removesuffix('mismatch')}match" for item in changed}
    told = {item.code for item in findings(active.get("success"))}
    holds = not changed or not right.isdisjoint(told)
    problems = check_exclusions(
        ImageFile(data), reading.found, reading.store, holds=holds, embedded=embedded
    )
    if holds:
        problems += [item.detail for item in changed]
        failures = tuple(item for item in failures if item not in changed)
    if not problems:
        return failures
    excess = dataclasses.replace(_own(EXCLUSIONS, label), detail="; ".join(problems))
    return (excess, *failures)


def _integrity(failures: Sequence[Meaning], *, validated: bool) -> Integrity:
    """Return whether a manifest holds, from what its failures mean.

    A fault of an ingredient is not this manifest's, unless it came about after the signing.
    """
    if not validated or any(item.breaks for item in failures):
        return "broken"
    return "changed" if any(item.kind == "picture" for item in failures) else "intact"


def _identity_failures(
    active: Mapping[str, Any], reading: _c2pa.Reading, label: str
) -> tuple[Finding, ...]:
    """Return what is wrong with identity assertions.

    The library calls a part of that a note, and does not tell of an assertion that is garbage.
    """
    told = (*findings(active.get("failure")), *findings(active.get("informational")))
    found = [item for item in told if is_about_identity(item.code, item.where)]
    complete = mappings(reading.complete.get("manifests"))
    assertions = next(
        (mapping(item, "assertions") for item in complete if item.get("label") == label), {}
    )
    for name, content in assertions.items():
        if name.partition("__")[0] == "cawg.identity" and not _is_identity(content):
            garbage = _own(IDENTITY_MALFORMED, label, f"c2pa.assertions/{name}")
            if all(item.where != garbage.where for item in found):
                found.append(garbage)
    return tuple(found)


def _is_identity(content: object) -> bool:
    """Whether an identity assertion has the parts that it must have (CAWG identity 1.1, 5.2)."""
    if not isinstance(content, Mapping):
        return False
    payload = mapping(content, "signer_payload")
    return (
        isinstance(payload.get("sig_type"), str)
        and isinstance(payload.get("referenced_assertions"), list)
        and content.get("signature") is not None
    )


def _is_for_garbage(
    failure: Finding, reading: _c2pa.Reading, label: str, identity: Iterable[Finding]
) -> bool:
    """Whether a failure is only that the library gave up on a garbage identity assertion.

    It then leaves the whole manifest out of its summary, and blames the manifest itself.
    """
    return (
        failure.where in (f"/c2pa/{label}", label)
        and label not in mapping(reading.summary, "manifests")
        and any(item.code == IDENTITY_MALFORMED for item in identity)
    )


def _own(code: str, label: str, part: str = "c2pa.signature") -> Finding:
    return Finding(code, explain(code), text_of(f"/c2pa/{label}/{part}") or "")


def _trusted_history(reading: _c2pa.Reading, trust: Trust) -> set[str]:
    """Return the manifests in the history whose signers are trusted by our own checks, too.

    What was time-stamped and has expired since counts as not trusted: an ingredient's time stamp is
    not looked at.
    """
    labels = trusted_manifests(reading.summary)
    if not labels:
        return set()
    known = signatures(reading.store)
    now = dt.datetime.now(dt.UTC)
    chains = {label: known.get(label, CoseSignature()).chain for label in labels}
    trusted = {  # each chain is judged once: a history may have thousands of manifests
        chain
        for chain in set(chains.values())
        if vouch(chain, trust, now).by is not None
        and chain[0].not_valid_before_utc <= now <= chain[0].not_valid_after_utc
    }
    return {label for label, chain in chains.items() if chain in trusted}


def _time_stamp(
    successes: Mapping[str, Finding],
    said: Signature,
    signature: CoseSignature,
    store: Store,
    trust: Trust,
) -> tuple[dt.datetime | None, bool]:
    """Return the time of an intact time stamp, if there is one, and whether to believe it.

    Where the store has time stamps outside of the signatures, too, it is not known which one the
    library looked at, and none is believed.
    """
    time = _moment(said.time) if TIME_STAMP_VALIDATED in successes else None
    if time is None or TIME_STAMP_TRUSTED not in successes:
        return time, False
    labels = (label for manifest in store.manifests for label, _ in manifest.assertions)
    if any(label.startswith("c2pa.time-stamp") for label in labels):
        return time, False
    return time, is_trusted_stamp(signature.time_stamp, time, trust)


def _vouching(
    successes: Mapping[str, Finding], signature: CoseSignature, trust: Trust, when: dt.datetime
) -> Vouching:
    """Return which trust list vouches for the active manifest's signer, if one does.

    The library's own ``trustListUri`` may be that of an ingredient's signer, so it is not used.
    """
    trusted = successes.get(SIGNER_TRUSTED)
    # The library judges a certificate by itself: beside a signature that does not fit, it only says
    # that somebody put a good certificate there.
    if trusted is None or SIGNATURE_VALIDATED not in successes:
        return Vouching()
    named = trust.voucher(trusted.detail)
    if named is None:  # vouched for by a list of time-stamp authorities only
        return Vouching()
    return vouch(signature.chain, trust, when, named=named, where=trusted.where)


def _expired(failures: Sequence[Finding], said: Signature, when: dt.datetime) -> bool:
    """Whether the certificate had expired at a moment. One that is not valid *yet* had not."""
    start, end = _moment(said.not_before), _moment(said.not_after)
    if start is not None and when < start:
        return False
    if end is not None and when > end:
        return True
    return any(meaning(item.code).expired for item in failures)


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _reasons(
    state: State, integrity: Integrity, failures: Sequence[Finding], trusted_by: str | None
) -> tuple[str, ...]:
    sentences = list(dict.fromkeys(item.sentence for item in failures))
    if state == "trusted" and trusted_by == DEVELOPMENT:
        sentences.insert(
            0, "Intact, and signed with a development identity that only this machine trusts."
        )
    elif state == "trusted":
        who = f"somebody whom a trust list vouches for ({trusted_by})"
        sentences.insert(0, f"Intact, and signed by {who}.")
    elif integrity == "intact":
        sentences.insert(0, "Intact since it was signed.")
        if not failures:
            sentences.append(explain(UNTRUSTED))
    return tuple(sentences)


def _history_reasons(history: Sequence[Finding]) -> tuple[str, ...]:
    found = [item.sentence for item in history if item.code != UNTRUSTED]
    return tuple(f"In a picture used in this one: {text}" for text in dict.fromkeys(found))


def _claimed_time(manifest: ManifestReport) -> str | None:
    return next((item.when for item in manifest.actions if item.when is not None), None)
