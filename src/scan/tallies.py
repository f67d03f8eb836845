"""Counting what strangers wrote, of which there may be any number, in bounded memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeAlias, TypeVar, get_args

__all__ = ["Bin", "Step", "Tally", "Timeline"]

Key = TypeVar("Key", bound=Hashable)

Step: TypeAlias = Literal["hour", "day", "month", "year"]

_MOST_KEPT: Final = 8192  # groups: a hostile set can have a signer of its own for every picture
_MOST_BINS: Final = 120  # that a plot shows as bars
_STEPS: Final[tuple[Step, ...]] = get_args(Step)


class Tally(Generic[Key]):
    """How often each of many things was counted.

    Of more than 8,192 different ones the rarest are given up, into `others`: what was given up and
    comes again begins at nothing, so its count is too low from then on (`exact` is false).
    """

    def __init__(self) -> None:
        self._counts: dict[Key, int] = {}
        self.others = 0

    @property
    def exact(self) -> bool:
        """Whether every count is the true one."""
        return self.others == 0

    @property
    def total(self) -> int:
        """How often anything was counted."""
        return sum(self._counts.values()) + self.others

    def add(self, key: Key, count: int = 1) -> None:
        """Count one."""
        self._counts[key] = self._counts.get(key, 0) + count
        if len(self._counts) > 2 * _MOST_KEPT:
            ordered = self.ranked()
            self._counts = dict(ordered[:_MOST_KEPT])
            self.others += sum(count for _, count in ordered[_MOST_KEPT:])

    def ranked(self) -> list[tuple[Key, int]]:
        """Return what was counted, the most frequent first, then as it came."""
        return sorted(self._counts.items(), key=lambda one: -one[1])

    def counts(self) -> Mapping[Key, int]:
        """Return what was counted."""
        return self._counts


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar of a plot over time.

    Attributes
    ----------
    start : datetime
        With what it begins, UTC.
    count : int
        How much fell into it.
    """

    start: dt.datetime
    count: int


class Timeline:
    """How much happened when, by the hour, or as coarsely as it takes to show it.

    Parameters
    ----------
    earliest, latest : datetime
        What is before or after is counted as `outside`: a stranger may write any time.
    """

    def __init__(self, earliest: dt.datetime, latest: dt.datetime) -> None:
        self._earliest, self._latest = earliest, latest
        self._bins: dict[dt.datetime, int] = {}
        self.step: Step = "hour"
        self.outside = 0

    def add(self, moment: dt.datetime, count: int = 1) -> None:
        """Count what happened at a moment, with a time zone."""
        try:
            moment = moment.astimezone(dt.UTC)
        except (OverflowError, ValueError):  # at the ends of the calendar
            self.outside += count
            return
        if not self._earliest <= moment <= self._latest:
            self.outside += count
            return
        start = _start(moment, self.step)
        self._bins[start] = self._bins.get(start, 0) + count
        # Far more than are shown: gaps between them do not count here.
        while len(self._bins) > _MOST_KEPT:
            self._coarsen()

    def bins(self) -> list[Bin]:
        """Return the bars from the first to the last, empty ones too."""
        if not self._bins:
            return []
        while self.step != _STEPS[-1] and self._span() > _MOST_BINS:
            self._coarsen()
        found = []
        at, last = min(self._bins), max(self._bins)
        while at <= last:
            found.append(Bin(at, self._bins.get(at, 0)))
            at = _next(at, self.step)
        return found

    def _span(self) -> int:
        """Return about how many bars lie between the first and the last."""
        hours = (max(self._bins) - min(self._bins)) / dt.timedelta(hours=1)
        return int(hours / {"hour": 1, "day": 24, "month": 730, "year": 8766}[self.step]) + 1

    def _coarsen(self) -> None:
        self.step = _STEPS[_STEPS.index(self.step) + 1]
        bins, self._bins = self._bins, {}
        for start, count in bins.items():
            coarse = _start(start, self.step)
            self._bins[coarse] = self._bins.get(coarse, 0) + count


def _start(moment: dt.datetime, step: Step) -> dt.datetime:
    """Return when the hour, day, month or year of a moment began."""
    whole = moment.replace(minute=0, second=0, microsecond=0)
    if step == "hour":
        return whole
    if step == "day":
        return whole.replace(hour=0)
    return whole.replace(hour=0, day=1, month=whole.month if step == "month" else 1)


def _next(start: dt.datetime, step: Step) -> dt.datetime:
    """Return when the hour, day, month or year after one began."""
    # One day more than the longest is in the next, wherever the step begins.
    days = {"hour": 0, "day": 1, "month": 32, "year": 367}[step]
    return _start(start + dt.timedelta(days=days, hours=step == "hour"), step)
