"""The development identity: a small certificate authority and a signing certificate of one's own.

It lets a newcomer sign before owning a certificate that the world trusts. Its authority is an
anchor on this machine only, and every report about its signatures says so.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from indelible.credentials.signers.certificate_profile import C2PA_CLAIM_SIGNING
from indelible.credentials.signers.chains import DEVELOPMENT_ORGANIZATION, load_chain
from indelible.credentials.signers.pem_signer import PemSigner
from indelible.credentials.trust.trust import Trust
from indelible.errors import CertificateError, IdentityError, SigningError
from indelible.files import (
    make_private_folder,
    read_file,
    read_private_file,
    write_new_private_file,
)
from indelible.secret import Secret

__all__ = [
    "DevelopmentIdentity",
    "create_identity",
    "load_identity",
    "load_or_create_identity",
]

AUTHORITY_FILE = "development-ca.pem"
CHAIN_FILE = "development-chain.pem"
KEY_FILE = "development-key.pem"

_MAX_FILE_BYTES = 1 << 20
_AUTHORITY_YEARS = 10
_LEAF_YEARS = 5


@dataclass(frozen=True, slots=True)
class DevelopmentIdentity:
    """A loaded development identity.

    Attributes
    ----------
    folder : pathlib.Path
        Where it lives.
    authority_pem : bytes
        The development authority's certificate.
    signer : PemSigner
        Signs with the development certificate.
    expires : datetime.datetime
        When the signing certificate expires.
    """

    folder: Path
    authority_pem: bytes = field(repr=False)
    signer: PemSigner = field(repr=False)
    expires: dt.datetime

    @property
    def files(self) -> dict[str, Path]:
        """Its files: ``authority``, ``certificate`` (with its chain) and ``private_key``."""
        return {
            "authority": self.folder / AUTHORITY_FILE,
            "certificate": self.folder / CHAIN_FILE,
            "private_key": self.folder / KEY_FILE,
        }

    def trust(self, base: Trust | None = None) -> Trust:
        """Return `base` (by default the official lists) with this identity's authority added."""
        return (Trust.official() if base is None else base).with_development(self.authority_pem)


def load_or_create_identity(folder: str | os.PathLike[str]) -> tuple[DevelopmentIdentity, bool]:
    """Return the identity in `folder`, and whether it was created just now.

    Several processes may call this at once on an empty folder: one identity results, and all get
    that one.

    Raises
    ------
    IdentityError
        If it cannot be created, or what is there cannot be used.
    """
    if Path(folder).exists():
        return load_identity(folder), False
    try:
        return create_identity(folder), True
    except IdentityError:
        if Path(folder).exists():  # another process was faster
            return load_identity(folder), False
        raise


def create_identity(
    folder: str | os.PathLike[str], *, now: dt.datetime | None = None
) -> DevelopmentIdentity:
    """Create a development identity in `folder`, which must not exist yet.

    The files appear all at once, readable by their owner only.

    Parameters
    ----------
    folder : path
        For example ``<user's config folder>/identity``.
    now : datetime.datetime, optional
        Start of the certificates' validity, for tests.

    Raises
    ------
    IdentityError
        If the folder exists, or cannot be written.
    """
    target = Path(folder)
    start = dt.datetime.now(dt.UTC) if now is None else now
    authority_pem, chain_pem, key_pem = _make_certificates(start)
    staging = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        make_private_folder(target.parent)
        make_private_folder(staging)
        try:
            write_new_private_file(staging / AUTHORITY_FILE, lambda: authority_pem)
            write_new_private_file(staging / CHAIN_FILE, lambda: chain_pem)
            write_new_private_file(staging / KEY_FILE, key_pem.reveal)
            # Renaming onto a folder that has files fails: of two processes the slower one loses.
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        if target.exists():
            raise IdentityError(
                f"there is already something at {target}",
                hint="Load that identity, or move it away to make a new one.",
            ) from error
        raise IdentityError(
            f"the development identity cannot be written to {target}: {error.strerror}",
            hint="Make the folder writable, or set another configuration folder.",
        ) from error
    return load_identity(target)


def load_identity(
    folder: str | os.PathLike[str], *, now: dt.datetime | None = None
) -> DevelopmentIdentity:
    """Load the development identity in `folder`.

    Raises
    ------
    IdentityError
        If files are missing or damaged, or the signing certificate has expired.
    """
    place = Path(folder)
    remedy = f"Move {place} away; a new development identity is then created on the next use."
    try:
        authority = read_file(place / AUTHORITY_FILE, _MAX_FILE_BYTES)
        chain = read_file(place / CHAIN_FILE, _MAX_FILE_BYTES)
        path = place / KEY_FILE
        key = Secret(read_private_file(path, _MAX_FILE_BYTES, what="private key"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise IdentityError(
            f"the development identity in {place} is incomplete: {reason}", hint=remedy
        ) from error
    try:
        load_chain(authority)
        signer = PemSigner(chain, key)
        expires = load_chain(chain)[0].not_valid_after_utc
    except (CertificateError, SigningError) as error:
        raise IdentityError(
            f"the development identity in {place} is damaged: {error}", hint=remedy
        ) from error
    if (dt.datetime.now(dt.UTC) if now is None else now) > expires:
        raise IdentityError(
            f"the development certificate in {place} expired on {expires:%Y-%m-%d}",
            hint=f"{remedy} Pictures signed before keep their credentials; to go on trusting them "
            f"here, add the old {AUTHORITY_FILE} as a trust anchor.",
        )
    return DevelopmentIdentity(place, authority, signer, expires)


def _make_certificates(start: dt.datetime) -> tuple[bytes, bytes, Secret]:
    """Return (authority, chain, private key of the leaf), in PEM.

    The authority's own key is thrown away: nothing else can ever be issued in its name.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    # A serial in the name keeps the authorities of different machines apart.
    tag = secrets.token_hex(4)
    authority_name = _name(f"Indelible development CA {tag}")
    begin = start - dt.timedelta(minutes=5)  # for clocks that are a little behind

    authority = (
        x509.CertificateBuilder()
        .subject_name(authority_name)
        .issuer_name(authority_name)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(start + dt.timedelta(days=365 * _AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(_name(f"Indelible development signer {tag}"))
        .issuer_name(authority_name)
        .public_key(leaf_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(start + dt.timedelta(days=365 * _LEAF_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, C2PA_CLAIM_SIGNING]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    return (
        authority.public_bytes(serialization.Encoding.PEM),
        leaf.public_bytes(serialization.Encoding.PEM),
        Secret(
            leaf_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT_ORGANIZATION),
        ]
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
