"""Work over many items: their order, a bounded window, errors for each, interruptions, crashes."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from indelible import batch
from indelible.errors import ArgumentError, WorkerDiedError


def halve(number: int) -> float:
    if number < 0:
        raise ValueError(number)
    return number / 2


def die(number: int) -> int:
    if number == 3:
        os._exit(1)
    time.sleep(0.05)
    return number


@pytest.mark.parametrize("processes", [False, True])
def test_outcomes_come_in_order_with_their_errors(processes: bool) -> None:
    done = list(batch.run([4, -1, 2, -5], halve, workers=2, processes=processes))
    assert [one.item for one in done] == [4, -1, 2, -5]
    assert [one.value for one in done] == [2.0, None, 1.0, None]
    assert [type(one.error) for one in done] == [type(None), ValueError, type(None), ValueError]


def test_a_slow_item_does_not_change_the_order() -> None:
    def job(number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return number

    assert [one.value for one in batch.run(range(20), job, workers=4)] == list(range(20))


def test_an_endless_iterable_is_read_a_window_ahead() -> None:
    read = itertools.count()
    outcomes = batch.run(map(int, read), lambda number: number, workers=2)
    assert [next(outcomes).value for _ in range(50)] == list(range(50))
    assert next(read) == 49 + 4 * 2  # the one that was yielded last is in the window still
    outcomes.close()


def test_nothing_is_begun_before_the_first_outcome_is_asked_for() -> None:
    begun: list[int] = []
    outcomes = batch.run(range(3), begun.append)
    time.sleep(0.02)
    assert not begun
    outcomes.close()


def test_no_items() -> None:
    assert list(batch.run([], halve)) == []


def test_an_error_of_the_iterable_comes_after_the_outcomes() -> None:
    def items() -> Iterator[int]:
        yield 2
        raise OSError("the list ended badly")

    done: list[float | None] = []
    with pytest.raises(OSError, match="ended badly"):
        done.extend(one.value for one in batch.run(items(), halve))
    assert done == [1.0]


def test_no_workers() -> None:
    with pytest.raises(ArgumentError, match="workers"):
        batch.run([1], halve, workers=0)


def test_an_interruption_finishes_what_is_under_way() -> None:
    started, go_on = threading.Event(), threading.Event()
    finished: list[int] = []

    def job(number: int) -> int:
        if number == 1:
            started.set()
            go_on.wait(10)
        finished.append(number)
        return number

    outcomes = batch.run(range(100), job, workers=1)
    assert next(outcomes).value == 0
    assert started.wait(10)
    threading.Timer(0.05, go_on.set).start()
    told = [outcomes.throw(KeyboardInterrupt).value]
    with pytest.raises(KeyboardInterrupt):
        told.extend(one.value for one in outcomes)
    assert set(finished) <= {0, *told}  # nothing happened that nobody hears of
    assert len(finished) < 100


def test_an_interruption_while_an_outcome_is_waited_for_loses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = Future.result
    interrupted: list[int] = []

    def interrupt(future: Future[int], timeout: float | None = None) -> int:
        value = result(future, timeout)
        if value == 1 and not interrupted:
            interrupted.append(value)
            raise KeyboardInterrupt
        return value

    monkeypatch.setattr(Future, "result", interrupt)
    reported: list[int | None] = []
    with pytest.raises(KeyboardInterrupt):
        reported.extend(one.value for one in batch.run(range(4), abs, workers=1))
    assert interrupted == [1]
    assert reported[:2] == [0, 1]


def test_closing_drops_what_has_not_begun() -> None:
    started, go_on = threading.Event(), threading.Event()
    finished: list[int] = []

    def job(number: int) -> threading.Thread:
        if number == 1:
            started.set()
            go_on.wait(10)
        finished.append(number)
        return threading.current_thread()

    outcomes = batch.run(range(1000), job, workers=1)
    worker = next(outcomes).value
    assert started.wait(10)
    outcomes.close()
    go_on.set()
    assert worker is not None
    worker.join(10)
    assert finished == [0, 1]


def test_a_crash_is_the_error_of_one_item() -> None:
    done = list(batch.run(range(6), die, workers=2, processes=True))
    assert [one.value for one in done] == [0, 1, 2, None, 4, 5]
    assert isinstance(done[3].error, WorkerDiedError)
    assert sum(one.error is not None for one in done) == 1


def test_threads_share_what_the_job_holds() -> None:
    names = {one.value for one in batch.run(range(8), lambda _: threading.current_thread().name)}
    assert all(name is not None and name.startswith("indelible") for name in names)
