"""What a row of random draws is, and the choices that its draws are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

from benchmarks.attacks.model import Attack, Operation
from indelible.choices import Strength

__all__ = ["Drawer", "Drawn", "Workload", "between", "fixed", "log_between", "one", "whole"]

T = TypeVar("T")
Drawn: TypeAlias = tuple[str, Operation]
Drawer: TypeAlias = Callable[[np.random.Generator], Drawn]

_UHD_SIDE = 3840


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of a table of random draws.

    Attributes
    ----------
    name : str
        Name of the group of draws.
    title : str
        What the row covers, in words.
    floor : float
        Share of exact recoveries that is promised, or the goal; 0 where it is only published.
    drawer : callable
        Draws (name, operation) from a random generator.
    root : (float, float) or None
        Range of the square root of the area, in pixels, that pictures are resized to before they
        are marked; None keeps their size.
    square : bool
        Whether pictures are cut square first.
    side : int or None
        Longest side in pixels that pictures are resized to before they are marked.
    strength : {"robust", "balanced", "discreet"} or None
        Of the mark; None is that of the whole run.
    tool : str or None
        Program on PATH that the attack needs.
    """

    name: str
    title: str
    floor: float
    drawer: Drawer
    root: tuple[float, float] | None = None
    square: bool = False
    side: int | None = None
    strength: Strength | None = None
    tool: str | None = None

    def draw(self, rng: np.random.Generator) -> Attack:
        """Draw an attack, with parameters at random.

        Parameters
        ----------
        rng : numpy.random.Generator
            The source of every parameter. The attack's own randomness (where a crop lies, noise)
            follows from its name and the seed it is called with, as everywhere.

        Returns
        -------
        Attack
        """
        name, operation = self.drawer(rng)
        source_side = _UHD_SIDE if name.startswith("4k") else self.side
        return Attack(name, self.name, (operation,), source_side)


def between(rng: np.random.Generator, low: float, high: float, digits: int = 3) -> float:
    """Draw a number between two others, rounded to `digits`."""
    return round(float(rng.uniform(low, high)), digits)


def log_between(rng: np.random.Generator, low: float, high: float, digits: int = 3) -> float:
    """Draw a factor between two others, so that halves are as likely as doubles."""
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), digits)


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def one(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    """Draw one of several options."""
    return options[int(rng.integers(0, len(options)))]


def fixed(name: str, operation: Operation) -> Drawer:
    """Return a drawer of always the same attack."""
    return lambda _: (name, operation)
