"""Whether to believe who signed, and who stamped the time: what the C2PA library leaves out.

The library says that a certificate leads to an anchor. Here it is asked whether it may: see
`paths`. A pinned signer is trusted whoever issued the certificate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from indelible.credentials.manifests.report import Finding
from indelible.credentials.manifests.status import SIGNER_PATH, SIGNER_USAGE, explain
from indelible.credentials.signers.certificate_profile import SIGNING_PURPOSES
from indelible.credentials.signers.chains import load_chain
from indelible.credentials.trust.paths import path_problem, purpose_problem, stamping_problem
from indelible.credentials.trust.time_stamps import stamping_chain
from indelible.credentials.trust.trust import PINNED, Trust

__all__ = ["Vouching", "is_trusted_stamp", "vouch"]

_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)


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
