"""Certificate chains in PEM: parsed, and recognised as a development identity's."""

from __future__ import annotations

import warnings
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from indelible.errors import CertificateError

__all__ = [
    "DEVELOPMENT_ORGANIZATION",
    "UNREADABLE",
    "is_development",
    "load_chain",
    "public_key_of",
]

# What the library says to developers about odd certificates is nothing for a user's terminal.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"indelible\.")

DEVELOPMENT_ORGANIZATION: Final = "Indelible development"
"""The organisation in the names of every development identity's certificates."""

# What the library for certificates raises about one that it cannot read, at once or when a part of
# it is asked for; its own types are no ValueErrors.
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def load_chain(pem: bytes) -> list[x509.Certificate]:
    """Parse a PEM chain.

    Raises
    ------
    CertificateError
        If there is no certificate in it, or one cannot be parsed.
    """
    hint = "It must be PEM: the signing certificate first, then the intermediates."
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise CertificateError("there is no PEM certificate in the chain", hint=hint)
    try:
        chain = x509.load_pem_x509_certificates(pem)
        for certificate in chain:  # which is parsed when it is asked for
            _ = certificate.subject, certificate.issuer
    except UNREADABLE as error:
        raise CertificateError(
            f"a certificate of the chain cannot be read: {error}", hint=hint
        ) from error
    return chain


def public_key_of(chain_pem: bytes) -> PublicKeyTypes:
    """Return the public key of a chain's signing certificate.

    Raises
    ------
    CertificateError
        If the chain cannot be parsed, or the key is of no known kind.
    """
    try:
        return load_chain(chain_pem)[0].public_key()
    except UNREADABLE as error:
        raise CertificateError(
            f"the signing certificate's key cannot be read: {error}",
            hint="Have the certificate issued for an EC, RSA or Ed25519 key.",
        ) from error


def is_development(chain_pem: bytes) -> bool:
    """Whether a signing certificate is of a development identity: this machine's or another's.

    Raises
    ------
    CertificateError
        If the chain cannot be read.
    """
    issuer = load_chain(chain_pem)[0].issuer
    names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return [item.value for item in names] == [DEVELOPMENT_ORGANIZATION]
