"""URLs of registries: the one place where a path becomes one, and is read out of one again.

::

    sqlite:///relative.sqlite3               relative to the working folder
    sqlite:////srv/data/registry.sqlite3     absolute
    sqlite:///registry.sqlite3?timeout=2.5   wait at most so many seconds for another writer
    postgresql+psycopg://user@host/name      a PostgreSQL database
    ...?manifests=s3://bucket/folder         manifest stores above 64 KiB go there
    https://registry.example/v1              a registry of one's own behind one's own service

The form is SQLAlchemy's; characters that have a meaning in a URL are percent-encoded (``%3F`` for a
question mark, ``%25`` for a percent sign).
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes, urlencode, urlsplit

from indelible.errors import ArgumentError

__all__ = [
    "DEFAULT_OPTIONS",
    "DEFAULT_TIMEOUT",
    "Options",
    "PostgresUrl",
    "RemoteUrl",
    "SqliteUrl",
    "parse_url",
    "password_of",
    "registry_url",
    "shown_url",
    "sqlite_url",
]

DEFAULT_TIMEOUT: Final = 10.0
_DEFAULT_INLINE: Final = 64 * 1024
_MAX_TIMEOUT: Final = 3600.0
_MAX_INLINE: Final = 16 * 1024 * 1024
_POSTGRES: Final = ("postgresql", "postgresql+psycopg", "postgres")
_REMOTE: Final = ("http", "https")
_REMOTE_PORTS: Final = {"http": 80, "https": 443}
_REMOTE_TIMEOUT: Final = 30.0
_MEMORY: Final = ("", ":memory:")
_HINT: Final = (
    "Write sqlite:///relative/path, sqlite:////absolute/path, "
    "postgresql+psycopg://user@host/database, or https://host/v1."
)
# What a URL may tell libpq (postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
_LIBPQ: Final = frozenset({
    "application_name", "channel_binding", "gssencmode", "host", "options", "passfile", "port",
    "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs",
})  # fmt: skip
_AUTHORITY: Final = re.compile(
    r"(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?"
    r"(?P<host>\[[^\]]*\]|[^:@/?]*)(?::(?P<port>[0-9]*))?"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the URL of any registry can say besides where it is.

    Attributes
    ----------
    timeout : float
        How long to wait for others who use the database, in seconds.
    manifests : str or None
        Object store for manifest stores: a URL that fsspec takes, or an absolute path.
    inline : int
        Manifest stores up to this size, in bytes, stay in the database all the same.
    """

    timeout: float = DEFAULT_TIMEOUT
    manifests: str | None = None
    inline: int = _DEFAULT_INLINE

    def query(self) -> dict[str, str]:
        """Return those that are not the default, as a URL's query has them."""
        default = DEFAULT_OPTIONS
        texts = {
            "timeout": str(self.timeout).removesuffix(".0"),
            "manifests": self.manifests or "",
            "inline": str(self.inline),
        }
        return {
            name: text for name, text in texts.items()
            if getattr(self, name) != getattr(default, name)
        }  # fmt: skip


DEFAULT_OPTIONS: Final = Options()


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """What the URL of an SQLite registry says.

    Attributes
    ----------
    path : Path
        The file.
    options : Options
        The rest.
    """

    path: Path
    options: Options = DEFAULT_OPTIONS

    def __str__(self) -> str:
        """Return the URL."""
        path = quote(os.fsencode(self.path.as_posix()), safe="/:")
        return f"sqlite:///{path}{_query(self.options.query())}"


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """What the URL of a PostgreSQL registry says; `str` leaves the password out.

    Attributes
    ----------
    server : str
        User, host and port as they stand in the URL, without the password.
    database : str
        Name of the database; empty for libpq's default.
    parameters : tuple of (str, str)
        What libpq is told besides.
    connect_timeout : float
        How long to wait for a connection, in seconds.
    options : Options
        The rest.
    """

    server: str
    database: str
    parameters: tuple[tuple[str, str], ...] = ()
    connect_timeout: float = DEFAULT_TIMEOUT
    options: Options = DEFAULT_OPTIONS

    def __str__(self) -> str:
        """Return the URL, without the password."""
        query = {**dict(self.parameters), **self.options.query()}
        if self.connect_timeout != DEFAULT_TIMEOUT:
            query["connect_timeout"] = str(self.connect_timeout).removesuffix(".0")
        return f"postgresql+psycopg://{self.server}/{quote(self.database)}{_query(query)}"


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """What the URL of a registry behind a service says.

    Attributes
    ----------
    base : str
        Its address, without a slash at the end.
    timeout : float
        How long a call may take in all, in seconds.
    """

    base: str
    timeout: float = _REMOTE_TIMEOUT

    @property
    def host(self) -> str:
        """Host and port, as a list of hosts has them."""
        parts = urlsplit(self.base)
        name = parts.hostname or ""
        port = _REMOTE_PORTS[parts.scheme] if parts.port is None else parts.port
        return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"

    def __str__(self) -> str:
        """Return the URL."""
        given = self.timeout != _REMOTE_TIMEOUT
        return self.base + (f"?timeout={str(self.timeout).removesuffix('.0')}" if given else "")


