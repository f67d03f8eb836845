"""Watermark keys: 256 secret bits, and everything that is derived from them.

Nothing in the engine uses the secret itself. Each purpose draws its own stream from HKDF-SHA256
(RFC 5869) and expands it with SHAKE-256 (FIPS 202), so that no stream tells anything about another.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible.errors import KeyFileError, OutputError, OutputExistsError
from indelible.files import read_private_file, write_new_private_file
from indelible.secret import Secret

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

    def __init__(self, secret: bytes | Secret, *, family: str = DEFAULT_FAMILY) -> None:
        # No variable holds the bare secret from here on: an error's report would show it.
        secret = _hidden(secret)
        if len(secret) != SECRET_BYTES:
            raise KeyFileError(
                "A watermark key is exactly 32 bytes.",
                hint="Make one with watermark.Key.generate() or `indelible keys new`.",
            )
        if not isinstance(family, str) or not 0 < len(family) <= 64:
            raise KeyFileError("A key family's name has 1 to 64 characters.")
        self._secret = secret
        self._family = family
        self._id = _hkdf(secret, b"key id", 8).hex()

    @classmethod
    def generate(cls, *, family: str = DEFAULT_FAMILY) -> Key:
        """Draw a new key from the operating system's random source."""
        return cls(Secret(secrets.token_bytes(SECRET_BYTES)), family=family)

    @classmethod
    def from_bytes(cls, secret: bytes | Secret, *, family: str = DEFAULT_FAMILY) -> Key:
        """Make a key of 32 bytes that the caller keeps, in a secret store for example."""
        secret = _hidden(secret)
        return cls(secret, family=family)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file that :meth:`save` wrote.

        A warning is logged, once, where others than its owner can read the file.

        Raises
        ------
        KeyFileError
            If the file cannot be read, is not a key file, or was damaged. The message never holds
            the file's content.
        """
        key: Key | str
        try:
            key = _parse(Secret(read_private_file(path, _MAX_FILE_BYTES, what="watermark key")))
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise _unreadable(path, error.strerror) from None
            key = "is not a watermark key file"
        except ValueError:
            raise _unreadable(path, "not a usable path") from None
        if isinstance(key, str):
            raise KeyFileError(
                f"{os.fspath(path)!r} {key}.",
                hint="A key file is what Key.save or `indelible keys new` writes.",
            )
        return key

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
        try:
            write_new_private_file(target, _file_content(self._secret, self._family).reveal)
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
        same = hmac.compare_digest(self._secret.reveal(), other._secret.reveal())
        return same and self._family == other._family

    def __hash__(self) -> int:
        return hash((self._id, self._family))

    def __repr__(self) -> str:
        return f"Key(id={self._id!r}, family={self._family!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes need keys; a pickle is as secret as the key file.
        return (_rebuild, (self._secret.reveal(), self._family))


def as_key_ring(key: Key | Sequence[Key]) -> tuple[Key, ...]:
    """Return one key or a sequence of keys as a tuple without repetitions.

    In the order given; a set, which has none, in that of the keys' ids.

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
    if isinstance(key, set | frozenset):
        ring = tuple(sorted(ring, key=lambda one: (one.id, one.family)))
    if len(ring) > MAX_RING:
        raise KeyFileError(f"A ring holds at most {MAX_RING} keys, not {len(ring)}.")
    return ring


def expand(seed: bytes, count: int) -> NDArray[np.uint8]:
    """Expand a seed into `count` bytes with SHAKE-256, uint8 (count,)."""
    return np.frombuffer(hashlib.shake_256(seed).digest(count), dtype=np.uint8)


def _rebuild(secret: bytes, family: str) -> Key:
    return Key(secret, family=family)


def _hidden(secret: bytes | bytearray | Secret) -> Secret:
    """Return the secret, hidden; an empty one of what is no secret at all."""
    return Secret(secret) if isinstance(secret, bytes | bytearray | Secret) else Secret(b"")


def _hkdf(secret: Secret, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) for at most 32 bytes of output: one extract, one expand block."""
    return hmac.digest(
        hmac.digest(b"indelible watermark v1", secret.reveal(), "sha256"), info + b"\x01", "sha256"
    )[:length]


def _check(secret: Secret, family: str) -> str:
    """Return the digest by which a damaged key file is told from a whole one."""
    digest = hashlib.sha256(f"{_FILE_TYPE} {_FILE_VERSION} {family}\0".encode(errors="replace"))
    digest.update(secret.reveal())
    return digest.hexdigest()[:32]


def _file_content(secret: Secret, family: str) -> Secret:
    fields = {
        "type": _FILE_TYPE,
        "version": _FILE_VERSION,
        "family": family,
        "secret": secret,
        "check": _check(secret, family),
    }
    # Written by the encoder itself, so that no variable holds it.
    return Secret(json.dumps(fields, default=_base64) + "\n")


def _base64(secret: Secret) -> str:
    return base64.b64encode(secret.reveal()).decode("ascii")


def _parse(content: Secret) -> Key | str:
    """Return the key in a file's content, or what is wrong with it."""
    try:
        fields = json.loads(content.reveal(), object_pairs_hook=_hiding)
    except (ValueError, RecursionError):
        return "is not a watermark key file"
    if not isinstance(fields, dict) or fields.get("type") != _FILE_TYPE:
        return "is not a watermark key file"
    if fields.get("version") != _FILE_VERSION:
        return "is a watermark key file of a version that is not known here"
    secret, family = fields.get("secret"), fields.get("family")
    if (
        set(fields) != {"type", "version", "family", "secret", "check"}
        or not isinstance(secret, Secret)
        or len(secret) != SECRET_BYTES
        or not isinstance(family, str)
        or not 0 < len(family) <= 64
        or fields["check"] != _check(secret, family)
    ):
        return "is a damaged watermark key file: restore it from a backup"
    return Key(secret, family=family)


def _hiding(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Hide what stands under "secret" while a key file is parsed; refuse repeated names."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        return {"type": _FILE_TYPE, "version": _FILE_VERSION}
    return {name: _decoded(value) if name == "secret" else value for name, value in pairs}


def _decoded(value: object) -> Secret | None:
    try:
        secret = Secret(base64.b64decode(value, validate=True))  # type: ignore[arg-type]
    except (ValueError, TypeError, binascii.Error):
        return None
    return secret if _base64(secret) == value else None  # else bits after the last byte are set


def _unreadable(path: str | os.PathLike[str], reason: str | None) -> KeyFileError:
    return KeyFileError(
        f"Cannot read the watermark key {os.fspath(path)!r}: {reason or 'unknown reason'}.",
        hint="Make one with `indelible keys new`, or check the path and its permissions.",
    )
