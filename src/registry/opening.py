"""The one door to every registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indelible.registry.urls import PostgresUrl, parse_url

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["open_registry"]


def open_registry(url: str) -> SqlRegistry:
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
        password file. docs/registry.md has all options.

    Raises
    ------
    ArgumentError
        If it is no such URL. Registries behind a server (https) come with a later version.

    Examples
    --------
    >>> registry = open_registry("sqlite:///registry.sqlite3")
    >>> registry.find("org.indelible.dft.2", bytes(8))          # doctest: +SKIP
    [Record(...)]
    """
    place = parse_url(url)
    # Whoever only names the protocol does not wait for SQLAlchemy to be loaded.
    from indelible.registry.sql import SqlRegistry  # noqa: PLC0415

    if isinstance(place, PostgresUrl):
        from indelible.registry.postgres import PostgresDatabase  # noqa: PLC0415

        return SqlRegistry(PostgresDatabase(url), place.options)
    from indelible.registry.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqlRegistry(SqliteDatabase(place.path, place.options), place.options)
