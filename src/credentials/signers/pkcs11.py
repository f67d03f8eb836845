"""Signing with a key in a hardware token or HSM, over PKCS#11 (extra ``pkcs11``)."""

from __future__ import annotations

import os
import threading
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives import hashes

from indelible import extras
from indelible.credentials.signers.algorithms import (
    HASHES,
    algorithm_for,
    check_algorithm,
    raw_ecdsa,
)
from indelible.credentials.signers.chains import public_key_of
from indelible.credentials.signers.private_keys import Passphrase, hidden
from indelible.errors import SigningError
from indelible.secret import Secret

__all__ = ["Pkcs11Signer"]

PIN_VARIABLE = "INDELIBLE_PKCS11_PIN"


class Pkcs11Signer:
    """A signer whose private key never leaves its token.

    Parameters
    ----------
    certificates : bytes
        PEM chain, signing certificate first.
    module : path
        The token's PKCS#11 library (``/usr/lib/softhsm/libsofthsm2.so``).
    token_label : str
        Label of the token.
    key_label : str, optional
        Label of the private key.
    key_id : bytes, optional
        Identifier of the private key; one of the two is needed.
    pin : str, bytes or callable, optional
        The user's PIN; by default the environment variable ``INDELIBLE_PKCS11_PIN``.
    algorithm : str, optional
        One of C2PA's algorithms; by default the one that fits the certificate (RSA: ps256).
    timestamp_url : str, optional
        RFC 3161 time-stamp authority.

    Notes
    -----
    One session per process, opened on the first signature and guarded by a lock: tokens do not
    share sessions over threads, and not at all over a fork.

    Raises
    ------
    MissingDependencyError
        If python-pkcs11 is not installed.
    CertificateError, SigningError
        If the chain cannot be read or no algorithm fits it.
    """

    def __init__(
        self,
        certificates: bytes,
        *,
        module: str | os.PathLike[str],
        token_label: str,
        key_label: str | None = None,
        key_id: bytes | None = None,
        pin: Passphrase | None = None,
        algorithm: str | None = None,
        timestamp_url: str | None = None,
    ) -> None:
        pin = hidden(pin)
        _library()
        if key_label is None and key_id is None:
            raise SigningError("the key on the token needs a label or an id")
        fitting = algorithm_for(public_key_of(certificates))
        self.certificates = certificates
        self.algorithm = fitting if algorithm is None else algorithm.lower()
        check_algorithm(self.algorithm)
        self.timestamp_url = timestamp_url
        self._module = os.fspath(module)
        self._token_label = token_label
        self._key = {"label": key_label} if key_id is None else {"label": key_label, "id": key_id}
        self._pin = pin
        self._lock = threading.Lock()
        self._session: Any = None
        self._pid = -1

    def sign(self, data: bytes) -> bytes:
        """Return the token's signature of `data`.

        Raises
        ------
        SigningError
            If the token, the PIN or the key is not there, or refuses.
        """
        library = _library()
        with self._lock:
            try:
                return self._sign(library, data)
            except library.exceptions.PKCS11Error as error:
                self._close()
                raise SigningError(
                    f"the token {self._token_label!r} refused to sign: "
                    f"{str(error) or type(error).__name__}",
                    hint=f"Check the token, the key's label, and the PIN ({PIN_VARIABLE}).",
                ) from error

    def close(self) -> None:
        """Log out and close the session; it opens again for the next signature."""
        with self._lock:
            self._close()

    def _sign(self, library: ModuleType, data: bytes) -> bytes:
        key = self._private_key(library)
        mechanism = library.Mechanism
        if self.algorithm == "ed25519":
            return bytes(key.sign(data, mechanism=mechanism.EDDSA))
        bits = self.algorithm[2:]
        # The digest is made here: not every token hashes, every token signs digests.
        digest = hashes.Hash(HASHES[bits])
        digest.update(data)
        value = digest.finalize()
        if self.algorithm.startswith("ps"):
            parameters = (
                mechanism[f"SHA{bits}"],
                library.MGF[f"SHA{bits}"],
                HASHES[bits].digest_size,
            )
            return bytes(
                key.sign(value, mechanism=mechanism.RSA_PKCS_PSS, mechanism_param=parameters)
            )
        signature = bytes(key.sign(value, mechanism=mechanism.ECDSA))
        return raw_ecdsa(signature, self.algorithm) if _is_der(signature, bits) else signature

    def _private_key(self, library: ModuleType) -> Any:  # noqa: ANN401 - python-pkcs11 has no types
        if self._session is None or self._pid != os.getpid():
            try:
                token = library.lib(self._module).get_token(token_label=self._token_label)
            except library.exceptions.PKCS11Error:
                raise
            except RuntimeError as error:  # the library itself cannot be loaded
                raise SigningError(
                    f"the PKCS#11 library {self._module} cannot be loaded: {error}"
                ) from error
            self._session = token.open(user_pin=self._secret().reveal().decode())
            self._pid = os.getpid()
        return self._session.get_key(
            object_class=library.ObjectClass.PRIVATE_KEY,
            **{name: value for name, value in self._key.items() if value is not None},
        )

    def _secret(self) -> Secret:
        if self._pin is None:
            pin = Secret(os.environ.get(PIN_VARIABLE, ""))
        else:
            pin = Secret(self._pin() if callable(self._pin) else self._pin)
        if not len(pin):
            raise SigningError(
                "the token needs a PIN",
                hint=f"Give one, or set the environment variable {PIN_VARIABLE}.",
            )
        return pin

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._pid == os.getpid():
            session.close()

    def __repr__(self) -> str:
        """Show which token and key, never the PIN."""
        return f"Pkcs11Signer(token={self._token_label!r}, algorithm={self.algorithm!r})"


def _is_der(signature: bytes, bits: str) -> bool:
    """Whether a token answered in DER instead of r and s, as a few do."""
    raw = {"256": 64, "384": 96, "512": 132}[bits]
    return len(signature) != raw and signature[:1] == b"\x30"


def _library() -> ModuleType:
    missing = "signing with a PKCS#11 token needs python-pkcs11"
    module: ModuleType = extras.load("pkcs11", extra="pkcs11", missing=missing)
    return module
