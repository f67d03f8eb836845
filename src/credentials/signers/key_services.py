"""Signing with a key in a cloud provider's key service (extras ``aws``, ``google``, ``azure``).

Each signer sends the claim, or its digest, to the service and gets a signature back; the private
key never leaves it. Each takes the provider's own client, for credentials, regions and retries of
one's choice, or makes one with the provider's defaults. These calls are the only connections that
this module makes.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from indelible.credentials.signers.algorithms import algorithm_for, raw_ecdsa
from indelible.credentials.signers.chains import public_key_of
from indelible.errors import IndelibleError, SigningError
from indelible.extras import aws_client, azure_client, google_client

__all__ = ["AwsKmsSigner", "AzureKeyVaultSigner", "GoogleKmsSigner"]

_AWS_RAW_BYTES = 4096  # longer messages must be hashed by the caller
_EC_AND_PSS = ("es256", "es384", "es512", "ps256", "ps384", "ps512")


class _ServiceSigner(ABC):
    """What the three have in common: the certificate, the digest, and errors in our words."""

    service = ""
    algorithms: tuple[str, ...] = _EC_AND_PSS

    def __init__(
        self, certificates: bytes, *, algorithm: str | None, timestamp_url: str | None
    ) -> None:
        fitting = algorithm_for(public_key_of(certificates))
        self.certificates = certificates
        self.algorithm = fitting if algorithm is None else algorithm.lower()
        self.timestamp_url = timestamp_url
        if self.algorithm not in self.algorithms:
            raise SigningError(
                f"{self.service} cannot sign with {self.algorithm} for C2PA",
                hint=f"Use a key for one of {', '.join(self.algorithms)}.",
            )

    def sign(self, data: bytes) -> bytes:
        """Return the service's signature of `data`.

        Raises
        ------
        SigningError
            If the service refuses or cannot be reached.
        """
        return self._asked(lambda: self._sign(data))

    def _digest(self, data: bytes) -> bytes:
        return hashlib.new(f"sha{self.algorithm[2:]}", data).digest()

    @abstractmethod
    def _sign(self, data: bytes) -> bytes: ...

    def _asked(self, call: Callable[[], bytes]) -> bytes:
        try:
            return call()
        except IndelibleError:
            raise
        except Exception as error:  # the providers' clients raise dozens of kinds
            raise SigningError(
                f"{self.service} did not answer as it should: {type(error).__name__}: {error}",
                hint="Check the key's name, your credentials for the service, and the network.",
            ) from error

    def __repr__(self) -> str:
        """Show the service and the algorithm."""
        return f"{type(self).__name__}(algorithm={self.algorithm!r})"


class AwsKmsSigner(_ServiceSigner):
    """A key in AWS KMS.

    Parameters
    ----------
    certificates : bytes
        PEM chain, signing certificate first.
    key_id : str
        Key id, ARN or alias; a key for SIGN_VERIFY of the kind ECC_NIST_P256/384/521 or RSA.
    client : object, optional
        ``boto3.client("kms")``; made with boto3's defaults if it is not given.
    algorithm, timestamp_url : str, optional
        As for `PemSigner`.
    """

    service = "AWS KMS"

    def __init__(
        self,
        certificates: bytes,
        key_id: str,
        *,
        client: Any = None,  # noqa: ANN401 - the provider's own class
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> None:
        super().__init__(certificates, algorithm=algorithm, timestamp_url=timestamp_url)
        self._key_id = key_id
        self._client = aws_client() if client is None else client

    def _sign(self, data: bytes) -> bytes:
        kind = "ECDSA_SHA_" if self.algorithm.startswith("es") else "RSASSA_PSS_SHA_"
        short = len(data) <= _AWS_RAW_BYTES
        answer = self._client.sign(
            KeyId=self._key_id,
            Message=data if short else self._digest(data),
            MessageType="RAW" if short else "DIGEST",
            SigningAlgorithm=kind + self.algorithm[2:],
        )
        signature = bytes(answer["Signature"])
        return raw_ecdsa(signature, self.algorithm) if kind.startswith("EC") else signature


class GoogleKmsSigner(_ServiceSigner):
    """A key in Google Cloud KMS.

    Parameters
    ----------
    certificates : bytes
        PEM chain, signing certificate first.
    key_version : str
        ``projects/*/locations/*/keyRings/*/cryptoKeys/*/cryptoKeyVersions/*``, of a purpose
        EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384, or RSA_SIGN_PSS_*.
    client : object, optional
        ``google.cloud.kms.KeyManagementServiceClient()``.
    algorithm, timestamp_url : str, optional
        As for `PemSigner`. For RSA the hash must be the one that the key is made for.
    """

    service = "Google Cloud KMS"
    algorithms = ("es256", "es384", "ps256", "ps512")

    def __init__(
        self,
        certificates: bytes,
        key_version: str,
        *,
        client: Any = None,  # noqa: ANN401 - the provider's own class
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> None:
        super().__init__(certificates, algorithm=algorithm, timestamp_url=timestamp_url)
        self._name = key_version
        self._client = google_client() if client is None else client

    def _sign(self, data: bytes) -> bytes:
        digest = {f"sha{self.algorithm[2:]}": self._digest(data)}
        request = {"name": self._name, "digest": digest}
        signature = bytes(self._client.asymmetric_sign(request=request).signature)
        es = self.algorithm.startswith("es")
        return raw_ecdsa(signature, self.algorithm) if es else signature


class AzureKeyVaultSigner(_ServiceSigner):
    """A key in Azure Key Vault or Managed HSM.

    Parameters
    ----------
    certificates : bytes
        PEM chain, signing certificate first.
    key_url : str
        ``https://<vault>.vault.azure.net/keys/<name>/<version>``.
    client : object, optional
        ``azure.keyvault.keys.crypto.CryptographyClient(key_url, credential)``; made with
        ``DefaultAzureCredential()`` if it is not given.
    algorithm, timestamp_url : str, optional
        As for `PemSigner`.
    """

    service = "Azure Key Vault"

    def __init__(
        self,
        certificates: bytes,
        key_url: str,
        *,
        client: Any = None,  # noqa: ANN401 - the provider's own class
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> None:
        super().__init__(certificates, algorithm=algorithm, timestamp_url=timestamp_url)
        self._client = azure_client(key_url) if client is None else client

    def _sign(self, data: bytes) -> bytes:
        # Azure's names are C2PA's in capitals, and its ECDSA signatures are r and s already.
        return bytes(self._client.sign(self.algorithm.upper(), self._digest(data)).signature)
