"""The keys that seal generation records, and the file that holds them.

A record is sealed with AES-256-GCM (NIST SP 800-38D) under the newest key, bound to the manifest
that it is about, so that it cannot be moved to another one. Older keys open what they sealed. A
further key makes *tokens*: what an input picture is found by, without showing its fingerprint to
who reads the database.

The file holds the keys as they are, readable for its owner only, or wrapped by a key of a key
service: then it is of no use without that service.
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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from indelible.errors import KeyFileError, OutputError, OutputExistsError, RegistryError
from indelible.files import read_private_file, write_new_private_file
from indelible.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KeyWrapper", "RecordKeys"]

TOKEN_BYTES: Final = 16  # 128 bits of HMAC-SHA256: two inputs of the same token are the same one

_FORMAT: Final = "indelible-record-keys-1"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12  # of GCM; random ones serve 2^32 records of one key
_MOST_KEYS: Final = 1000
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024  # a wrapped key may be some hundred bytes


class KeyWrapper(Protocol):
    """A key in a key service that encrypts other keys. Any object with these members is one."""

    @property
    def name(self) -> str:
        """What the file calls it."""
        ...

    def wrap(self, key: bytes) -> bytes:
        """Return a key, encrypted."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the key that was wrapped.

        Raises
        ------
        RegistryError
            If the service refuses or cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """One key: its id, the key itself, and how the file holds it."""

    id: bytes
    key: Secret
    stored: Secret


