"""Who signs: the protocol that every signer follows, PEM files, and any callable.

Signers for hardware tokens and key services live in modules of their own and follow the same
protocol.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    PrivateKeyTypes,
    PublicKeyTypes,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.utils import CryptographyDeprecationWarning

from indelible.credentials.signers.key_derivation import is_too_costly
from indelible.errors import CertificateError, SigningError
from indelible.files import read_file, read_private_file
from indelible.secret import Secret

__all__ = [
    "ALGORITHMS",
    "DEFAULT_TIMESTAMP_URL",
    "CallbackSigner",
    "PemSigner",
    "Signer",
    "algorithm_for",
]

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Passphrase: TypeAlias = str | bytes | Secret | Callable[[], str | bytes | Secret]

# What the library says to developers about odd certificates is nothing for a user's terminal.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"indelible\.")

# What the library for certificates raises about one that it cannot read, at once or when a part of
# it is asked for; its own types are no ValueErrors.
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
# Answers anybody, and is operated by SSL.com, whose roots are on the C2PA TSA trust list.
DEFAULT_TIMESTAMP_URL = "https://api.c2patool.io/api/v1/timestamps/ecc"
ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
PASSPHRASE_VARIABLE = "INDELIBLE_KEY_PASSPHRASE"  # noqa: S105 - a name, not a secret

_MAX_PEM_BYTES = 1 << 20

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@runtime_checkable
class Signer(Protocol):
    """What `sign` needs: a certificate chain, and something that signs bytes with its key.

    Attributes
    ----------
    algorithm : str
        One of `ALGORITHMS`.
    certificates : bytes
        The chain in PEM: the signing certificate first, then the intermediates. The root is left
        out.
    timestamp_url : str or None
        An RFC 3161 time-stamp authority to ask when signing. None makes no connection.
    """

    @property
    def algorithm(self) -> str:
        """The signature algorithm."""
        ...

    @property
    def certificates(self) -> bytes:
        """The certificate chain."""
        ...

    @property
    def timestamp_url(self) -> str | None:
        """The time-stamp authority."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`.

        ES algorithms give r and s as two fixed-size numbers one after the other (DER is accepted),
        PS algorithms an RSA-PSS signature whose salt is as long as its hash.
        """
        ...


def algorithm_for(key: object, *, rsa_hash: str = "256") -> str:
    """Return the C2PA algorithm that fits a key (public or private).

    Parameters
    ----------
    key : object
        A key of the `cryptography` package.
    rsa_hash : str
        "256", "384" or "512": RSA keys fit three algorithms.

    Raises
    ------
    SigningError
        If C2PA allows no algorithm for this key.
    """
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        raise SigningError(
            f"C2PA does not allow the curve {key.curve.name}", hint="Use P-256, P-384 or P-521."
        )
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if key.key_size < 2048:
            raise SigningError(
                f"an RSA key of {key.key_size} bits is too short for C2PA",
                hint="Use 2048 bits or more, or an elliptic-curve key.",
            )
        return f"ps{rsa_hash}"
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return "ed25519"
    raise SigningError(
        f"C2PA does not allow keys of the kind {type(key).__name__}",
        hint="Use an elliptic-curve key (P-256, P-384, P-521), RSA, or Ed25519.",
    )


def raw_ecdsa(signature: bytes, algorithm: str) -> bytes:
    """Turn a DER signature into r and s one after the other, as COSE wants it."""
    size = {"es256": 32, "es384": 48, "es512": 66}[algorithm]
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError) as error:
        raise SigningError(f"the key gave a signature that is not ECDSA: {error}") from error


def verify_signature(key: object, signature: bytes, data: bytes, algorithm: str) -> None:
    """Raise CertificateError unless `signature`, as a signer gives it, is by the key of `key`."""
    digest = _HASHES.get(algorithm[2:], hashes.SHA256())
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.DIGEST_LENGTH)
            key.verify(signature, data, pss, digest)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
    except InvalidSignature as error:
        raise CertificateError("the certificate is about another key than the signer's") from error


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


@dataclass(frozen=True, slots=True)
class CallbackSigner:
    """A signer around any callable, for keys that live somewhere else.

    Parameters
    ----------
    certificates : bytes
        PEM chain, signing certificate first.
    callback : callable
        Takes the bytes to sign and returns the signature. What it raises reaches the caller of
        `sign` as the cause of a SigningError.
    algorithm : str, optional
        One of `ALGORITHMS`; by default the one that fits the certificate's key.
    timestamp_url : str, optional
        RFC 3161 time-stamp authority.
    """

    certificates: bytes
    callback: Callable[[bytes], bytes] = field(repr=False)
    algorithm: str = ""
    timestamp_url: str | None = None

    def __post_init__(self) -> None:
        if not self.algorithm:
            key = public_key_of(self.certificates)
            object.__setattr__(self, "algorithm", algorithm_for(key))
        _check_algorithm(self.algorithm)

    def sign(self, data: bytes) -> bytes:
        """Return the callable's signature of `data`."""
        return self.callback(data)


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
        _check_algorithm(chosen)
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
            _read_key(key_path),
            passphrase=passphrase,
            algorithm=algorithm,
            timestamp_url=timestamp_url,
        )

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        key = self._key
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        digest = _HASHES[self.algorithm[2:]]
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