RegistryPlace: TypeAlias = SqliteUrl | PostgresUrl | RemoteUrl


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
    if isinstance(url, PostgresUrl | RemoteUrl):
        return text  # as it is: the password in it is needed
    return str(replace(url, path=((folder or Path()) / url.path).absolute()))


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without a password."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{scheme}{mark}{user.partition(':')[0]}{at}{host}{slash}{path}"


def parse_url(url: str) -> RegistryPlace:
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
    if scheme in _REMOTE:
        return _remote(url)
    if scheme in _POSTGRES:
        return _postgres(url, rest)
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
    options, others = _options(query)
    if others:
        raise _unknown(next(iter(others)))
    return SqliteUrl(_file(name), options)


def password_of(url: str) -> str | None:
    """Return the password in the URL of a PostgreSQL registry."""
    match = _AUTHORITY.match(url.partition("://")[2])
    password = match["password"] if match else None
    return None if password is None else unquote(password)


def _postgres(url: str, rest: str) -> PostgresUrl:
    place, _, query = rest.partition("?")
    authority, _, database = place.partition("/")
    match = _AUTHORITY.fullmatch(authority)
    name = unquote(database)
    if match is None or "/" in database or "\0" in name:
        raise _refused(f"{_shown(url)} is not the URL of a PostgreSQL database.")
    options, others = _options(query)
    connect_timeout = DEFAULT_TIMEOUT
    if "connect_timeout" in others:
        connect_timeout = _seconds(others.pop("connect_timeout"))
    for option in others:
        if option not in _LIBPQ:
            raise _unknown(option)
    user = "" if match["user"] is None else f"{match['user']}@"
    port = f":{match['port']}" if match["port"] else ""
    parameters = tuple(sorted(others.items()))
    return PostgresUrl(f"{user}{match['host']}{port}", name, parameters, connect_timeout, options)


def _remote(url: str) -> RemoteUrl:
    address, _, query = url.partition("?")
    try:
        parts = urlsplit(address)
        host, secret, _ = parts.hostname, "@" in parts.netloc, parts.port
    except ValueError as error:
        raise _refused(f"{_shown(url)} cannot be read.") from error
    printable = url.isascii() and url.isprintable() and " " not in url
    if not host or "#" in url or not printable:
        raise _refused(f"{_shown(url)} is not the URL of a registry behind a service.")
    if secret:
        raise _refused("The URL of a registry behind a service carries no password: give a token.")
    if parts.scheme == "http" and not _is_here(host):
        raise _refused(f"{host} would be sent the token by plain http, which others can read.")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=32) if query else []
    timeout = _REMOTE_TIMEOUT
    for name, value in pairs:
        if name != "timeout":
            raise _unknown(name)
        timeout = _seconds(value)
    return RemoteUrl(f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), timeout)


def _is_here(host: str) -> bool:
    """Whether a name says by itself that it is this machine."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _file(name: str) -> Path:
    if not name or "\0" in name:
        raise _refused("The name of a registry's file is empty or holds a NUL character.")
    return Path(name)


def _options(query: str) -> tuple[Options, dict[str, str]]:
    """Return the options of every registry, and those that are none of them."""
    options = DEFAULT_OPTIONS
    others: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=32)
    except ValueError as error:
        raise _refused("The URL of a registry has too many options.") from error
    for name, value in pairs:
        if name == "timeout":
            options = replace(options, timeout=_seconds(value))
        elif name == "manifests":
            options = replace(options, manifests=_object_store(value))
        elif name == "inline":
            options = replace(options, inline=_size(value))
        else:
            others[name] = value
    return options, others


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MAX_TIMEOUT:  # NaN fails too
        raise _refused(f"A registry's timeout is a number of seconds, not {_shown(text)}.")
    return seconds


def _size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) > _MAX_INLINE:
        raise _refused(f"inline is a number of bytes up to 16 MiB, not {_shown(text)}.")
    return int(text)


def _object_store(text: str) -> str:
    if "\0" in text or not (text.startswith("/") or re.match(r"[a-z][a-z0-9+]*://", text)):
        raise _refused(f"manifests is a folder's URL or absolute path, not {_shown(text)}.")
    return text.rstrip("/") or "/"


def _query(values: dict[str, str]) -> str:
    return f"?{urlencode(values, safe='/:', quote_via=quote)}" if values else ""


def _in_memory() -> ArgumentError:
    return _refused(
        "A registry in memory would be lost with the process, and what it leads to with it."
    )


def _unknown(option: str) -> ArgumentError:
    return _refused(f"The URL of a registry has no option {_shown(option)}.")


def _refused(message: str) -> ArgumentError:
    return ArgumentError("url", message, hint=_HINT)


def _shown(text: str) -> str:
    """Return a text for a message, cut; what may be a password in it is left out."""
    scheme, mark, rest = text.partition("://")
    shown = f"{scheme}{mark}{rest.rpartition('@')[2]}"
    return repr(shown if len(shown) <= 80 else f"{shown[:77]}...")
