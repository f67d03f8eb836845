"""Counting without end, in bounded memory."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from indelible.scan.tallies import _MOST_BINS, _MOST_KEPT, Tally, Timeline

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


def test_counts_are_exact_and_ranked() -> None:
    tally: Tally[str] = Tally()
    for name in "abcbcc":
        tally.add(name)
    assert tally.ranked() == [("c", 3), ("b", 2), ("a", 1)]
    assert (tally.total, tally.exact) == (6, True)


def test_of_names_without_end_the_frequent_ones_are_kept() -> None:
    tally: Tally[str] = Tally()
    for number in range(6 * _MOST_KEPT):
        tally.add(f"rare {number}")
        if number % 10 == 0:
            tally.add("frequent")
    assert len(tally.counts()) <= 2 * _MOST_KEPT
    assert tally.ranked()[0] == ("frequent", -(-6 * _MOST_KEPT // 10))
    assert tally.total == 6 * _MOST_KEPT + -(-6 * _MOST_KEPT // 10)
    assert not tally.exact


def test_hours_are_told_without_gaps() -> None:
    line = Timeline(EARLIEST, LATEST)
    line.add(at(2026, 11, 26, 10, 59))
    line.add(at(2026, 11, 26, 13), 5)
    assert line.step == "hour"
    assert [one.count for one in line.bins()] == [1, 0, 0, 5]
    assert line.bins()[0].start == at(2026, 11, 26, 10)


def test_other_zones_are_told_in_utc() -> None:
    line = Timeline(EARLIEST, LATEST)
    line.add(dt.datetime(2026, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5))))
    assert line.bins()[0].start == at(2025, 12, 31, 20)


def test_impossible_times_are_left_out() -> None:
    line = Timeline(EARLIEST, LATEST)
    west = dt.timezone(-dt.timedelta(hours=10))
    for moment in (at(1999, 12, 31), at(2100, 1, 2), dt.datetime(9999, 12, 31, 23, tzinfo=west)):
        line.add(moment)
    assert (line.bins(), line.outside) == ([], 3)


@given(st.lists(st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None))))
def test_nothing_is_lost_and_the_plot_stays_small(moments: list[dt.datetime]) -> None:
    line = Timeline(EARLIEST, LATEST)
    for moment in moments:
        line.add(moment.replace(tzinfo=dt.UTC))
    bins = line.bins()
    assert sum(one.count for one in bins) == len(moments)
    assert len(bins) <= _MOST_BINS + 2
    starts = [one.start for one in bins]
    assert starts == sorted(set(starts))


def test_memory_is_bounded_whatever_the_times_are() -> None:
    line = Timeline(EARLIEST, LATEST)
    for number in range(3 * _MOST_KEPT):
        line.add(EARLIEST + dt.timedelta(hours=29 * number))
    assert len(line._bins) <= _MOST_KEPT
    assert sum(one.count for one in line.bins()) == 3 * _MOST_KEPT
