"""Private keys in PEM files: opened with a passphrase where they need one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from indelible.credentials.signers.algorithms import algorithm_for
from indelible.credentials.signers.key_derivation import is_too_costly
from indelible.errors import SigningError
from indelible.secret import Secret

__all__ = [
    "PASSPHRASE_VARIABLE",
    "Passphrase",
    "PrivateKey",
    "hidden",
    "load_private_key",
]

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Passphrase: TypeAlias = str | bytes | Secret | Callable[[], str | bytes | Secret]

PASSPHRASE_VARIABLE: Final = "INDELIBLE_KEY_PASSPHRASE"  # noqa: S105 - a name, not a secret


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
