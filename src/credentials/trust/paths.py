"""Certification paths (RFC 5280, section 6): whether an authority may have issued a certificate.

The C2PA library checks signatures along a chain up to an anchor. It leaves out whether those in
between are authorities at all, how long the path may be, for which names and purposes they may
issue, and what a critical extension that nobody knows forbids. This is checked here.

Certificate policies are not: nobody in C2PA asks for one.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from indelible.credentials.signers.certificate_profile import SIGNING_PURPOSES
from indelible.credentials.signers.chains import UNREADABLE, load_chain
from indelible.credentials.trust.name_constraints import forbidden_name

__all__ = ["path_problem", "purpose_problem", "stamping_problem"]

_MAX_LENGTH: Final = 8
_MAX_SIGNATURES: Final = 64  # checks of one signature each, over all paths that are tried
_UNDERSTOOD: Final = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.CertificatePolicies,
    x509.PolicyConstraints,
    x509.InhibitAnyPolicy,
    x509.CRLDistributionPoints,
    x509.AuthorityInformationAccess,
    x509.SubjectInformationAccess,
    x509.SubjectAlternativeName,
    x509.IssuerAlternativeName,
    x509.NameConstraints,
)


def purpose_problem(certificate: x509.Certificate) -> str | None:
    """Return why a certificate may not sign claims; None if it may.

    One that is for time stamps or OCSP answers may not, whatever else it is for.
    """
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "it has no extended key usage"
    except UNREADABLE:
        return "it has a part that cannot be decoded"
    purposes = set(usage)
    if purposes & {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING}:
        return "it is that of a time-stamp authority or OCSP responder"
    if not purposes.intersection(SIGNING_PURPOSES):
        return "its extended key usage is another"
    return None


def stamping_problem(certificate: x509.Certificate) -> str | None:
    """Return why a certificate may not make time stamps (RFC 3161, 2.3); None if it may."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return "it is not that of a time-stamp authority"
    if set(usage.value) != {ExtendedKeyUsageOID.TIME_STAMPING}:
        return "it is not that of a time-stamp authority alone"
    return None


def path_problem(
    chain: Sequence[x509.Certificate],
    anchors_pem: str,
    when: dt.datetime,
    purposes: Collection[x509.ObjectIdentifier],
) -> str | None:
    """Return why no anchor vouches for a certificate; None if one does.

    Parameters
    ----------
    chain : sequence of x509.Certificate
        The certificate, and those from which a path may be built, in any order.
    anchors_pem : str
        The authorities that are trusted.
    when : datetime.datetime
        The moment at which every intermediate must have been valid.
    purposes : collection of x509.ObjectIdentifier
        One of them must be allowed by every intermediate that is limited to purposes.

    Returns
    -------
    str or None
        What is wrong with the first path that leads to an anchor, for people.
    """
    if not chain:
        return "its chain cannot be read"
    search = _Search(chain[1:], anchors_pem, when, purposes)
    try:
        return search.problem((chain[0],))
    except UNREADABLE:
        return "its chain has a part that cannot be decoded"


class _Search:
    """A search for one good path, from the certificate up, that ends after so many signatures."""

    def __init__(
        self,
        pool: Sequence[x509.Certificate],
        anchors_pem: str,
        when: dt.datetime,
        purposes: Collection[x509.ObjectIdentifier],
    ) -> None:
        self._pool = pool
        self._anchors_pem = anchors_pem
        self._when = when
        self._purposes = purposes
        self._left = _MAX_SIGNATURES

    def problem(self, path: tuple[x509.Certificate, ...]) -> str | None:
        """Return None if some way up from here is good, else what is wrong with the first one."""
        first: str | None = None
        for anchor in _anchors(self._anchors_pem).get(path[-1].issuer, ()):
            if self._issued(path[-1], anchor):
                wrong = self._judge(path, anchor)
                if wrong is None:
                    return None
                first = first or wrong
        if len(path) < _MAX_LENGTH:
            for issuer in self._pool:
                if issuer.subject == path[-1].issuer and issuer not in path:
                    if not self._issued(path[-1], issuer):
                        continue
                    wrong = self.problem((*path, issuer))
                    if wrong is None:
                        return None
                    first = first or wrong
        return first or "its chain leads to no authority on the list"

    def _issued(self, child: x509.Certificate, issuer: x509.Certificate) -> bool:
        self._left -= 1
        if self._left < 0:
            return False
        try:
            child.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def _judge(self, path: tuple[x509.Certificate, ...], anchor: x509.Certificate) -> str | None:
        """Return what is wrong with a complete path, the certificate first."""
        below = 0  # authorities between, which count against a limit of the path's length
        for position, certificate in enumerate((*path, anchor)):
            name = certificate.subject.rfc4514_string()
            if position > 0:
                wrong = _authority_problem(certificate, below, anchor=certificate is anchor)
                if wrong is not None:
                    return f"{name} {wrong}"
                if certificate.subject != certificate.issuer:
                    below += 1
                for lower, subject in enumerate(path[:position]):
                    if lower > 0 and subject.subject == subject.issuer:
                        continue  # an authority's own change of key
                    forbidden = forbidden_name(subject, certificate)
                    if forbidden is not None:
                        return f"{name} may not vouch for the name {forbidden}"
            if certificate is anchor:
                continue
            if position > 0 and not self._valid(certificate):
                return f"{name} was not valid then"
            if position > 0 and not self._for_purpose(certificate):
                return f"{name} is an authority for other purposes"
            unknown = _unknown_extension(certificate)
            if unknown is not None:
                return f"{name} has a critical extension that nobody knows ({unknown})"
        return None

    def _valid(self, certificate: x509.Certificate) -> bool:
        return certificate.not_valid_before_utc <= self._when <= certificate.not_valid_after_utc

    def _for_purpose(self, certificate: x509.Certificate) -> bool:
        try:
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            return True
        allowed = {*self._purposes, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
        return bool(allowed.intersection(usage))


def _authority_problem(certificate: x509.Certificate, below: int, *, anchor: bool) -> str | None:
    """Return why a certificate may not have issued another; an anchor may be a bare one."""
    extensions = certificate.extensions
    try:
        basic = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None if anchor else "is not a certificate authority"
    if not basic.ca:
        return "is not a certificate authority"
    if basic.path_length is not None and below > basic.path_length:
        return "may not stand above so many other authorities"
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return None if usage.key_cert_sign else "may not issue certificates"


def _unknown_extension(certificate: x509.Certificate) -> str | None:
    return next(
        (
            extension.oid.dotted_string
            for extension in certificate.extensions
            if extension.critical and not isinstance(extension.value, _UNDERSTOOD)
        ),
        None,
    )


@functools.lru_cache(maxsize=64)
def _anchors(pem: str) -> dict[x509.Name, tuple[x509.Certificate, ...]]:
    """Return the authorities of a list by name."""
    found: dict[x509.Name, tuple[x509.Certificate, ...]] = {}
    for certificate in load_chain(pem.encode()):
        found[certificate.subject] = (*found.get(certificate.subject, ()), certificate)
    return found
