"""Worker processes: what happens to one of them happens to one request."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from indelible import Verifier
from indelible.errors import ImageTooLargeError, WorkerDiedError
from indelible.service.failures import RefusedError
from indelible.service.worker import Job, Options, Result, Tools
from indelible.service.workers import InProcess, Pool, unless_gone
from tests.service import hostile

MIB = 1 << 20


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Two workers that may take 200 MB and four seconds."""
    tools = Tools(Verifier(keys=(), registry=None, trust=None))
    pool = Pool(tools, workers=2, places=32, memory=200 * MIB, seconds=4.0)
    pool.start()
    wait_for(lambda: pool.state()["up"] == 2, 300)
    yield pool
    pool.close(1)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def do(
    pool: Pool | InProcess, job: Job, data: bytes = b"", client: str = "a", **options: Any
) -> Result:
    return await pool.run(job, data, options, hold=pool.room.hold(client))


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 120))


def test_a_job_is_done_in_another_process(pool: Pool) -> None:
    result = run(do(pool, hostile.answer, b"x" * 5 * MIB))
    assert result.meta["size"] == 5 * MIB
    assert result.meta["pid"] in pool.pids()
    assert result.body == b"x" * 16
    assert (pool.room.places, pool.room.size) == (0, 0)


@pytest.mark.parametrize(
    ("job", "options", "expected"),
    [
        (hostile.crash, {}, "worker_died"),
        (hostile.hang, {}, "timeout"),
        (hostile.allocate, {"size": 2 << 30}, "too_much_memory"),
        (hostile.fill, {"size": 400 * MIB}, "too_much_memory"),
        (hostile.fail, {}, "internal"),
        (hostile.lie, {"answer": b"no JSON"}, "internal"),
        (hostile.lie, {"answer": b"[1, 2]"}, "internal"),
        (hostile.lie, {"answer": b'{"error": "__builtins__"}'}, "internal"),
        (hostile.lie, {"answer": b'{"error": "annotations", "message": 5}'}, "internal"),
    ],
)
def test_what_goes_wrong_fails_one_request(
    pool: Pool, job: Job, options: Options, expected: str
) -> None:
    async def both() -> list[Any]:
        wrong, right = do(pool, job, b"secret", "a", **options), do(pool, hostile.answer, b"b", "b")
        return list(await asyncio.gather(wrong, right, return_exceptions=True))

    wrong, right = run(both())
    assert right.meta["size"] == 1
    if expected == "worker_died":
        assert isinstance(wrong, WorkerDiedError)
    else:
        assert isinstance(wrong, RefusedError)
        assert wrong.code == expected
        assert "secret" not in wrong.reason()
    wait_for(lambda: pool.state()["up"] == 2)
    assert run(do(pool, hostile.answer, b"abc")).meta["size"] == 3
    assert pool.room.places == 0


def test_an_error_of_the_library_arrives_as_it_was(pool: Pool) -> None:
    with pytest.raises(ImageTooLargeError) as error:
        run(do(pool, hostile.refuse))
    assert error.value.message == "Too many pixels."
    assert error.value.hint == "Scale it down."


def test_a_worker_that_was_killed_while_idle_costs_no_request(pool: Pool) -> None:
    wait_for(lambda: pool.state()["up"] == 2)
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
    results = run(_several(pool, 4))
    assert [one.meta["size"] for one in results] == [1] * 4


def test_a_stopped_worker_is_replaced(pool: Pool) -> None:
    """It reads nothing: even handing a large picture over must not wait for ever."""
    wait_for(lambda: pool.state()["up"] == 2)
    stopped = pool.pids()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(RefusedError, match="longer"):
        run(do(pool, hostile.answer, b"x" * 20 * MIB))
    for pid in set(stopped) & set(pool.pids()):
        os.kill(pid, signal.SIGCONT)


def test_workers_leave_signals_to_the_service(pool: Pool) -> None:
    wait_for(lambda: pool.state()["up"] == 2)
    before = pool.pids()
    for pid in before:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    run(do(pool, hostile.answer))
    assert pool.pids() == before


def test_a_full_queue_refuses_at_once(pool: Pool) -> None:
    async def many() -> list[Any]:
        jobs = [do(pool, hostile.answer, b"x", str(i), seconds=0.1) for i in range(40)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    results = run(many())
    refused = [one for one in results if isinstance(one, RefusedError)]
    assert len(refused) == 8
    assert all(one.status == 503 and one.retry_after for one in refused)
    assert pool.room.places == 0


def test_one_client_cannot_fill_the_queue(pool: Pool) -> None:
    async def many() -> tuple[list[Any], Result]:
        jobs = [
            asyncio.ensure_future(do(pool, hostile.answer, b"x", "greedy", seconds=0.3))
            for _ in range(40)
        ]
        await asyncio.sleep(0)
        other = await do(pool, hostile.answer, b"xy", "modest")
        waiting = sum(not job.done() for job in jobs)
        assert waiting  # the modest one did not wait for all of them
        return await asyncio.gather(*jobs, return_exceptions=True), other

    results, other = run(many())
    assert other.meta["size"] == 2
    refused = [one for one in results if isinstance(one, RefusedError)]
    assert {one.status for one in refused} == {429}
    assert len(results) - len(refused) == 8


def test_what_nobody_waits_for_is_not_done(pool: Pool) -> None:
    async def gone() -> None:
        busy = [
            asyncio.ensure_future(do(pool, hostile.answer, b"", str(i), seconds=0.5))
            for i in range(2)
        ]
        await asyncio.sleep(0.1)
        left = threading.Event()

        async def receive() -> None:
            await asyncio.sleep(0.05)
            left.set()

        with pytest.raises(RefusedError, match="closed the connection"):
            await unless_gone(receive, do(pool, hostile.hang, b"x", "gone"))
        assert left.is_set()
        await asyncio.sleep(0.02)
        assert pool.room.places == 2
        await asyncio.gather(*busy)

    run(gone())
    assert run(do(pool, hostile.answer)).meta["size"] == 0
    assert pool.killed["time"] <= 3  # not once more for the one that was given up


def test_workers_are_replaced_after_so_many_jobs_and_finish_what_was_taken() -> None:
    tools = Tools(Verifier(keys=(), registry=None, trust=None))
    pool = Pool(tools, workers=1, places=32, recycle=2)
    pool.start()

    async def work() -> list[Result]:
        jobs = asyncio.ensure_future(_several(pool, 6))
        await asyncio.sleep(0.1)
        threading.Thread(target=pool.close, args=(60,)).start()
        await asyncio.sleep(0.1)
        with pytest.raises(RefusedError, match="shut down"):
            await do(pool, hostile.answer)
        return await jobs

    results = run(work())
    assert len({one.meta["pid"] for one in results}) == 3
    wait_for(lambda: pool.state()["up"] == 0)


def test_in_process_jobs_fail_alike() -> None:
    here = InProcess(Tools(Verifier(keys=(), registry=None, trust=None)))
    assert run(do(here, hostile.answer, b"abc")).meta["size"] == 3
    with pytest.raises(ImageTooLargeError):
        run(do(here, hostile.refuse))
    with pytest.raises(RefusedError):
        run(do(here, hostile.fail))
    assert here.room.places == 0


async def _several(pool: Pool, number: int) -> list[Result]:
    return await asyncio.gather(
        *(do(pool, hostile.answer, b"x", str(i), seconds=0.02) for i in range(number))
    )
