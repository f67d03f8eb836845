"""A certificate authority for tests: issues good certificates, and ones that break one rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from indelible.credentials.signers.certificate_profile import C2PA_CLAIM_SIGNING
from indelible.credentials.signers.private_keys import PrivateKey

CLAIM_SIGNING = (ExtendedKeyUsageOID.EMAIL_PROTECTION, C2PA_CLAIM_SIGNING)
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)


def key_pem(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase)
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def name(common_name: str, organization: str | None = "Test") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def key_usage(*, sign: bool = False, issue: bool = False, agree: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=agree,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Leaf:
    """What a certificate is to be; each field can be set to break one rule."""

    subject: x509.Name = field(default_factory=lambda: name("Test signer"))
    start: dt.datetime = NOW - DAY
    end: dt.datetime = NOW + 365 * DAY
    usage: x509.KeyUsage | None = field(default_factory=lambda: key_usage(sign=True))
    usage_critical: bool = True
    purposes: Sequence[x509.ObjectIdentifier] = CLAIM_SIGNING
    authority: bool = False
    with_authority_key: bool = True
    with_subject_key: bool = True
    extra: x509.Extension[x509.ExtensionType] | None = None
    digest: hashes.HashAlgorithm | None = field(default_factory=hashes.SHA256)


class Authority:
    """A certificate authority with its key in memory."""

    def __init__(
        self,
        common_name: str = "Test CA",
        *,
        issuer: Authority | None = None,
        path_length: int | None = None,
        is_authority: bool | None = True,  # None: it does not say
        issues: bool = True,
        end: dt.datetime = NOW + 3650 * DAY,
        extra: Sequence[x509.Extension[x509.ExtensionType]] = (),
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name(common_name)
        signer = self if issuer is None else issuer
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(end)
            .add_extension(key_usage(issue=issues, sign=not issues), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
            )
        )
        if is_authority is not None:
            builder = builder.add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=path_length), critical=True
            )
        if issuer is not None:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
                critical=False,
            )
        for extension in extra:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return pem(self.certificate)

    def issue(
        self, key: PrivateKey, leaf: Leaf | None = None, *, critical_purposes: bool = False
    ) -> x509.Certificate:
        leaf = Leaf() if leaf is None else leaf
        public = key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(leaf.subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(leaf.start)
            .not_valid_after(leaf.end)
            .add_extension(
                x509.BasicConstraints(ca=leaf.authority, path_length=None), critical=True
            )
        )
        if leaf.usage is not None:
            builder = builder.add_extension(leaf.usage, critical=leaf.usage_critical)
        if leaf.purposes:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(leaf.purposes), critical=critical_purposes
            )
        if leaf.with_authority_key:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        if leaf.with_subject_key:
            builder = builder.add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public), critical=False
            )
        if leaf.extra is not None:
            builder = builder.add_extension(leaf.extra.value, critical=leaf.extra.critical)
        return builder.sign(self.key, leaf.digest)  # type: ignore[arg-type]


def new_key(algorithm: str = "es256") -> PrivateKey:
    """Return a key for a C2PA algorithm; RSA keys are short, to be quick."""
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("ps"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curves = {"es256": ec.SECP256R1(), "es384": ec.SECP384R1(), "es512": ec.SECP521R1()}
    return ec.generate_private_key(curves[algorithm])


@contextmanager
def freeze(moment: dt.datetime) -> Iterator[None]:
    """Let our own checks, not the library's, live at another time."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(moment.timestamp(), tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indelible.credentials.manifests.signer_trust.dt.datetime", Clock)
        yield
