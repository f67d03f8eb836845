"""What the commands of ``indelible registry`` share: which registry is meant, times, progress."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from indelible.cli._console import is_terminal, remark, stderr
from indelible.cli._errors import UsageError
from indelible.errors import NoRegistryError
from indelible.registry import open_registry, registry_url, sqlite_url
from indelible.settings import current

if TYPE_CHECKING:
    from indelible.registry import RemoteRegistry, SqlRegistry

__all__ = [
    "PlaceArgument",
    "YesOption",
    "confirm",
    "counted",
    "existing",
    "fillable",
    "named",
    "records",
    "shown_time",
    "user_name",
    "utc",
]

PlaceArgument: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE|URL]", help="The registry; by default yours.", show_default=False
    ),
]
YesOption: TypeAlias = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can be asked.")
]


def named(place: str | None, option: str | None = None) -> SqlRegistry:
    """Return the registry that an argument or the option names, else the user's own.

    Of several in the settings, the first is one's own: `protect` writes to it.

    Raises
    ------
    UsageError, ArgumentError
        If both name one, or what names it is no URL.
    """
    if place is not None and option is not None:
        raise UsageError("The registry is named twice.", hint="Leave out --registry.")
    wanted = place if place is not None else option
    if wanted is not None:
        return _here(open_registry(registry_url(wanted), token=None))
    defaults = current()
    urls = defaults.settings.registry.url or (sqlite_url(defaults.folders.registry),)
    if len(urls) > 1:
        remark(f"This is about the first of your {len(urls)} registries; --registry names another.")
    return _here(open_registry(urls[0], token=None))


def _here(registry: SqlRegistry | RemoteRegistry) -> SqlRegistry:
    """Return a registry whose database can be opened from here.

    Raises
    ------
    UsageError
        If it lies behind a service.
    """
    from indelible.registry import RemoteRegistry

    if isinstance(registry, RemoteRegistry):
        raise UsageError(
            f"{registry.url} lies behind a service: this works on its database.",
            hint="Run the command where the service runs.",
        )
    return registry


def existing(place: str | None, option: str | None = None) -> SqlRegistry:
    """Return the registry that is named; one that does not exist is a mistake in its name.

    Raises
    ------
    UsageError, ArgumentError
        If there is none.
    RegistryUnavailableError
        If it cannot be asked.
    """
    registry = named(place, option)
    try:
        registry.check()
    except NoRegistryError as error:
        if place is None and option is None and not current().has_registry():
            raise UsageError(
                "There is no registry yet: the first `indelible protect` makes yours.",
                hint="Name another one with --registry, or in the setting registry.url.",
            ) from error
        raise UsageError(error.message, hint=error.hint) from error
    return registry


def confirm(loss: str, *, yes: bool) -> None:
    """Ask whether to go on, on stderr, unless that was said; nobody to be asked is a no.

    Parameters
    ----------
    loss : str
        What would be lost, as a sentence.
    yes : bool
        Whether it was said.

    Raises
    ------
    UsageError
        If nobody can be asked.
    typer.Exit
        If the answer is no.
    """
    if yes:
        return
    if not is_terminal(sys.stdin) or not is_terminal(sys.stderr):
        raise UsageError(
            f"{loss} Nobody can be asked here whether that is meant.", hint="If it is, say --yes."
        )
    if not typer.confirm(f"{loss} Go on?", err=True):
        remark("Nothing was changed.")
        raise typer.Exit(1)


def fillable(option: str | None) -> SqlRegistry:
    """Return the registry that is named, or may yet be made there.

    Raises
    ------
    UsageError, ArgumentError
        If there is something else.
    RegistryUnavailableError
        If it cannot be asked.
    """
    registry = named(None, option)
    try:
        registry.check(must_exist=False)
    except NoRegistryError as error:
        raise UsageError(error.message, hint=error.hint) from error
    return registry


@contextmanager
def counted(title: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal's stderr how many records are done; yield what is to be told."""
    with stderr().status(title) as status:
        yield lambda done: status.update(f"{title}: {done}")


def records(count: int) -> str:
    """Return a number of records in words."""
    return "1 record" if count == 1 else f"{count} records"


def utc(moment: dt.datetime) -> dt.datetime:
    """Return a time that was given without a time zone as the one of this machine, in UTC."""
    return moment.astimezone(dt.UTC)


def shown_time(moment: dt.datetime | None) -> str:
    """Return a time for people."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def user_name() -> str:
    """Return the name of who runs this, as the system knows it rather than the environment."""
    try:
        import pwd
    except ImportError:  # Windows
        return os.getlogin()
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
