"""What can be asked of a registry at once: every query has a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indelible.errors import ArgumentError, RegistryError
from indelible.registry.rows import check_value

__all__ = ["MOST_LISTED", "check_binding", "check_limit", "check_number"]

MOST_LISTED: Final = 1000
"""Entries of a page."""

_MOST_ASKED: Final = 1000  # ids or tokens of one query


def check_limit(limit: int, most: int | None = None) -> None:
    """Make sure that a limit is 1 or more, and no more than there may be; else `ArgumentError`."""
    if limit < 1 or (most is not None and limit > most):
        hint = "Give 1 or more." if most is None else f"Give 1 to {most}."
        raise ArgumentError("limit", f"limit is {limit}.", hint=hint)


def check_number(name: str, values: Sequence[object]) -> None:
    """Make sure that not too many values are asked for at once; else `ArgumentError`."""
    if len(values) > _MOST_ASKED:
        raise ArgumentError(
            name, f"{name} are {len(values)}.", hint=f"Ask for {_MOST_ASKED} at once at most."
        )


def check_binding(algorithm: str, value: bytes) -> None:
    """Make sure that a binding can be stored; else `RegistryError`."""
    check_value("algorithm", algorithm)
    check_value("payload", value)
    if not algorithm or not value:
        raise RegistryError("a binding needs an algorithm and a value")
