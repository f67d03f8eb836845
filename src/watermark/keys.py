"""Watermark keys: 256 secret bits, and everything that is derived from them.

Nothing in the engine uses the secret itself. Each purpose draws its own stream from HKDF-SHA256
(RFC 5869), salted by the version of the carrier, and expands it with SHAKE-256 (FIPS 202), so that
no stream reveals anything about another.
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
from indelible.watermark.versions import CURRENT, VERSIONS, CarrierVersion

__all__ = ["DEFAULT_FAMILY", "Key", "as_key_ring"]

SECRET_BYTES = 32  # 256 bits: as many as the hash in HKDF-SHA256 gives
DEFAULT_FAMILY = "default"
MAX_RING = 256  # a search tests each key on each candidate, and the bound grows with the keys
_FILE_TYPE = "indelible-watermark-key"
_MAX_FILE_BYTES = 4096  # ten times what Key.save writes


class Key:
    """A watermark key.

    Parameters
    ----------
    secret : bytes
        Exactly 32 bytes.
    family : str, optional
        Keys of one family put their pilots at the same frequencies (never with the same phases), so
        that a ring of such keys is searched at nearly the price of one. See ``docs/watermark.md``
        for what sharing reveals to an attacker.
    version : CarrierVersion, optional
        The version of the marks that the key makes and finds, one of ``versions.VERSIONS``; by
        default the current one.

    Raises
    ------
    KeyFileError
        If the secret has another length, the family's name is empty or over 64 characters, or there
        is no such version.
    """

    __slots__ = ("__weakref__", "_family", "_id", "_secret", "_version")

    def __init__(
        self,
        secret: bytes | Secret,
        *,
        family: str = DEFAULT_FAMILY,
        version: CarrierVersion = CURRENT,
    ) -> None:
        # No variable holds the bare secret from here on: an error's report would show it.
        secret = _hidden(secret)
        if len(secret) != SECRET_BYTES:
            raise KeyFileError(
                "A watermark key is exactly 32 bytes.",
                hint="Make one with watermark.Key.generate() or `indelible keys new`.",
            )
        if not isinstance(family, str) or not 0 < len(family) <= 64:
            raise KeyFileError("A key family's name has 1 to 64 characters.")
        if version not in VERSIONS.values():
            raise KeyFileError(
                f"There is no version {getattr(version, 'number', version)!r} of the watermark.",
                hint=f"Known are {', '.join(map(str, VERSIONS))}.",
            )
        self._secret = secret
        self._family = family
        self._version = version
        self._id = _hkdf(secret, version.salt, b"key id", 8).hex()

    @classmethod
    def generate(cls, *, family: str = DEFAULT_FAMILY) -> Key:
        """Draw a new key of the current version from the operating system's random source."""
        return cls(Secret(secrets.token_bytes(SECRET_BYTES)), family=family)

    @classmethod
    def from_bytes(
        cls,
        secret: bytes | Secret,
        *,
        family: str = DEFAULT_FAMILY,
        version: CarrierVersion = CURRENT,
    ) -> Key:
        """Make a key of 32 bytes that the caller keeps, in a secret store for example.

        Whoever keeps only the bytes must keep the version's number, too: the same bytes make
        unrelated keys in different versions.
        """
        secret = _hidden(secret)
        return cls(secret, family=family, version=version)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file that :meth:`save` wrote.

        A warning is logged, once, where others than its owner can read the file.

        Raises
        ------
        KeyFileError
            If the file cannot be read, is not a key file, is of a version that is not known here,
            or was damaged. The message never holds the file's content.
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
            write_new_private_file(
                target, _file_content(self._secret, self._family, self._version).reveal
            )
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
        """16 hexadecimal digits that name the key and reveal nothing about it."""
        return self._id

    @property
    def family(self) -> str:
        """The family whose pilot frequencies this key uses."""
        return self._family

    @property
    def version(self) -> CarrierVersion:
        """The version of the marks that this key makes and finds."""
        return self._version

    @property
    def algorithm(self) -> str:
        """Name of these marks in manifests and registries."""
        return self._version.algorithm

    def stream(self, purpose: str, count: int) -> NDArray[np.uint8]:
        """Return `count` pseudo-random bytes for one purpose, uint8 (count,)."""
        seed = _hkdf(self._secret, self._version.salt, purpose.encode(), SECRET_BYTES)
        return expand(seed, count)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        same = hmac.compare_digest(self._secret.reveal(), other._secret.reveal())
        return same and (self._family, self._version) == (other._family, other._version)

    def __hash__(self) -> int:
        return hash((self._id, self._family, self._version))

    def __repr__(self) -> str:
        version = self._version.number
        return f"Key(id={self._id!r}, family={self._family!r}, version={version})"

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes need keys; a pickle is as secret as the key file.
        return (_rebuild, (self._secret.reveal(), self._family, self._version))


