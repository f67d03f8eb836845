"""Whether to believe who signed, and who stamped the time: what the C2PA library leaves out.

The library says that a certificate leads to an anchor. Here it is asked whether it may: see
`paths`. A pinned signer is trusted whoever issued the certificate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from indelible.credentials.manifests._c2pa import Reading
from indelible.credentials.manifests.findings import (
    ActiveFindings,
    own_finding,
    trusted_manifests,
)
from indelible.credentials.manifests.manifest_report import Finding, Signature
from indelible.credentials.manifests.status import (
    EXPIRED,
    SIGNATURE_VALIDATED,
    SIGNER_PATH,
    SIGNER_TRUSTED,
    SIGNER_USAGE,
    TIME_STAMP_TRUSTED,
    TIME_STAMP_UNTRUSTED,
    TIME_STAMP_VALIDATED,
    explain,
    meaning,
)
from indelible.credentials.signers.certificate_profile import SIGNING_PURPOSES
from indelible.credentials.signers.chains import load_chain
from indelible.credentials.store.cose import CoseSignature
from indelible.credentials.store.opening import Store, signatures
from indelible.credentials.trust.paths import path_problem, purpose_problem, stamping_problem
from indelible.credentials.trust.time_stamps import stamping_chain
from indelible.credentials.trust.trust import PINNED, Trust

__all__ = [
    "JudgedSigner",
    "Vouching",
    "is_trusted_stamp",
    "judge_signer",
    "trusted_history",
    "vouch",
]

_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True, slots=True)
class JudgedSigner:
    """What there is to say about the active manifest's signer.

    Attributes
    ----------
    vouched_by : str or None
        Name of the trust list that vouches for the signer, whatever else fails.
    stamp_trusted : bool or None
        Whether the intact time stamp is of a trusted authority; None without one.
    expired : bool
        Whether the certificate had expired when it signed, as far as that is known.
    failures, notes : tuple of Finding
        What the library leaves out.
    """

    vouched_by: str | None
    stamp_trusted: bool | None
    expired: bool
    failures: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def judge_signer(
    active: ActiveFindings,
    failures: Sequence[Finding],
    said: Signature,
    store: Store,
    trust: Trust,
) -> JudgedSigner:
    """Judge the active manifest's signer, and the time stamp that says when it was signed.

    Parameters
    ----------
    active : ActiveFindings
        What the library found.
    failures : sequence of Finding
        What fails so far.
    said : Signature
        What the library says about the signature.
    store : Store
        The manifest store, from which the certificates are taken.
    trust : Trust
        The lists to go by.
    """
    signature = signatures(store, active.label).get(active.label, CoseSignature())
    time, believed = _time_stamp(active.signature, said, signature, store, trust)
    when = time if time is not None and believed else dt.datetime.now(dt.UTC)
    notes: list[Finding] = []
    if TIME_STAMP_TRUSTED in active.signature and not believed:
        notes.append(own_finding(TIME_STAMP_UNTRUSTED, active.label))
    vouching = _vouching(active.signature, signature, trust, when)
    expired = _expired(failures, said, when)
    found: list[Finding] = []
    if expired and not any(meaning(item.code).expired for item in failures):
        # The library took the time from a stamp of an unknown authority.
        found.append(own_finding(EXPIRED, active.label))
    if vouching.problem is not None:
        found.append(vouching.problem)
    stamp_trusted = None if time is None else believed
    return JudgedSigner(vouching.by, stamp_trusted, expired, tuple(found), tuple(notes))


def trusted_history(reading: Reading, trust: Trust) -> set[str]:
    """Return the labels of manifests in the history whose signers pass our own checks, too.

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
    right: Mapping[str, Finding],
    said: Signature,
    signature: CoseSignature,
    store: Store,
    trust: Trust,
) -> tuple[dt.datetime | None, bool]:
    """Return the time of an intact time stamp, if there is one, and whether to believe it.

    Where the store has time stamps outside of the signatures, too, it is not known which one the
    library looked at, and none is believed.
    """
    time = _moment(said.time) if TIME_STAMP_VALIDATED in right else None
    if time is None or TIME_STAMP_TRUSTED not in right:
        return time, False
    labels = (label for manifest in store.manifests for label, _ in manifest.assertions)
    if any(label.startswith("c2pa.time-stamp") for label in labels):
        return time, False
    return time, is_trusted_stamp(signature.time_stamp, time, trust)


