"""Files of signers: certificate chains, and private keys that only their owner should read."""

from __future__ import annotations

import os
from typing import Final

from indelible.errors import SigningError
from indelible.files import read_file, read_private_file
from indelible.secret import Secret

__all__ = ["read_chain", "read_private_key"]

_MAX_BYTES: Final = 1 << 20


def read_chain(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a certificate chain's file.

    Raises
    ------
    SigningError
        If it cannot be read.
    """
    try:
        return read_file(path, _MAX_BYTES)
    except (OSError, ValueError) as error:
        raise _unreadable("certificate chain", path, error) from error


def read_private_key(path: str | os.PathLike[str]) -> Secret:
    """Return the content of a private key's file.

    A warning is logged, once, where others than its owner can read the file.

    Raises
    ------
    SigningError
        If it cannot be read.
    """
    try:
        return Secret(read_private_file(path, _MAX_BYTES, what="private key"))
    except (OSError, ValueError) as error:
        raise _unreadable("private key", path, error) from error


def _unreadable(what: str, path: str | os.PathLike[str], error: Exception) -> SigningError:
    reason = getattr(error, "strerror", None) or error
    return SigningError(f"the {what} {os.fspath(path)} cannot be read: {reason}")
