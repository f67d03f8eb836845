"""What a registry asks of a database: transactions that end in a result, or in an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import RegistryOutcomeUnknownError, RegistryUnavailableError
from indelible.registry.tables import SCHEMA_VERSION

__all__ = ["CommitFailedError", "Database", "cause_of", "newer", "unknown_outcome"]

T = TypeVar("T")


class Database(Protocol):
    """A database that holds a registry, or may come to hold one.

    `read` and `write` may call what they are given more than once, each time in a transaction of
    its own: it must do nothing but ask and change the database. They raise
    `RegistryUnavailableError` where the database cannot be used, and `write` raises
    `RegistryOutcomeUnknownError` where a commit was sent and not answered.
    """

    @property
    def name(self) -> str:
        """What messages call it; no password in it."""
        ...

    @property
    def url(self) -> str:
        """Its URL; no password in it."""
        ...

    @property
    def generation(self) -> object:
        """Equal as long as it is the same database: another file in its place is another one."""
        ...

    def exists(self) -> bool:
        """Whether there is anything at all."""
        ...

    def version(self) -> int | None:
        """Which schema its tables have; None where there are none."""
        ...

    def disk_bytes(self) -> int:
        """How much room it takes on its disk, as far as the database says."""
        ...

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Ask something."""
        ...

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Change something, in one transaction, making the tables where there are none."""
        ...

    def close(self) -> None:
        """Close what is open and not in use; it is opened again when it is needed."""
        ...


class CommitFailedError(Exception):
    """The commit was sent, and what became of it is unknown."""


def unknown_outcome(name: str, error: CommitFailedError) -> RegistryOutcomeUnknownError:
    """Return the error for a commit that was sent and not answered."""
    return RegistryOutcomeUnknownError(
        f"the registry {name} failed while it saved a change ({error}); the change "
        "may be there or not",
        hint="Ask for the record by its manifest id, repeat the change, or take it back.",
    )


def newer(name: str, version: int | str) -> RegistryUnavailableError:
    """Return the error for a registry whose schema this version does not know."""
    return RegistryUnavailableError(
        f"the registry {name} was made by a newer version of Indelible "
        f"(schema {version}, this one knows {SCHEMA_VERSION})",
        hint="Update Indelible.",
    )


def cause_of(error: BaseException) -> str:
    """Return what the system or the database itself said, on one line."""
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(original, OSError) and original.strerror:
        return original.strerror
    lines = str(original).strip().splitlines()
    return lines[0] if lines else type(original).__name__