def _vouching(
    right: Mapping[str, Finding], signature: CoseSignature, trust: Trust, when: dt.datetime
) -> Vouching:
    """Return which trust list vouches for the active manifest's signer, if one does.

    The library's own ``trustListUri`` may be that of an ingredient's signer, so it is not used.
    """
    trusted = right.get(SIGNER_TRUSTED)
    # The library judges a certificate by itself: beside a signature that does not fit, it only says
    # that somebody put a good certificate there.
    if trusted is None or SIGNATURE_VALIDATED not in right:
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


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who vouches for a signer, or why nobody does.

    Attributes
    ----------
    by : str or None
        Name of the trust list.
    problem : Finding or None
        Why nobody does.
    """

    by: str | None = None
    problem: Finding | None = None


def vouch(
    chain: Sequence[x509.Certificate],
    trust: Trust,
    when: dt.datetime,
    *,
    named: str | None = None,
    where: str = "",
) -> Vouching:
    """Judge a signing certificate that the library has found to lead to an anchor.

    Parameters
    ----------
    chain : sequence of x509.Certificate
        The signing certificate, and the intermediates that came with it.
    trust : Trust
        The lists to go by, in order.
    when : datetime.datetime
        When it was signed, as far as that is known for sure; else the present.
    named : str, optional
        Name of the list that the library found, which is tried first.
    where : str
        For the finding: the signature's place.
    """
    if not chain:
        return Vouching(problem=_finding(SIGNER_PATH, "its chain cannot be read", where))
    usage = purpose_problem(chain[0])
    if usage is not None:
        return Vouching(problem=_finding(SIGNER_USAGE, usage, where))
    if named == PINNED or (named is None and _is_pinned(chain[0], trust)):
        return Vouching(by=PINNED)
    lists = [item for item in trust.lists if item.kind == "manifest"]
    lists.sort(key=lambda item: item.name != named)
    first: str | None = None
    for item in lists:
        problem = path_problem(chain, item.pem, when, SIGNING_PURPOSES)
        if problem is None:
            return Vouching(by=item.name)
        first = first or problem
    return Vouching(problem=_finding(SIGNER_PATH, first or "no list is in use", where))


def is_trusted_stamp(token: bytes | None, when: dt.datetime, trust: Trust) -> bool:
    """Whether a list of time-stamp authorities vouches for who made a time stamp.

    Parameters
    ----------
    token : bytes or None
        The token, which the library has found to fit the signature.
    when : datetime.datetime
        The time that it says.
    trust : Trust
        Its lists for time stamps are the ones that count.
    """
    chain = () if token is None else stamping_chain(token)
    if not chain or stamping_problem(chain[0]) is not None:
        return False
    if not chain[0].not_valid_before_utc <= when <= chain[0].not_valid_after_utc:
        return False
    lists = (item.pem for item in trust.lists if item.kind == "tsa")
    return any(path_problem(chain, pem, when, _STAMPING) is None for pem in lists)


def _is_pinned(certificate: x509.Certificate, trust: Trust) -> bool:
    return certificate in _certificates(trust.pinned)


def _certificates(texts: Iterable[str]) -> list[x509.Certificate]:
    return [certificate for text in texts for certificate in load_chain(text.encode())]


def _finding(code: str, problem: str, where: str) -> Finding:
    return Finding(code, f"{explain(code).removesuffix('.')}: {problem}.", where, problem)
