"""Packages that only some need: loaded when they are used, and named where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from indelible.errors import MissingDependencyError

__all__ = ["aws_client", "azure_client", "google_client", "install_hint", "load"]


def install_hint(extra: str) -> str:
    """Return how an extra is installed, as the hint of an error."""
    return f"In a clone of Indelible: python -m pip install '.[{extra}]'"


def load(module: str, *, extra: str, missing: str) -> Any:  # noqa: ANN401 - modules without types
    """Import a module that an extra brings.

    Parameters
    ----------
    module : str
        Its full name.
    extra : str
        Which extra.
    missing : str
        What the error says where it is not installed.

    Raises
    ------
    MissingDependencyError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(missing, hint=install_hint(extra)) from error


# The clients of key services, each with its provider's defaults for credentials and regions.


def aws_client() -> Any:  # noqa: ANN401 - the provider's own class
    """Return a client of AWS KMS."""
    return _client_of("boto3", "AWS KMS", "aws").client("kms")


def google_client() -> Any:  # noqa: ANN401 - the provider's own class
    """Return a client of Google Cloud KMS."""
    kms = _client_of("google.cloud.kms", "Google Cloud KMS", "google")
    return kms.KeyManagementServiceClient()


def azure_client(key_url: str) -> Any:  # noqa: ANN401 - the provider's own class
    """Return a client of one key in Azure Key Vault or Managed HSM."""
    identity = _client_of("azure.identity", "Azure Key Vault", "azure")
    crypto = _client_of("azure.keyvault.keys.crypto", "Azure Key Vault", "azure")
    return crypto.CryptographyClient(key_url, identity.DefaultAzureCredential())


def _client_of(module: str, service: str, extra: str) -> Any:  # noqa: ANN401 - untyped clients
    missing = f"a key in {service} needs its client, {module}"
    return load(module, extra=extra, missing=missing)
