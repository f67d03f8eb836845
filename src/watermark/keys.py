"""Watermark keys: 256 secret bits, and everything that is derived from them.

Nothing in the engine uses the secret itself. Each purpose draws its own stream from HKDF-SHA256
(RFC 5869) and expands it with SHAKE-256 (FIPS 202), so that no stream tells anything about another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.errors import KeyFileError, OutputError, OutputExistsError

__all__ = ["DEFAULT_FAMILY", "Key", "as_key_ring"]

SECRET_BYTES = 32
DEFAULT_FAMILY = "default"
MAX_RING = 256
_FILE_TYPE = "indelible-watermark-key"
_FILE_VERSION = 1
_MAX_FILE_BYTES = 4096


class Key:
    """A watermark key.

    Parameters
    ----------
    secret : bytes
        Exactly 32 bytes.
    family : str, optional
        Keys of one family put their pilots at the same frequencies (never with the same phases), so
        that a ring of such keys is searched at nearly the price of one. See ``docs/watermark.md``
        for what sharing tells an attacker.

    Raises
    ------
    KeyFileError
        If the secret has another length or the family's name is empty or over 64 characters.
    """

    __slots__ = ("__weakref__", "_family", "_id", "_secret")

    def __init__(self, secret: bytes, *, family: str = DEFAULT_FAMILY) -> None:
        if not isinstance(secret, bytes | bytearray) or len(secret) != SECRET_BYTES:
            raise KeyFileError(
                "A watermark key is exactly 32 bytes.",
                hint="Make one with watermark.Key.generate() or `indelible keys new`.",
            )
        if not isinstance(family, str) or not 0 < len(family) <= 64:
            raise KeyFileError("A key family's name has 1 to 64 characters.")
        self._secret = bytes(secret)
        self._family = family
        self._id = _hkdf(self._secret, b"key id", 8).hex()

    @classmethod
    def generate(cls, *, family: str = DEFAULT_FAMILY) -> Key:
        """Draw a new key from the operating system's random source."""
        return cls(secrets.token_bytes(SECRET_BYTES), family=family)

    @classmethod
    def from_bytes(cls, secret: bytes, *, family: str = DEFAULT_FAMILY) -> Key:
        """Make a key of 32 bytes that the caller keeps, in a secret store for example."""
        return cls(secret, family=family)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file that :meth:`save` wrote.

        Raises
        ------
        KeyFileError
            If the file cannot be read or is not a key file. The message never holds the file's
            content.
        """
        try:
            with Path(path).open("rb") as file:
                content = file.read(_MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise KeyFileError(
                f"Cannot read the watermark key {os.fspath(path)!r}: {reason}.",
                hint="Make one with `indelible keys new`, or check the path and its permissions.",
            ) from None
        try:
            fields = json.loads(content) if len(content) <= _MAX_FILE_BYTES else {}
            known = fields["type"] == _FILE_TYPE and fields["version"] == _FILE_VERSION
            secret = base64.b64decode(fields["secret"], validate=True)
            family = fields["family"]
        except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
            known, secret, family = False, b"", ""
        if not known:
            raise KeyFileError(
                f"{os.fspath(path)!r} is not a watermark key file.",
                hint="A key file is what Key.save or `indelible keys new` writes.",
            )
        return cls(secret, family=family)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the key to a new file that only its owner can read (mode 0600).

        Raises
        ------
        OutputExistsError
            If the file exists: a key is never replaced, since its marks could not be found again.
        OutputError
            If the file cannot be written.
        """
        target = Path(path)
        fields = {
            "type": _FILE_TYPE,
            "version": _FILE_VERSION,
            "family": self._family,
            "secret": base64.b64encode(self._secret).decode(),
        }
        try:
            _write_new_private_file(target, json.dumps(fields).encode() + b"\n")
        except FileExistsError:
            raise OutputExistsError(
                f"{os.fspath(path)!r} exists; a key is never overwritten.",
                hint="Choose another name, or move the old key away (keep it: it finds its marks).",
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise OutputError(f"Cannot write the key {os.fspath(path)!r}: {reason}.") from None

    @property
    def id(self) -> str:
        """16 hexadecimal digits that name the key and tell nothing about it."""
        return self._id

    @property
    def family(self) -> str:
        """The family whose pilot frequencies this key uses."""
        return self._family

    def stream(self, purpose: str, count: int) -> NDArray[np.uint8]:
        """Return `count` pseudo-random bytes for one purpose, uint8 (count,)."""
        return expand(_hkdf(self._secret, purpose.encode(), SECRET_BYTES), count)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        same = hmac.compare_digest(self._secret, other._secret)
        return same and self._family == other._family

    def __hash__(self) -> int:
        return hash((self._id, self._family))

    def __repr__(self) -> str:
        return f"Key(id={self._id!r}, family={self._family!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes need keys; a pickle is as secret as the key file.
        return (_rebuild, (self._secret, self._family))


def as_key_ring(key: Key | Sequence[Key]) -> tuple[Key, ...]:
    """Return one key or a sequence of keys as a tuple without repetitions.

    Raises
    ------
    KeyFileError
        If it is empty, holds something else than keys, or more than 256 of them.
    """
    if isinstance(key, Key):
        return (key,)
    try:
        ring = tuple(dict.fromkeys(key))
    except TypeError:
        ring = ()
    if not ring or not all(isinstance(one, Key) for one in ring):
        raise KeyFileError(
            "key is a watermark key or a non-empty sequence of keys.",
            hint="Load one with watermark.Key.load, or make one with watermark.Key.generate.",
        )
    if len(ring) > MAX_RING:
        raise KeyFileError(f"A ring holds at most {MAX_RING} keys, not {len(ring)}.")
    return ring


def expand(seed: bytes, count: int) -> NDArray[np.uint8]:
    """Expand a seed into `count` bytes with SHAKE-256, uint8 (count,)."""
    return np.frombuffer(hashlib.shake_256(seed).digest(count), dtype=np.uint8)


def _rebuild(secret: bytes, family: str) -> Key:
    return Key(secret, family=family)


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) for at most 32 bytes of output: one extract, one expand block."""
    extracted = hmac.digest(b"indelible watermark v1", secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def _write_new_private_file(target: Path, content: bytes) -> None:
    """Write a whole file or none, mode 0600, never replacing one."""
    descriptor, name = tempfile.mkstemp(prefix=".indelible-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise
        except (AttributeError, OSError):
            # A file system without hard links: reserve the name, then replace our own reservation.
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
