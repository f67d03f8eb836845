"""URLs of registries: the one place where a path becomes one, and is read out of one again.

::

    sqlite:///relative.sqlite3               relative to the working folder
    sqlite:////srv/data/registry.sqlite3     absolute
    sqlite:///registry.sqlite3?timeout=2.5   wait at most so many seconds for another writer

The form is SQLAlchemy's; characters that have a meaning in a URL are percent-encoded (``%3F`` for a
question mark, ``%25`` for a percent sign).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from indelible.errors import ArgumentError

__all__ = ["DEFAULT_TIMEOUT", "SqliteUrl", "parse_url", "registry_url", "sqlite_url"]

DEFAULT_TIMEOUT: Final = 10.0
_MAX_TIMEOUT: Final = 3600.0
_LATER: Final = ("postgresql", "postgres", "http", "https")  # known, and not yet supported
_MEMORY: Final = ("", ":memory:")
_HINT: Final = "Write sqlite:///relative/path, or sqlite:////absolute/path."


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """What the URL of an SQLite registry says.

    Attributes
    ----------
    path : Path
        The file.
    timeout : float
        How long to wait for another process that is writing, in seconds.
    """

    path: Path
    timeout: float = DEFAULT_TIMEOUT

    def __str__(self) -> str:
        """Return the URL."""
        path = quote(os.fsencode(self.path.as_posix()), safe="/:")
        timeout = str(self.timeout).removesuffix(".0")
        query = "" if self.timeout == DEFAULT_TIMEOUT else f"?timeout={timeout}"
        return f"sqlite:///{path}{query}"


def sqlite_url(path: str | os.PathLike[str]) -> str:
    """Return the URL of the registry in an SQLite file, with the absolute path.

    Raises
    ------
    ArgumentError
        If no file can have this name.
    """
    return str(SqliteUrl(_file(os.fspath(path)).absolute()))


def registry_url(place: str | os.PathLike[str], *, folder: Path | None = None) -> str:
    """Return the URL of a registry that a person named, by its URL or by the path of a file.

    What contains ``://`` is a URL. For options and settings; programs say which they mean.

    Parameters
    ----------
    place : path or str
        A path, or a URL.
    folder : Path, optional
        What a relative path is relative to, in a URL too; by default the working folder.

    Raises
    ------
    ArgumentError
        If it is a URL that `open_registry` does not take, or no file can have this name.
    """
    text = os.fspath(place)
    url = parse_url(text) if "://" in text else SqliteUrl(_file(text))
    return str(SqliteUrl(((folder or Path()) / url.path).absolute(), url.timeout))


def parse_url(url: str) -> SqliteUrl:
    """Read the URL of a registry.

    Raises
    ------
    ArgumentError
        If it is not one, or is of a kind that this version does not support.
    """
    if not isinstance(url, str):
        raise _refused(f"The URL of a registry is text, not a {type(url).__name__}.")
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark:
        raise _refused(f"{_shown(url)} is not the URL of a registry.")
    if scheme.partition("+")[0] in _LATER:
        raise _refused(f"Registries at {scheme}:// are not supported in this version.")
    if scheme != "sqlite":
        raise _refused(f"There are no registries at {_shown(scheme)}://.")
    if not rest.startswith("/"):
        if not rest:
            raise _in_memory()
        raise _refused(f"{_shown(url)} names a host: an SQLite file has three slashes before it.")
    path, _, query = rest[1:].partition("?")
    try:
        name = os.fsdecode(unquote_to_bytes(path))
    except UnicodeDecodeError as error:  # where names of files are Unicode, not bytes
        raise _refused(f"{_shown(url)} is not valid Unicode.") from error
    if name in _MEMORY:
        raise _in_memory()
    return SqliteUrl(_file(name), _timeout(query))


def _file(name: str) -> Path:
    if not name or "\0" in name:
        raise _refused("The name of a registry's file is empty or holds a NUL character.")
    return Path(name)


def _timeout(query: str) -> float:
    timeout = DEFAULT_TIMEOUT
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=8):
        if name != "timeout":
            raise _refused(f"The URL of a registry has no option {_shown(name)}, only timeout.")
        try:
            timeout = float(value)
        except ValueError:
            timeout = -1.0
        if not 0 <= timeout <= _MAX_TIMEOUT:  # NaN fails too
            raise _refused(f"A registry's timeout is a number of seconds, not {_shown(value)}.")
    return timeout


def _in_memory() -> ArgumentError:
    return _refused(
        "A registry in memory would be lost with the process, and what it leads to with it."
    )


def _refused(message: str) -> ArgumentError:
    return ArgumentError("url", message, hint=_HINT)


def _shown(text: str) -> str:
    """Return a text for a message, cut; what may be a password in it is left out."""
    scheme, mark, rest = text.partition("://")
    shown = f"{scheme}{mark}{rest.rpartition('@')[2]}"
    return repr(shown if len(shown) <= 80 else f"{shown[:77]}...")
