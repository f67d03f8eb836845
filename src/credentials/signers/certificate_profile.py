"""The C2PA certificate profile, rule by rule.

A signing certificate that breaks the profile makes every signature invalid, and the library that
finds out says little more than that. Here each rule is checked before the certificate is used, and
named in a sentence, with what to do about it.

The rules are those of the C2PA specification 2.x, "X.509 certificates" in the chapter on trust,
and of RFC 5280.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from indelible.credentials._der import elements, whole
from indelible.credentials.signers.chains import UNREADABLE, load_chain
from indelible.errors import CertificateError

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

__all__ = ["ProfileFinding", "check_chain", "require_profile"]

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
C2PA_CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
SIGNING_PURPOSES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING, C2PA_CLAIM_SIGNING)

_UNIQUE_IDS = (0x81, 0xA1, 0x82, 0xA2)
_PURPOSE_NAMES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
}
_SIGNATURES = (
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
    SignatureAlgorithmOID.RSASSA_PSS,
    SignatureAlgorithmOID.ED25519,
)
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.CertificatePolicies,
    x509.CRLDistributionPoints,
    x509.AuthorityInformationAccess,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
    x509.PolicyConstraints,
)


@dataclass(frozen=True, slots=True)
class ProfileFinding:
    """A rule of the profile that a certificate breaks.

    Attributes
    ----------
    rule : str
        Short name of the rule ("key-usage").
    message : str
        What is wrong, naming the certificate.
    fix : str
        What to do about it.
    fatal : bool
        False for a recommendation: signatures validate all the same.
    """

    rule: str
    message: str
    fix: str
    fatal: bool = True


def check_chain(
    chain: bytes | Sequence[x509.Certificate], *, now: dt.datetime | None = None
) -> tuple[ProfileFinding, ...]:
    """Check a signing certificate, and the intermediates after it, against the C2PA profile.

    Parameters
    ----------
    chain : bytes or sequence of x509.Certificate
        PEM, or certificates: the signing certificate first.
    now : datetime.datetime, optional
        The moment for which the validity is checked; by default the present.

    Returns
    -------
    tuple of ProfileFinding
        Empty for a certificate that keeps every rule and recommendation.

    Raises
    ------
    CertificateError
        If the chain cannot be parsed.
    """
    certificates = load_chain(chain) if isinstance(chain, bytes) else list(chain)
    if not certificates:
        raise CertificateError("the certificate chain is empty")
    moment = dt.datetime.now(dt.UTC) if now is None else now
    findings: list[ProfileFinding] = []
    try:
        for rule in _LEAF_RULES:
            findings.extend(rule(certificates[0]))
        for certificate in certificates:
            findings.extend(_validity(certificate, moment))
        findings.extend(_links(certificates))
    except UNREADABLE as error:  # an extension that cannot be decoded
        findings.append(
            ProfileFinding(
                "encoding",
                f"the certificate has a part that cannot be decoded: {error}",
                "Have it issued again.",
            )
        )
    return tuple(findings)


def require_profile(chain: bytes, *, now: dt.datetime | None = None) -> None:
    """Raise if a signing certificate breaks a rule of the profile.

    Raises
    ------
    CertificateError
        Naming every broken rule, with what to do as the hint.
    """
    if now is None:
        findings = _findings_this_minute(chain, int(time.time() // 60))
    else:
        findings = check_chain(chain, now=now)
    broken = [item for item in findings if item.fatal]
    if broken:
        what = "; ".join(f"{item.message} [{item.rule}]" for item in broken)
        raise CertificateError(
            f"the signing certificate cannot be used for Content Credentials: {what}",
            hint=" ".join(dict.fromkeys(item.fix for item in broken)),
        )


@functools.lru_cache(maxsize=64)
def _findings_this_minute(chain: bytes, _minute: int) -> tuple[ProfileFinding, ...]:
    """Spare a service that signs with one certificate from checking it for every picture."""
    return check_chain(chain)


def _version(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if certificate.version is not x509.Version.v3:
        yield ProfileFinding(
            "version", "it is not an X.509 version 3 certificate", "Have version 3 issued."
        )


def _signature_algorithm(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if certificate.signature_algorithm_oid not in _SIGNATURES:
        yield ProfileFinding(
            "signature-algorithm",
            "its issuer signed it with an algorithm that C2PA does not allow "
            f"({certificate.signature_algorithm_oid.dotted_string})",
            "Have it issued with ECDSA, RSA or RSA-PSS over SHA-256 or longer, or with Ed25519.",
        )


def _public_key(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    fix = "Make a new key: P-256, P-384, P-521, Ed25519, or RSA of 2048 bits or more."
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        yield ProfileFinding("key", "its key is of a kind that C2PA does not allow", fix)
        return
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in ("secp256r1", "secp384r1", "secp521r1"):
            message = f"its key is on the curve {key.curve.name}, which C2PA does not allow"
            yield ProfileFinding("key", message, fix)
    elif isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            yield ProfileFinding("key", f"its RSA key has only {key.key_size} bits", fix)
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        yield ProfileFinding("key", "its key is of a kind that C2PA does not allow", fix)


def _unique_ids(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if _has_unique_ids(certificate.tbs_certificate_bytes):
        yield ProfileFinding(
            "unique-ids",
            "it has an issuer or subject unique identifier, which C2PA forbids",
            "Have it issued without.",
        )


def _end_entity(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if certificate.issuer == certificate.subject:
        yield ProfileFinding(
            "self-signed",
            "it is self-signed",
            "Have an authority issue it; to try things out, use the development identity.",
        )
    basic = _extension(certificate, x509.BasicConstraints)
    if basic is not None and basic.ca:
        yield ProfileFinding(
            "end-entity",
            "it is a certificate authority (basicConstraints CA:TRUE)",
            "Sign with an end-entity certificate that the authority issued; put it first.",
        )


def _key_usage(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    fix = "Have it issued with keyUsage = critical, digitalSignature."
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None:
        yield ProfileFinding("key-usage", "it has no keyUsage", fix)
        return
    if not usage.digital_signature:
        yield ProfileFinding("key-usage", "its keyUsage lacks digitalSignature", fix)
    basic = _extension(certificate, x509.BasicConstraints)
    if usage.key_cert_sign and not (basic is not None and basic.ca):
        yield ProfileFinding(
            "key-usage", "its keyUsage has keyCertSign, which is for authorities only", fix
        )
    if not certificate.extensions.get_extension_for_class(x509.KeyUsage).critical:
        yield ProfileFinding(
            "key-usage-critical", "its keyUsage is not marked critical", fix, fatal=False
        )


def _purposes(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    fix = (
        "Have it issued with extendedKeyUsage = emailProtection, 1.3.6.1.4.1.62558.2.1 "
        "(C2PA claim signing)."
    )
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    if usage is None or not list(usage):
        yield ProfileFinding("extended-key-usage", "it has no extendedKeyUsage", fix)
        return
    purposes = set(usage)
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes:
        yield ProfileFinding(
            "extended-key-usage", "its extendedKeyUsage allows any purpose, which C2PA forbids", fix
        )
    elif purposes & {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING}:
        yield ProfileFinding(
            "extended-key-usage",
            "its extendedKeyUsage is that of a time-stamp authority or OCSP responder",
            fix,
        )
    elif not purposes.intersection(SIGNING_PURPOSES):
        names = ", ".join(sorted(_purpose_name(item) for item in purposes))
        yield ProfileFinding(
            "extended-key-usage",
            f"its extendedKeyUsage ({names}) has no purpose that may sign Content Credentials",
            fix,
        )


def _identifiers(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if _extension(certificate, x509.AuthorityKeyIdentifier) is None:
        yield ProfileFinding(
            "authority-key-identifier",
            "it has no authorityKeyIdentifier",
            "Have it issued with authorityKeyIdentifier = keyid.",
        )
    if _extension(certificate, x509.SubjectKeyIdentifier) is None:
        yield ProfileFinding(
            "subject-key-identifier",
            "it has no subjectKeyIdentifier",
            "Have it issued with subjectKeyIdentifier = hash.",
            fatal=False,
        )


def _critical_extensions(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    for extension in certificate.extensions:
        if extension.critical and not isinstance(extension.value, _UNDERSTOOD):
            yield ProfileFinding(
                "critical-extension",
                f"it has a critical extension that validators do not know "
                f"({extension.oid.dotted_string})",
                "Have it issued without that extension, or with it not critical.",
            )


def _subject(certificate: x509.Certificate) -> Iterator[ProfileFinding]:
    if not certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME):
        yield ProfileFinding(
            "organization",
            "its subject names no organisation (O), which viewers show as the signer",
            "Have it issued with an organisation.",
            fatal=False,
        )


_LEAF_RULES: tuple[Callable[[x509.Certificate], Iterator[ProfileFinding]], ...] = (
    _version,
    _signature_algorithm,
    _public_key,
    _unique_ids,
    _end_entity,
    _key_usage,
    _purposes,
    _identifiers,
    _critical_extensions,
    _subject,
)


def _validity(certificate: x509.Certificate, now: dt.datetime) -> Iterator[ProfileFinding]:
    name = certificate.subject.rfc4514_string()
    if now > certificate.not_valid_after_utc:
        yield ProfileFinding(
            "validity",
            f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}",
            "Have a new one issued. Time stamps keep signatures valid beyond this date.",
        )
    elif now < certificate.not_valid_before_utc:
        yield ProfileFinding(
            "validity",
            f"{name} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            "Wait, or check this computer's clock.",
        )


def _links(chain: Sequence[x509.Certificate]) -> Iterator[ProfileFinding]:
    """Check that each certificate was issued by the next, and that issuers may issue."""
    for child, issuer in itertools.pairwise(chain):
        name = issuer.subject.rfc4514_string()
        try:
            child.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            yield ProfileFinding(
                "chain-order",
                f"{name} did not issue the certificate before it in the chain",
                "Put the signing certificate first, then each issuer after what it issued.",
            )
        basic = _extension(issuer, x509.BasicConstraints)
        usage = _extension(issuer, x509.KeyUsage)
        if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
            yield ProfileFinding(
                "chain-authority",
                f"{name} is not a certificate authority",
                "Put only authorities after the signing certificate.",
            )
    last = chain[-1]
    if len(chain) > 1 and last.issuer == last.subject:
        yield ProfileFinding(
            "chain-root",
            "the chain includes its root, which validators do not take from a file",
            "Leave the root out.",
            fatal=False,
        )


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _purpose_name(oid: x509.ObjectIdentifier) -> str:
    return _PURPOSE_NAMES.get(oid, oid.dotted_string)


def _has_unique_ids(tbs: bytes) -> bool:
    """Whether a TBSCertificate has the fields [1] or [2], whose tags no other field has."""
    (fields,) = elements(tbs, whole(tbs))
    return any(item.tag in _UNIQUE_IDS for item in elements(tbs, fields))