class RecordKeys:
    """Seals generation records and opens them; made by `generate` or `load`.

    Notes
    -----
    It may be shared by threads and survives a fork. Its text shows the ids of keys only, and it
    cannot be pickled.
    """

    __slots__ = ("_index", "_sealing", "_wrapper")

    def __init__(
        self, sealing: tuple[_Held, ...], index: _Held, wrapper: KeyWrapper | None
    ) -> None:
        self._sealing = sealing
        self._index = index
        self._wrapper = wrapper

    @classmethod
    def generate(cls, *, wrapper: KeyWrapper | None = None) -> RecordKeys:
        """Draw new keys; with a wrapper, the file that `save` writes holds them wrapped."""
        return cls((_drawn(wrapper),), _drawn(wrapper), wrapper)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        wrapper: KeyWrapper | Callable[[str], KeyWrapper] | None = None,
    ) -> RecordKeys:
        """Read a file of record keys.

        A warning is logged, once, where others than its owner can read the file.

        Parameters
        ----------
        path : path
            What `save` wrote.
        wrapper : KeyWrapper or callable, optional
            What the keys in it are wrapped with; or what returns it for the name in the file,
            `indelible.registry.private.key_services.wrapper_named` for example.

        Raises
        ------
        KeyFileError
            If it cannot be read, is something else, was damaged, or needs another wrapper. The
            message never holds the file's content.
        RegistryError
            If the wrapper's service refuses.
        """
        name = os.fspath(path)
        try:
            content = Secret(read_private_file(path, _MAX_FILE_BYTES, what="record key"))
        except OSError as error:
            reason = "it is too large" if error.errno == errno.EFBIG else error.strerror
            raise KeyFileError(f"Cannot read the record keys {name!r}: {reason}.") from None
        except ValueError:
            raise KeyFileError(
                f"Cannot read the record keys {name!r}: not a usable path."
            ) from None
        found = _parsed(content, wrapper)
        if isinstance(found, str):
            raise KeyFileError(
                f"{name!r} {found}.",
                hint="Such a file is what `indelible registry keys new` writes.",
            )
        return cls(*found)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the keys to a new file that only its owner can read (mode 0600).

        Raises
        ------
        OutputExistsError
            If the file exists: record keys are never replaced, since their records would stay
            sealed for ever.
        OutputError
            If it cannot be written.
        """
        name = os.fspath(path)
        try:
            write_new_private_file(Path(path), self._content().reveal)
        except FileExistsError:
            raise OutputExistsError(
                f"{name!r} exists; record keys are never overwritten.",
                hint="Choose another name, or move the old keys away (they open records).",
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise OutputError(f"Cannot write the record keys {name!r}: {reason}.") from None

    def rotated(self) -> RecordKeys:
        """Return these keys with a new one, which seals from now on; the old ones still open."""
        return RecordKeys((_drawn(self._wrapper), *self._sealing), self._index, self._wrapper)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the sealing keys, the newest first: 16 hexadecimal digits each."""
        return tuple(one.id.hex() for one in self._sealing)

    def seal(self, data: bytes, about: str) -> bytes:
        """Encrypt a record.

        Parameters
        ----------
        data : bytes
            What `GenerationRecord.encode` returns.
        about : str
            Id of the manifest that it is about: it opens under no other one.

        Returns
        -------
        bytes
            36 bytes more than `data`: the key's id, the nonce, the record and its tag.
        """
        newest = self._sealing[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return newest.id + nonce + _gcm(newest.key).encrypt(nonce, data, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt a record.

        Raises
        ------
        RegistryError
            If no key here opens it: it was sealed with another one, is about another manifest, or
            was changed.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few need it

        key_id, rest = sealed[:_ID_BYTES], sealed[_ID_BYTES:]
        held = next((one for one in self._sealing if one.id == key_id), None)
        if held is None:
            raise RegistryError(
                f"a generation record is sealed with the key {key_id.hex()}, which is not here",
                hint="Use the file of record keys that was in use when the picture was made.",
            )
        try:
            return _gcm(held.key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError) as error:
            raise RegistryError(
                "a generation record was changed, or is about another manifest"
            ) from error

    def token(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is found by without being shown, 16 bytes; the same for ever."""
        message = purpose.encode() + b"\0" + value
        return hmac.digest(self._index.key.reveal(), message, "sha256")[:TOKEN_BYTES]

    def __repr__(self) -> str:
        """Show the ids of the keys."""
        return f"RecordKeys(ids={self.ids!r})"

    def _content(self) -> Secret:
        fields = {
            "format": _FORMAT,
            "wrapped_with": None if self._wrapper is None else self._wrapper.name,
            "sealing": [one.stored for one in self._sealing],
            "index": self._index.stored,
        }
        # Written by the encoder itself, so that no variable holds a key.
        return Secret(json.dumps(fields, default=_base64, indent=2) + "\n")


def _drawn(wrapper: KeyWrapper | None) -> _Held:
    key = Secret(secrets.token_bytes(_KEY_BYTES))
    return _Held(_id_of(key), key, key if wrapper is None else Secret(wrapper.wrap(key.reveal())))


def _id_of(key: Secret) -> bytes:
    return hashlib.sha256(b"indelible record key id\0" + key.reveal()).digest()[:_ID_BYTES]


def _gcm(key: Secret) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow to load

    return AESGCM(key.reveal())


def _base64(secret: Secret) -> str:
    return base64.b64encode(secret.reveal()).decode("ascii")


def _parsed(
    content: Secret, wrapper: KeyWrapper | Callable[[str], KeyWrapper] | None
) -> tuple[tuple[_Held, ...], _Held, KeyWrapper | None] | str:
    """Return a file's sealing keys, index key and wrapper, or what is wrong with its content."""
    try:
        fields = json.loads(content.reveal(), object_pairs_hook=_hiding)
    except (ValueError, RecursionError):
        return "is no file of record keys"
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        return "is no file of record keys"
    name = fields.get("wrapped_with")
    given: KeyWrapper | None = None
    if isinstance(name, str):
        given = wrapper(name) if callable(wrapper) else wrapper
    if name is not None and (given is None or given.name != name):
        return f"is wrapped with {name!r}, which was not given"
    sealing, index = fields.get("sealing"), fields.get("index")
    if not isinstance(sealing, list) or not 0 < len(sealing) <= _MOST_KEYS:
        return "was damaged"
    held = [_held(stored, given) for stored in (*sealing, index)]
    if not all(one is not None for one in held):
        return "was damaged"
    *first, last = (one for one in held if one is not None)
    return tuple(first), last, given


def _hiding(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a file's object, with the keys in it hidden at once."""
    return {name: _hidden(name, value) for name, value in pairs}


def _hidden(name: str, value: object) -> object:
    if name == "sealing" and isinstance(value, list):
        return [Secret(one) if isinstance(one, str) else one for one in value]
    return Secret(value) if name == "index" and isinstance(value, str) else value


def _held(stored: object, wrapper: KeyWrapper | None) -> _Held | None:
    if not isinstance(stored, Secret):
        return None
    try:
        raw = Secret(base64.b64decode(stored.reveal(), validate=True))
    except (binascii.Error, ValueError):
        return None
    key = raw if wrapper is None else Secret(wrapper.unwrap(raw.reveal()))
    return _Held(_id_of(key), key, raw) if len(key) == _KEY_BYTES else None