def as_key_ring(key: Key | Sequence[Key]) -> tuple[Key, ...]:
    """Return one key or a sequence of keys as a tuple without repetitions.

    The order is the one given; a set, which has none, is ordered by the keys' ids.

    Raises
    ------
    KeyFileError
        If it is empty, holds anything other than keys, or holds more than 256 of them.
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
        ring = tuple(sorted(ring, key=lambda one: (one.id, one.family, one.version.number)))
    if len(ring) > MAX_RING:
        raise KeyFileError(f"A ring holds at most {MAX_RING} keys, not {len(ring)}.")
    return ring


def expand(seed: bytes, count: int) -> NDArray[np.uint8]:
    """Expand a seed into `count` bytes with SHAKE-256, uint8 (count,)."""
    return np.frombuffer(hashlib.shake_256(seed).digest(count), dtype=np.uint8)


def _rebuild(secret: bytes, family: str, version: CarrierVersion) -> Key:
    return Key(secret, family=family, version=version)


def _hidden(secret: bytes | bytearray | Secret) -> Secret:
    """Return the secret, hidden; an empty one for anything that is no secret at all."""
    return Secret(secret) if isinstance(secret, bytes | bytearray | Secret) else Secret(b"")


def _hkdf(secret: Secret, salt: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) for at most 32 bytes of output: one extract, one expand block."""
    block = info + b"\x01"
    return hmac.digest(hmac.digest(salt, secret.reveal(), "sha256"), block, "sha256")[:size]


def _check(secret: Secret, family: str, version: CarrierVersion) -> str:
    """Return the digest that shows whether a key file is damaged."""
    digest = hashlib.sha256(f"{_FILE_TYPE} {version.number} {family}\0".encode(errors="replace"))
    digest.update(secret.reveal())
    return digest.hexdigest()[:32]


def _file_content(secret: Secret, family: str, version: CarrierVersion) -> Secret:
    fields = {
        "type": _FILE_TYPE,
        "version": version.number,
        "family": family,
        "secret": secret,
        "check": _check(secret, family, version),
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
    number = fields.get("version")
    version = VERSIONS.get(number) if isinstance(number, int) else None
    if version is None:
        known = ", ".join(map(str, VERSIONS))
        return (
            f"is a watermark key file of another version than {known}: make a new key with "
            "`indelible keys new`, or use the release that wrote the file"
        )
    secret, family = fields.get("secret"), fields.get("family")
    if (
        set(fields) != {"type", "version", "family", "secret", "check"}
        or not isinstance(secret, Secret)
        or len(secret) != SECRET_BYTES
        or not isinstance(family, str)
        or not 0 < len(family) <= 64
        or fields["check"] != _check(secret, family, version)
    ):
        return "is a damaged watermark key file: restore it from a backup"
    return Key(secret, family=family, version=version)


def _hiding(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Hide what stands under "secret" while a key file is parsed; refuse repeated names."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        return {"type": _FILE_TYPE, "version": CURRENT.number}  # damaged
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
