"""The one door to every registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indelible.registry.urls import parse_url

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["open_registry"]


def open_registry(url: str) -> SqlRegistry:
    """Return the registry at a URL.

    Nothing is opened, connected or made before the registry is first used, and no connection is
    held between two calls: it is safe over threads, processes and forks, and pickles as its URL.

    Parameters
    ----------
    url : str
        ``"sqlite:///relative/path"`` or ``"sqlite:////absolute/path"``, with ``?timeout=SECONDS``
        behind it to wait longer or less than 10 seconds for another process that is writing. The
        file and its folder are made on the first write, for their owner only. A path is relative to
        the folder that the process works in at this moment; `sqlite_url` makes a URL of one.

    Raises
    ------
    ArgumentError
        If it is no such URL. Other databases and servers are not supported in this version.

    Examples
    --------
    >>> registry = open_registry("sqlite:///registry.sqlite3")
    >>> registry.find("org.indelible.dft.2", bytes(8))          # doctest: +SKIP
    [Record(...)]
    """
    place = parse_url(url)
    # Whoever only names the protocol does not wait for SQLAlchemy to be loaded.
    from indelible.registry.sql import SqlRegistry  # noqa: PLC0415
    from indelible.registry.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqlRegistry(SqliteDatabase(place.path, timeout=place.timeout))
