"""The one door to every registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from indelible.registry.urls import PostgresUrl, RemoteUrl, parse_url
from indelible.secret import Secret

if TYPE_CHECKING:
    from indelible.registry.remote import RemoteRegistry
    from indelible.registry.sql import SqlRegistry

__all__ = ["open_registry"]


@overload
def open_registry(url: str) -> SqlRegistry: ...  # of an https URL one that only has `Registry`'s


@overload
def open_registry(url: str, *, token: str | Secret | None) -> SqlRegistry | RemoteRegistry: ...


def open_registry(url: str, *, token: str | Secret | None = None) -> SqlRegistry | RemoteRegistry:
    """Return the registry at a URL.

    Nothing is opened, connected or made before the registry is first used. It is safe over threads,
    processes and forks, and pickles as its URL (with the password, if there is one in it).

    Parameters
    ----------
    url : str
        ``"sqlite:///relative/path"`` or ``"sqlite:////absolute/path"``, with ``?timeout=SECONDS``
        behind it to wait longer or less than 10 seconds for another process that is writing. The
        file and its folder are made on the first write, for their owner only. A path is relative to
        the folder that the process works in at this moment; `sqlite_url` makes a URL of one.
        ``"postgresql+psycopg://user@host/database"`` is a PostgreSQL database, with
        ``?timeout=SECONDS`` for each statement and ``?connect_timeout=SECONDS``; its tables are
        made on the first write. A password comes from the URL, from ``PGPASSWORD``, or from a
        password file. ``"https://host/v1"`` is a registry of one's own behind one's own service: it
        has the methods of `Registry`, and no others. docs/registry.md has all options.
    token : str or Secret, optional
        Bearer token for a registry behind a service, with the scopes ``fetch:records`` and, to
        register, ``store:manifests``; empty for none. By default that in the environment variable
        ``INDELIBLE_REGISTRY_TOKEN``.

    Raises
    ------
    ArgumentError
        If it is no such URL.

    Examples
    --------
    >>> registry = open_registry("sqlite:///registry.sqlite3")
    >>> registry.find("org.indelible.dft.2", bytes(8))          # doctest: +SKIP
    [Record(...)]
    """
    place = parse_url(url)
    if isinstance(place, RemoteUrl):
        from indelible.registry.remote import RemoteRegistry  # noqa: PLC0415

        return RemoteRegistry(place, None if token is None else Secret(token))
    # Whoever only names the protocol does not wait for SQLAlchemy to be loaded.
    from indelible.registry.sql import SqlRegistry  # noqa: PLC0415

    if isinstance(place, PostgresUrl):
        from indelible.registry.postgres import PostgresDatabase  # noqa: PLC0415

        return SqlRegistry(PostgresDatabase(url), place.options)
    from indelible.registry.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqlRegistry(SqliteDatabase(place.path, place.options), place.options)
