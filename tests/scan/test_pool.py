"""Workers that die: what a picture does to one of them costs that picture's row."""

from __future__ import annotations

import hashlib
import json
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible.errors import WorkerDiedError
from indelible.scan import pool as module
from indelible.scan.pool import Pool, Task
from indelible.scan.rows import Row
from indelible.scan.working import Told
from indelible.worker_process import WorkerProcess
from tests.scan.hostile import Hostile, hostile, options
from tests.scan.pictures import picture

MIB = 1 << 20

Results = queue.SimpleQueue[tuple[Task | None, Row | Exception]]


@pytest.fixture(scope="module")
def results() -> Results:
    return queue.SimpleQueue()


@pytest.fixture(scope="module")
def pool(results: Results) -> Iterator[Pool]:
    """Two workers that may take 200 MB and three seconds."""
    made = Pool(
        options(finder=Hostile()),
        lambda task, row: results.put((task, row)),
        workers=2,
        memory=200 * MIB,
        seconds=3.0,
    )
    made.start()
    yield made
    made.close()
    assert made.pids() == []


def look(pool: Pool, results: Results, pictures: dict[str, bytes]) -> dict[str, Row]:
    for name, data in pictures.items():
        told = Told(name, None, None, 1.0)
        pool.submit(Task(told, data, hashlib.sha256(data).hexdigest(), name))
    rows = {}
    for _ in pictures:
        task, row = results.get(timeout=120)
        assert task is not None
        assert not isinstance(row, Exception)
        rows[task.tag] = row
    return rows


def test_good_pictures_and_those_that_raise(pool: Pool, results: Results) -> None:
    rows = look(pool, results, {"a": picture(1), "b": b"garbage", "c": hostile("raise")})
    assert rows["a"]["error_type"] is None
    assert rows["a"]["read_ms"] == 1.0
    assert rows["b"]["error_type"] == "UnreadableImageError"
    assert rows["c"]["error_type"] == "KeyError"
    assert "secret" not in str(rows["c"])
    assert "hostile:" in rows["c"]["error"]  # where


def test_killers_cost_their_own_rows(pool: Pool, results: Results, tmp_path: Path) -> None:
    pictures = {str(number): picture(number) for number in range(30)}
    words = ("exit", "segfault", "hang", "grow", f"once {tmp_path / 'once'}")
    for number, word in enumerate(words):
        pictures[word.split()[0]] = hostile(word, number)
    rows = look(pool, results, dict(sorted(pictures.items())))
    kinds = {name: row["error_type"] for name, row in rows.items() if row["error_type"]}
    assert kinds == {
        "exit": "WorkerDiedError",
        "segfault": "WorkerDiedError",
        "hang": "TimeoutError",
        "grow": "MemoryError",
    }
    assert rows["hang"]["size"] == len(pictures["hang"])
    assert "3 s" in rows["hang"]["error"]


def test_many_killers_and_nothing_else(pool: Pool, results: Results) -> None:
    rows = look(pool, results, {str(number): hostile("exit", number) for number in range(6)})
    assert {row["error_type"] for row in rows.values()} == {"WorkerDiedError"}


def test_a_row_of_a_worker_that_was_taken_over_is_not_believed() -> None:
    told, opts = Told("a", None, None, None), options()
    task = Task(told, b"x", "00", "a")
    for answer in (b"no json", b"[]", b'{"uri": "a"}', b"\xff"):
        row: Any = module._row(answer, task, opts)
        assert row["error_type"] == "WorkerDiedError"
    sound = module._death(task, "crash", 0.0, opts)

    assert module._row(json.dumps(sound).encode(), task, opts) == sound
    for change in ({"uri": "b"}, {"sha256": "11"}, {"width": "wide"}, {"scanned_at": "never"}):
        row = module._row(json.dumps({**sound, **change}).encode(), task, opts)
        assert (row["uri"], row["sha256"], row["width"]) == ("a", "00", None)


def test_workers_that_do_not_start_end_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    results: Results = queue.SimpleQueue()
    monkeypatch.setattr(WorkerProcess, "begin", lambda *_, **__: False)
    pool = Pool(
        options(), lambda task, row: results.put((task, row)), workers=1, memory=MIB, seconds=1.0
    )
    pool.start()
    pool.submit(Task(Told("a", None, None, None), b"x", "00", "a"))
    task, error = results.get(timeout=30)
    pool.close()
    assert task is None
    assert isinstance(error, WorkerDiedError)


def test_closing_does_not_wait_for_what_is_under_way(results: Results) -> None:
    pool = Pool(
        options(finder=Hostile()),
        lambda task, row: results.put((task, row)),
        workers=1,
        memory=1 << 30,
        seconds=600.0,
    )
    pool.start()
    data = hostile("hang")
    pool.submit(Task(Told("a", None, None, None), data, hashlib.sha256(data).hexdigest(), "a"))
    deadline = time.monotonic() + 60
    while not any(slot.busy for slot in pool._slots):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 5