def load_private_key(pem: bytes | Secret, *, passphrase: Passphrase | None = None) -> PrivateKey:
    """Read a private key, asking for the passphrase only where one is needed.

    Raises
    ------
    SigningError
        If it is no private key, is encrypted and the passphrase is missing or wrong, or is of a
        kind that C2PA does not allow.
    """
    pem, passphrase = Secret(pem), hidden(passphrase)
    key, locked = _opened(pem, None)
    if locked:
        if is_too_costly(pem.reveal()):
            raise SigningError(
                "the private key asks for too much work to open it",
                hint="Encrypt it again with fewer iterations: openssl pkcs8 -topk8 -iter 100000.",
            )
        key, _ = _opened(pem, _passphrase(passphrase))
        if key is None:
            raise SigningError("the passphrase does not open the private key")
    if key is None:
        raise SigningError(
            "the private key cannot be read", hint="It must be PEM, in PKCS#8 for example."
        )
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)) and not isinstance(
        key, ed25519.Ed25519PrivateKey
    ):
        algorithm_for(key)  # raises, naming the kind
        raise SigningError("C2PA does not allow this kind of key")
    return key


def _opened(pem: Secret, passphrase: Secret | None) -> tuple[PrivateKeyTypes | None, bool]:
    """Return the key, or None; and whether that is for want of a passphrase."""
    try:
        return (
            serialization.load_pem_private_key(
                pem.reveal(), password=None if passphrase is None else passphrase.reveal()
            ),
            False,
        )
    except TypeError:  # encrypted, and none was given; or not, and one was
        return None, passphrase is None
    except (ValueError, UnsupportedAlgorithm):
        return None, False


def hidden(passphrase: Passphrase | None) -> Passphrase | None:
    """Return a passphrase in a form that shows nothing; a callable shows nothing by itself."""
    return Secret(passphrase) if isinstance(passphrase, str | bytes) else passphrase


def _passphrase(given: Passphrase | None) -> Secret:
    if given is None:
        secret = Secret(os.environ.get(PASSPHRASE_VARIABLE, ""))
    else:
        secret = Secret(given() if callable(given) else given)
    if not len(secret):
        raise SigningError(
            "the private key is encrypted and no passphrase was given",
            hint=f"Give one, or set the environment variable {PASSPHRASE_VARIABLE}.",
        )
    return secret


def _check_algorithm(algorithm: str) -> None:
    if algorithm not in ALGORITHMS:
        raise SigningError(
            f"{algorithm!r} is not a C2PA signature algorithm",
            hint=f"Use one of {', '.join(ALGORITHMS)}.",
        )


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read_chain(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a certificate chain's file.

    Raises
    ------
    SigningError
        If it cannot be read.
    """
    try:
        return read_file(path, _MAX_PEM_BYTES)
    except (OSError, ValueError) as error:
        raise _unreadable("certificate chain", path, error) from error


def _read_key(path: str | os.PathLike[str]) -> Secret:
    try:
        return Secret(read_private_file(path, _MAX_PEM_BYTES, what="private key"))
    except (OSError, ValueError) as error:
        raise _unreadable("private key", path, error) from error


def _unreadable(what: str, path: str | os.PathLike[str], error: Exception) -> SigningError:
    reason = getattr(error, "strerror", None) or error
    return SigningError(f"the {what} {os.fspath(path)} cannot be read: {reason}")
