"""Reading what an address names: a file here, an object in a store, a page on the web."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import unquote

from indelible import extras
from indelible.errors import (
    ImageTooLargeError,
    IndelibleError,
    MissingDependencyError,
    NetworkError,
    UnreadableImageError,
)
from indelible.files import open_regular, read_bytes
from indelible.limits import DEFAULT_LIMITS, Limits
from indelible.network import Fetcher

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

__all__ = ["STORE_SCHEMES", "Reader", "file_system", "local_path", "scheme_of"]

T = TypeVar("T")

STORE_SCHEMES: Final = frozenset(
    {"abfs", "abfss", "az", "gcs", "gs", "memory", "oss", "r2", "s3", "s3a"}
)
"""Object stores, which hold what somebody put there and reach nothing else."""

_WEB: Final = frozenset({"http", "https"})
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_FETCH_SECONDS: Final = 60.0
_BLOCK: Final = 4 << 20  # bytes that are read ahead in an archive in a store


def scheme_of(address: str) -> str | None:
    """Return an address's scheme in small letters; None for a path."""
    match = _SCHEME.match(address)
    return None if match is None else match.group(1).lower()


def local_path(address: str) -> str | None:
    """Return the path of a file of this machine; None where the address is elsewhere."""
    scheme = scheme_of(address)
    if scheme is None:
        return address
    return unquote(address.partition("://")[2]) if scheme in ("file", "local") else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads whole files by their addresses, and streams archives.

    What stands in a list or a column may be a stranger's. So paths and object stores are followed,
    other schemes only where they are named here, and the web only to hosts that are.

    Attributes
    ----------
    limits : Limits
        The largest file to read.
    hosts : tuple of str
        Hosts of ``http`` and ``https`` addresses that may be read, as `Fetcher` takes them: on the
        public internet only.
    schemes : frozenset of str
        Further schemes that fsspec knows and that may be followed.
    """

    limits: Limits = DEFAULT_LIMITS
    hosts: tuple[str, ...] = ()
    schemes: frozenset[str] = frozenset()

    def read(self, address: str) -> bytes:
        """Return the file at an address.

        Raises
        ------
        UnreadableImageError
            If it cannot be read, or may not be followed.
        ImageTooLargeError
            If it has more bytes than the limit.
        MissingDependencyError
            If the package for its store is not installed.
        """
        path = local_path(address)
        if path is not None:
            return read_bytes(path, limits=self.limits)
        scheme = scheme_of(address)
        if scheme in _WEB and scheme not in self.schemes:
            return self._fetched(address)
        self.check(address)

        def read(files: AbstractFileSystem, path: str) -> bytes:
            found: Any = files.cat_file(path, start=0, end=self.limits.max_bytes + 1)
            return bytes(found)

        data = called(address, read)
        self.limits.check_bytes(len(data))
        return data

    def open(self, address: str) -> IO[bytes]:
        """Open an archive or a table at an address, to be read from its beginning.

        Raises
        ------
        UnreadableImageError, MissingDependencyError
            As `read`.
        """
        path = local_path(address)
        if path is not None:
            try:
                return open_regular(path)
            except (OSError, ValueError) as error:
                raise _unreadable(address, error) from error
        self.check(address)

        def opened(files: AbstractFileSystem, path: str) -> IO[bytes]:
            stream: Any = files.open(path, "rb", block_size=_BLOCK, cache_type="readahead")
            return cast("IO[bytes]", stream)

        return called(address, opened)

    def check(self, address: str) -> None:
        """Raise for an address in a store that may not be followed."""
        scheme = scheme_of(address)
        if "::" in address:
            raise UnreadableImageError(
                f"{address!r} leads from one store into another, which is not followed."
            )
        if scheme not in STORE_SCHEMES | self.schemes:
            raise UnreadableImageError(
                f"{address!r} is of a kind ({scheme}://) that is not followed.",
                hint="In lists and tables, name files and object stores (s3://, gs://, abfs://).",
            )

    def _fetched(self, address: str) -> bytes:
        fetcher = Fetcher(self.hosts, timeout=_FETCH_SECONDS, max_bytes=self.limits.max_bytes)
        try:
            return fetcher.get(address)
        except NetworkError as error:
            raise UnreadableImageError(error.message, hint=error.hint) from error


def file_system(address: str) -> tuple[AbstractFileSystem, str]:
    """Return the store that an address is in, and the address's path there.

    Raises
    ------
    UnreadableImageError
        If fsspec knows no such store.
    MissingDependencyError
        If the package for it is not installed.
    """
    core = extras.load(
        "fsspec.core", extra="scan", missing="Reading from a store needs the package fsspec."
    )
    try:
        # fsspec keeps one for each process and thread.
        found: tuple[Any, str] = core.url_to_fs(address)
    except ImportError as error:
        raise MissingDependencyError(
            f"{address} is in a store that needs a package which is not installed.",
            hint="For S3: pip install 'indelible[objects]'; for others, their fsspec package.",
        ) from error
    except Exception as error:  # foreign code
        raise _unreadable(address, error) from error
    return found


def called(address: str, act: Callable[[AbstractFileSystem, str], T]) -> T:
    """Do something in a store; what goes wrong there becomes one of our errors."""
    files, path = file_system(address)
    try:
        return act(files, path)
    except IndelibleError:
        raise
    except MemoryError as error:
        raise ImageTooLargeError(f"{address!r} takes more memory than there is.") from error
    except Exception as error:  # foreign code
        raise _unreadable(address, error) from error


def _unreadable(address: str, error: Exception) -> UnreadableImageError:
    said = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
    missing = isinstance(error, FileNotFoundError)
    cause = "there is no such file" if missing else (said.splitlines() or [""])[0][:200]
    return UnreadableImageError(
        f"{address!r} cannot be read: {cause}", hint="Check the address and the access to it."
    )
