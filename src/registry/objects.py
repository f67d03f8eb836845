"""Where large manifest stores lie: a folder, or any object store that fsspec knows.

An object's name is the SHA-256 of what is in it, so that what is read can be checked, and a number
that is drawn for this one registration, so that it can be removed without asking whose it is, too.
The database holds names and no addresses: a file that is somebody else's leads nowhere but below
the folder that its URL names, and a store that was moved needs another URL and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from indelible.errors import (
    IndelibleError,
    MissingDependencyError,
    RegistryUnavailableError,
)
from indelible.files import make_private_folder, read_file, write_new_private_file

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

__all__ = ["ObjectStore", "open_objects"]

T = TypeVar("T")

_NAME: Final = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})-[0-9a-f]{16}\.c2pa")


class ObjectStore(Protocol):
    """A folder of objects, each named after its content."""

    def write(self, data: bytes) -> str:
        """Store something durably; return its name."""
        ...

    def read(self, name: str, *, limit: int) -> bytes:
        """Return what was stored, checked, if it has `limit` bytes at most."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object; that it is not there any more is no failure."""
        ...


def open_objects(place: str) -> ObjectStore:
    """Return the object store at a URL, or in the folder of an absolute path."""
    path = place.removeprefix("file://")
    return _Folder(Path(path)) if path.startswith("/") else _Remote(place)


def _new_name(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest}-{secrets.token_hex(8)}.c2pa"


def _checked_name(place: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise RegistryUnavailableError(
            "the registry is damaged: an entry does not name its manifest's object",
            hint=f"Restore the registry that goes with {place} from a backup.",
        )
    return name


def _checked(place: str, name: str, data: bytes) -> bytes:
    if hashlib.sha256(data).hexdigest() not in name:
        raise RegistryUnavailableError(
            f"the manifest {name} in {place} is damaged",
            hint="Restore it from a backup, or withdraw its record.",
        )
    return data


class _Folder:
    """A folder on a disk of this machine; what is written is synced before it is named."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, data: bytes) -> str:
        name = _new_name(data)
        path = self._folder / name
        try:
            make_private_folder(path.parent)
            write_new_private_file(path, lambda: data)
        except OSError as error:
            raise _unavailable(str(self._folder), error) from error
        return name

    def read(self, name: str, *, limit: int) -> bytes:
        try:
            data = read_file(self._folder / _checked_name(str(self._folder), name), limit)
        except (OSError, ValueError) as error:
            raise _unavailable(str(self._folder), error) from error
        return _checked(str(self._folder), name, data)

    def remove(self, name: str) -> None:
        try:
            (self._folder / _checked_name(str(self._folder), name)).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(str(self._folder), error) from error


class _Remote:
    """Anything else that fsspec can reach. What it acknowledges is taken to be durable."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def write(self, data: bytes) -> str:
        name = _new_name(data)
        self._call(lambda files, path: files.pipe_file(path, data), name)
        return name

    def read(self, name: str, *, limit: int) -> bytes:
        def read(files: AbstractFileSystem, path: str) -> bytes:
            data = files.cat_file(path, start=0, end=limit + 1)
            return data if isinstance(data, bytes) else bytes(data, "utf-8")

        data = self._call(read, _checked_name(self._url, name))
        return _checked(self._url, name, data)

    def remove(self, name: str) -> None:
        def remove(files: AbstractFileSystem, path: str) -> None:
            with suppress(FileNotFoundError):
                files.rm_file(path)

        self._call(remove, _checked_name(self._url, name))

    def _call(self, act: Callable[[AbstractFileSystem, str], T], name: str) -> T:
        """Do something with an object; what goes wrong becomes one of our errors."""
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - only where it is needed

            # fsspec keeps one for each process and thread, so that nothing is shared over a fork.
            files, path = url_to_fs(f"{self._url}/{name}")
        except ImportError as error:
            raise MissingDependencyError(
                f"The object store {self._url} needs a package that is not installed.",
                hint="For S3: pip install 'indelible[objects]'; for others, their fsspec package.",
            ) from error
        except Exception as error:  # foreign code
            raise _unavailable(self._url, error) from error
        try:
            return act(files, path)
        except IndelibleError:
            raise
        except Exception as error:  # foreign code
            raise _unavailable(self._url, error) from error


def _unavailable(place: str, error: Exception) -> RegistryUnavailableError:
    missing = isinstance(error, FileNotFoundError)
    cause = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
    what = "does not hold a manifest that it should" if missing else "cannot be used"
    return RegistryUnavailableError(
        f"the object store {place} {what}: {cause.splitlines()[0]}",
        hint="Check its address and the access to it.",
    )
