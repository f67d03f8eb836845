"""Where a signing key lives: a PEM file, a hardware token, or a key service, by its name.

===========================================================  ===================================
name                                                         key
===========================================================  ===================================
``key.pem``                                                  a file, encrypted or not
``pkcs11:token=T;object=K?module-path=/usr/lib/module.so``   on a token (RFC 7512)
``aws-kms:alias/acme-c2pa``                                  in AWS KMS: id, ARN or alias
``google-kms:projects/.../cryptoKeyVersions/1``              in Google Cloud KMS
``azure-key-vault:https://acme.vault.azure.net/keys/c2pa/1`` in Azure Key Vault
===========================================================  ===================================
"""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import parse_qs, unquote

from indelible.credentials.signers import key_services
from indelible.credentials.signers.chains import is_development
from indelible.credentials.signers.pem_files import read_chain
from indelible.credentials.signers.pem_signer import PemSigner
from indelible.credentials.signers.pkcs11 import Pkcs11Signer
from indelible.credentials.signers.private_keys import PASSPHRASE_VARIABLE
from indelible.credentials.signers.protocol import DEFAULT_TIMESTAMP_URL, Signer
from indelible.errors import ConfigurationError
from indelible.secret import Secret

__all__ = ["NO_TIMESTAMP", "is_key_service", "open_signer"]

NO_TIMESTAMP = "none"
"""Given as an address: make no time stamps."""

_SERVICES = ("pkcs11:", "aws-kms:", "google-kms:", "azure-key-vault:")


def is_key_service(name: str) -> bool:
    """Whether a key's name leads to a token or a service rather than to a file."""
    return name.startswith(_SERVICES)


def open_signer(
    certificate: str | os.PathLike[str],
    private_key: str | os.PathLike[str],
    *,
    timestamp_url: str | None = None,
    ask: Callable[[], Secret] | None = None,
) -> Signer:
    """Return a signer for a certificate chain and the key that belongs to it.

    Parameters
    ----------
    certificate : path
        PEM chain, the signing certificate first.
    private_key : str or path
        Name of the key, see the module.
    timestamp_url : str, optional
        RFC 3161 time-stamp authority to ask when signing; "none" for no time stamps. By default
        `DEFAULT_TIMESTAMP_URL`, but for a development certificate: signatures in production must
        outlive their certificates, else every recovered manifest reads ``unverified`` one day. Only
        the default authority is optional: where it cannot be reached, signing goes on without a
        time stamp, with a warning.
    ask : callable, optional
        Asks a person for the passphrase of an encrypted file, if the environment variable
        ``INDELIBLE_KEY_PASSPHRASE`` does not hold it.

    Raises
    ------
    SigningError, CertificateError
        If the chain or the key cannot be used.
    ConfigurationError
        If a token's name is incomplete.
    MissingDependencyError
        If the package for the token or the service is not installed.
    """
    name = os.fspath(private_key)
    chain = read_chain(certificate)
    if timestamp_url is None and not is_development(chain):
        timestamp_url = DEFAULT_TIMESTAMP_URL
    elif timestamp_url == NO_TIMESTAMP:
        timestamp_url = None
    if not is_key_service(name):
        passphrase = None if os.environ.get(PASSPHRASE_VARIABLE) else ask
        return PemSigner.load(certificate, name, passphrase=passphrase, timestamp_url=timestamp_url)
    scheme, _, rest = name.partition(":")
    if scheme == "pkcs11":
        return _token_signer(chain, rest, timestamp_url)
    return _service_signer(scheme, chain, rest, timestamp_url)


def _service_signer(scheme: str, chain: bytes, key: str, timestamp_url: str | None) -> Signer:
    kinds: dict[str, Callable[..., Signer]] = {
        "aws-kms": key_services.AwsKmsSigner,
        "google-kms": key_services.GoogleKmsSigner,
        "azure-key-vault": key_services.AzureKeyVaultSigner,
    }
    return kinds[scheme](chain, key, timestamp_url=timestamp_url)


def _token_signer(chain: bytes, uri: str, timestamp_url: str | None) -> Signer:
    """Open a token by the attributes of RFC 7512 that name one key on it."""
    path, _, query = uri.partition("?")
    attributes = {
        name: unquote(value)
        for name, _, value in (part.partition("=") for part in path.split(";"))
        if name != "id"
    }
    raw_id = next((p.partition("=")[2] for p in path.split(";") if p.startswith("id=")), None)
    options = {name: values[0] for name, values in parse_qs(query).items()}
    module, token = options.get("module-path"), attributes.get("token")
    if not module or not token or not (attributes.get("object") or raw_id):
        raise ConfigurationError(
            "The name of a key on a token needs the token, the key and the module.",
            hint="For example pkcs11:token=Acme;object=c2pa"
            "?module-path=/usr/lib/softhsm/libsofthsm2.so; the PIN is in INDELIBLE_PKCS11_PIN.",
        )
    return Pkcs11Signer(
        chain,
        module=module,
        token_label=token,
        key_label=attributes.get("object"),
        key_id=None if raw_id is None else unquote(raw_id, encoding="latin-1").encode("latin-1"),
        timestamp_url=timestamp_url,
    )
