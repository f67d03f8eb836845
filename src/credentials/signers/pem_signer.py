"""Signing with a private key in memory, from PEM."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from indelible.credentials.signers.algorithms import (
    HASHES,
    algorithm_for,
    check_algorithm,
    raw_ecdsa,
)
from indelible.credentials.signers.chains import public_key_of
from indelible.credentials.signers.pem_files import read_chain, read_private_key
from indelible.credentials.signers.private_keys import (
    Passphrase,
    hidden,
    load_private_key,
)
from indelible.errors import CertificateError, SigningError
from indelible.secret import Secret

__all__ = ["PemSigner"]


class PemSigner:
    """A signer with its private key in memory, from PEM.

    Parameters
    ----------
    chain_pem : bytes
        The signing certificate, then the intermediates.
    key_pem : bytes
        The private key (PKCS#8 or traditional), encrypted or not.
    passphrase : str, bytes or callable, optional
        Of an encrypted key. A callable is only called when the key turns out to be encrypted;
        without any, the environment variable ``INDELIBLE_KEY_PASSPHRASE`` is used.
    algorithm : str, optional
        One of `ALGORITHMS`; by default the one that fits the key (RSA: ps256).
    timestamp_url : str, optional
        RFC 3161 time-stamp authority to ask when signing.

    Raises
    ------
    SigningError
        If the key cannot be read, or C2PA allows no algorithm for it.
    CertificateError
        If the chain cannot be read, or its first certificate is not about this key.
    """

    __slots__ = ("__weakref__", "_key", "algorithm", "certificates", "timestamp_url")

    def __init__(
        self,
        chain_pem: bytes,
        key_pem: bytes | Secret,
        *,
        passphrase: Passphrase | None = None,
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> None:
        # No variable holds a bare secret from here on: an error's report would show it.
        key_pem, passphrase = Secret(key_pem), hidden(passphrase)
        key = load_private_key(key_pem, passphrase=passphrase)
        if _public_bytes(public_key_of(chain_pem)) != _public_bytes(key.public_key()):
            raise CertificateError(
                "the first certificate of the chain is not about this private key",
                hint="Put the signing certificate first, and check that the two belong together.",
            )
        fitting = algorithm_for(key)
        chosen = fitting if algorithm is None else algorithm.lower()
        check_algorithm(chosen)
        if chosen[:2] != fitting[:2] or (chosen[:2] != "ps" and chosen != fitting):
            raise SigningError(f"{chosen} does not fit this key, {fitting} does")
        self._key = key
        self.certificates = chain_pem
        self.algorithm = chosen
        self.timestamp_url = timestamp_url

    @classmethod
    def load(
        cls,
        certificate_path: str | os.PathLike[str],
        key_path: str | os.PathLike[str],
        *,
        passphrase: Passphrase | None = None,
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> PemSigner:
        """Read the chain and the key from files; see the class for the parameters and errors.

        A warning is logged, once, where others than its owner can read the key.
        """
        passphrase = hidden(passphrase)
        return cls(
            read_chain(certificate_path),
            read_private_key(key_path),
            passphrase=passphrase,
            algorithm=algorithm,
            timestamp_url=timestamp_url,
        )

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        key = self._key
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        digest = HASHES[self.algorithm[2:]]
        if isinstance(key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.DIGEST_LENGTH)
            return key.sign(data, pss, digest)
        return raw_ecdsa(key.sign(data, ec.ECDSA(digest)), self.algorithm)

    def pkcs8(self) -> bytes:
        """Return the private key, unencrypted, for the C2PA library in this process.

        It signs by itself with a key that it has, and then leaves 10 KB less room in the file.
        """
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def __repr__(self) -> str:
        """Show the algorithm only: never anything of the key."""
        return f"PemSigner(algorithm={self.algorithm!r}, timestamp_url={self.timestamp_url!r})"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: a private key must not slip into a queue or a cache."""
        raise SigningError(
            "a signer cannot be pickled: it holds a private key",
            hint="Load it again in the other process.",
        )


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
