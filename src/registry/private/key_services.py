"""Record keys that are wrapped by a key in a cloud provider's key service.

The extras are those of the signers: ``aws``, ``google``, ``azure``. Each wrapper takes the
provider's own client, or makes one with the provider's defaults. A key is unwrapped once, when the
file of record keys is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from indelible.errors import ArgumentError, RegistryError
from indelible.extras import aws_client, azure_client, google_client
from indelible.registry.private.record_keys import KeyWrapper

__all__ = ["AwsKmsWrapper", "AzureKeyVaultWrapper", "GoogleKmsWrapper", "wrapper_named"]

_AZURE_ALGORITHM = "RSA-OAEP-256"


class AwsKmsWrapper:
    """A symmetric key in AWS KMS.

    Parameters
    ----------
    key_id : str
        Key id, ARN or alias; a key for ENCRYPT_DECRYPT of the kind SYMMETRIC_DEFAULT.
    client : object, optional
        ``boto3.client("kms")``; made with boto3's defaults if it is not given.
    """

    def __init__(self, key_id: str, *, client: Any = None) -> None:  # noqa: ANN401 - theirs
        self.name = f"aws:{key_id}"
        self._key_id = key_id
        self._client = aws_client() if client is None else client

    def wrap(self, key: bytes) -> bytes:
        """Return a key, encrypted by the service."""
        return _asked(
            "AWS KMS",
            lambda: self._client.encrypt(KeyId=self._key_id, Plaintext=key)["CiphertextBlob"],
        )

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the key that was wrapped."""
        return _asked(
            "AWS KMS",
            lambda: self._client.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped)["Plaintext"],
        )


class GoogleKmsWrapper:
    """A symmetric key in Google Cloud KMS.

    Parameters
    ----------
    key_name : str
        ``projects/*/locations/*/keyRings/*/cryptoKeys/*``, of the purpose ENCRYPT_DECRYPT.
    client : object, optional
        ``google.cloud.kms.KeyManagementServiceClient()``.
    """

    def __init__(self, key_name: str, *, client: Any = None) -> None:  # noqa: ANN401 - theirs
        self.name = f"google:{key_name}"
        self._key_name = key_name
        self._client = google_client() if client is None else client

    def wrap(self, key: bytes) -> bytes:
        """Return a key, encrypted by the service."""
        request = {"name": self._key_name, "plaintext": key}
        return _asked("Google Cloud KMS", lambda: self._client.encrypt(request=request).ciphertext)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the key that was wrapped."""
        request = {"name": self._key_name, "ciphertext": wrapped}
        return _asked("Google Cloud KMS", lambda: self._client.decrypt(request=request).plaintext)


class AzureKeyVaultWrapper:
    """An RSA key in Azure Key Vault or Managed HSM.

    Parameters
    ----------
    key_url : str
        ``https://<vault>.vault.azure.net/keys/<name>/<version>``.
    client : object, optional
        ``azure.keyvault.keys.crypto.CryptographyClient(key_url, credential)``; made with
        ``DefaultAzureCredential()`` if it is not given.
    """

    def __init__(self, key_url: str, *, client: Any = None) -> None:  # noqa: ANN401 - theirs
        self.name = f"azure:{key_url}"
        self._client = azure_client(key_url) if client is None else client

    def wrap(self, key: bytes) -> bytes:
        """Return a key, encrypted by the service."""
        return _asked(
            "Azure Key Vault", lambda: self._client.wrap_key(_AZURE_ALGORITHM, key).encrypted_key
        )

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the key that was wrapped."""
        return _asked(
            "Azure Key Vault", lambda: self._client.unwrap_key(_AZURE_ALGORITHM, wrapped).key
        )


def wrapper_named(name: str) -> KeyWrapper:
    """Return the wrapper of a name, as files of record keys hold it.

    Parameters
    ----------
    name : str
        ``aws:<key id, ARN or alias>``, ``google:<name of the key>`` or ``azure:<URL of the key>``.

    Raises
    ------
    ArgumentError
        If it is no such name.
    MissingDependencyError
        If the service's client is not installed.
    """
    service, _, key = name.partition(":")
    kind = _BY_SERVICE.get(service)
    if kind is None or not key:
        raise ArgumentError(
            "name",
            f"{name!r} is no key of a key service.",
            hint="Give aws:KEY, google:KEY or azure:URL.",
        )
    return kind(key)


_BY_SERVICE: Final[dict[str, Callable[[str], KeyWrapper]]] = {
    "aws": AwsKmsWrapper,
    "google": GoogleKmsWrapper,
    "azure": AzureKeyVaultWrapper,
}


def _asked(service: str, call: Callable[[], Any]) -> bytes:
    try:
        answer = bytes(call())
    except Exception as error:  # the providers' clients raise dozens of kinds
        raise RegistryError(
            f"{service} did not answer as it should: {type(error).__name__}",
            hint="Check the key's name, your credentials for the service, and the network.",
        ) from error
    return answer
