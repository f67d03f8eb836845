"""Group commit: each caller gets its own outcome, whoever committed for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from indelible.errors import RegistryOutcomeUnknownError, RegistryUnavailableError
from indelible.registry.group_commit import GroupCommit


class Disk:
    """Commits slowly, and remembers what."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.error: BaseException | None = None
        self.busy = threading.Lock()

    def commit(self, jobs: Sequence[int]) -> list[bool]:
        assert self.busy.acquire(blocking=False), "two commit at once"
        try:
            self.groups.append([*jobs])
            time.sleep(0.005)
            if self.error is not None:
                raise self.error
            return [job % 3 != 0 for job in jobs]
        finally:
            self.busy.release()


def test_many_threads_share_few_commits() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(lambda job: group.do(job, key=job, size=1), range(320)))
    assert done == [job % 3 != 0 for job in range(320)]
    assert sorted(job for jobs in disk.groups for job in jobs) == [*range(320)]
    assert len(disk.groups) < 160


def test_jobs_of_one_key_are_never_together() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: group.do(job, key=job % 2, size=1), range(64)))
    for jobs in disk.groups:
        assert len({job % 2 for job in jobs}) == len(jobs)


def test_a_group_is_bounded_in_bytes() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: group.do(job, key=job, size=10_000_000), range(16)))
    assert max(len(jobs) for jobs in disk.groups) == 1


def test_an_error_is_everybodys_own() -> None:
    disk = Disk()
    disk.error = RegistryUnavailableError("the disk is full", hint="Free some space.")
    group = GroupCommit(disk.commit)
    errors: list[RegistryUnavailableError] = []

    def fail(job: int) -> None:
        with pytest.raises(RegistryUnavailableError, match="full") as caught:
            group.do(job, key=job, size=1)
        errors.append(caught.value)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fail, range(32)))
    assert len({id(error) for error in errors}) == 32
    assert all(error.hint == "Free some space." for error in errors)


def test_who_is_interrupted_leads_nobody_astray() -> None:
    """The interrupt goes to its thread; the others hear that their outcome is unknown."""
    disk = Disk()
    group = GroupCommit(disk.commit)
    heard: list[type[BaseException]] = []

    def work(job: int) -> None:
        try:
            group.do(job, key=job, size=1)
        except BaseException as error:  # noqa: BLE001
            heard.append(type(error))

    disk.error = KeyboardInterrupt()
    threads = [threading.Thread(target=work, args=(job,)) for job in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert set(heard) <= {KeyboardInterrupt, RegistryOutcomeUnknownError}
    assert heard.count(KeyboardInterrupt) == len(disk.groups)
    disk.error = None
    assert group.do(1, key=1, size=1)


def test_who_is_interrupted_while_waiting_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk()
    group = GroupCommit(disk.commit)
    real = threading.Event.wait

    def interrupted(self: threading.Event, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            group.do(1, key=1, size=1)
    assert threading.Event.wait is real
    assert group.do(2, key=2, size=1)
    assert disk.groups == [[2]]
