"""Certificates for people: inspect a chain, and ask an authority for a certificate."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from indelible.credentials.signers.algorithms import check_algorithm
from indelible.credentials.signers.certificate_profile import (
    C2PA_CLAIM_SIGNING,
    ProfileFinding,
    check_chain,
)
from indelible.credentials.signers.chains import UNREADABLE, load_chain
from indelible.credentials.signers.private_keys import (
    Passphrase,
    PrivateKey,
    hidden,
    load_private_key,
)
from indelible.errors import CertificateError, OutputError, OutputExistsError
from indelible.files import stage, write_new_private_file
from indelible.secret import Secret

__all__ = [
    "CertificateReport",
    "CertificateRequest",
    "create_request",
    "describe_certificate",
    "generate_private_key",
    "inspect_chain",
    "write_request",
]

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "es256": ec.SECP256R1,
    "es384": ec.SECP384R1,
    "es512": ec.SECP521R1,
}


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """One certificate of a chain, for people.

    Attributes
    ----------
    subject, issuer : str
        Distinguished names, RFC 4514.
    serial, sha256 : str
        Serial number and fingerprint, in hexadecimal.
    not_before, not_after : str
        Validity, ISO 8601.
    key : str
        Kind and size of the key ("EC secp256r1").
    purposes : tuple of str
        Extended key usages, as object identifiers.
    authority : bool
        Whether it may issue certificates.
    pem : str
        The certificate itself.
    """

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: str
    not_after: str
    key: str
    purposes: tuple[str, ...]
    authority: bool
    pem: str


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A new private key, and the request with which an authority issues its certificate.

    Attributes
    ----------
    key : Secret
        The private key in PEM; its representation shows nothing.
    request_pem : bytes
        The request.
    """

    key: Secret
    request_pem: bytes


def inspect_chain(
    pem: bytes, *, now: dt.datetime | None = None
) -> tuple[tuple[CertificateReport, ...], tuple[ProfileFinding, ...]]:
    """Return what a chain's certificates say, and which rules of the C2PA profile they break.

    Raises
    ------
    CertificateError
        If the chain cannot be parsed.
    """
    chain = load_chain(pem)
    return tuple(describe_certificate(item) for item in chain), check_chain(chain, now=now)


def describe_certificate(certificate: x509.Certificate) -> CertificateReport:
    """Return what one certificate says."""
    purposes: tuple[str, ...] = ()
    authority = False
    for extension in _extensions(certificate):
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            purposes = tuple(item.dotted_string for item in extension.value)
        elif isinstance(extension.value, x509.BasicConstraints):
            authority = extension.value.ca
    return CertificateReport(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc.isoformat(),
        not_after=certificate.not_valid_after_utc.isoformat(),
        key=_key_name(certificate),
        purposes=purposes,
        authority=authority,
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
    )


def generate_private_key(algorithm: str = "es256") -> PrivateKey:
    """Return a new private key for a C2PA algorithm (RSA: 3072 bits).

    Raises
    ------
    SigningError
        If `algorithm` is none of C2PA's.
    """
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm]())
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    check_algorithm(algorithm)
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def create_request(
    *,
    common_name: str,
    organization: str,
    country: str | None = None,
    algorithm: str = "es256",
    key_pem: bytes | Secret | None = None,
    passphrase: Passphrase | None = None,
) -> CertificateRequest:
    """Make a certificate signing request that fits the C2PA profile.

    Parameters
    ----------
    common_name, organization : str
        Whom the certificate is to name. Viewers show the organisation as the signer.
    country : str, optional
        Two-letter code.
    algorithm : str
        For which to make the key, if `key_pem` is not given.
    key_pem : bytes, optional
        An existing private key to use.
    passphrase : str, bytes or callable, optional
        Opens `key_pem`, or encrypts the new key.

    Raises
    ------
    CertificateError
        If a name is not allowed in a certificate.
    SigningError
        If the key cannot be used.
    """
    passphrase = hidden(passphrase)
    pem = None if key_pem is None else Secret(key_pem)
    del key_pem  # an error's report would show it
    if pem is None:
        key = generate_private_key(algorithm)
        pem = _encode_key(key, passphrase)
    else:
        key = load_private_key(pem, passphrase=passphrase)
    try:
        names = [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        ]
        if country is not None:
            names.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    except (ValueError, TypeError) as error:
        raise CertificateError(f"the certificate cannot bear this name: {error}") from error
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(names))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNING_USAGE, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, C2PA_CLAIM_SIGNING]),
            critical=False,
        )
    )
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else _digest(key)
    request = builder.sign(key, digest)
    return CertificateRequest(pem, request.public_bytes(serialization.Encoding.PEM))


def write_request(
    request: CertificateRequest,
    *,
    key_path: str | os.PathLike[str],
    request_path: str | os.PathLike[str],
) -> None:
    """Write a request and its key, the key for its owner only; existing files are not touched.

    Raises
    ------
    OutputExistsError
        If one of the files exists.
    CertificateError
        If they cannot be written.
    """
    key_file = Path(key_path)
    try:
        # The request waits beside its place, so that a key is not left without its request.
        with stage(request_path, request.request_pem) as staged:
            write_new_private_file(key_file, request.key.reveal)
            staged.publish()
    except FileExistsError as error:
        raise OutputExistsError(
            f"'{key_file}' exists already.", hint="Choose another name."
        ) from error
    except OutputExistsError as error:
        raise OutputExistsError(error.message, hint="Choose another name.") from error
    except OutputError as error:
        raise CertificateError(error.message, hint=error.hint) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise CertificateError(f"'{key_file}' cannot be written: {cause}") from error


_SIGNING_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _digest(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size > 256:
        return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA512()
    return hashes.SHA256()


def _encode_key(key: PrivateKey, passphrase: Passphrase | None) -> Secret:
    secret = passphrase() if callable(passphrase) else passphrase
    secret = Secret(secret or b"")
    encryption: Any = serialization.NoEncryption()
    if len(secret):
        encryption = serialization.BestAvailableEncryption(secret.reveal())
    return Secret(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )


def _extensions(certificate: x509.Certificate) -> tuple[x509.Extension[x509.ExtensionType], ...]:
    try:
        return tuple(certificate.extensions)
    except UNREADABLE:  # one that cannot be decoded; the profile check says so
        return ()


def _key_name(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return "unknown"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else type(key).__name__
