"""What every signer follows, and the simplest that does: one around any callable.

Signers for PEM files, hardware tokens and key services live in modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from indelible.credentials.signers.algorithms import algorithm_for, check_algorithm
from indelible.credentials.signers.chains import public_key_of

__all__ = ["DEFAULT_TIMESTAMP_URL", "CallbackSigner", "Signer"]

# Answers anybody, and is operated by SSL.com, whose roots are on the C2PA TSA trust list.
DEFAULT_TIMESTAMP_URL: Final = "https://api.c2patool.io/api/v1/timestamps/ecc"


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
        check_algorithm(self.algorithm)

    def sign(self, data: bytes) -> bytes:
        """Return the callable's signature of `data`."""
        return self.callback(data)
