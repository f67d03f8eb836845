"""Group commit: what several threads want to write at once becomes one transaction.

A commit waits for the disk, for as long as it takes to write one record as a hundred. So whoever
comes while another one commits waits, and the first of those who waited commits for all of them
(DeWitt et al., "Implementation techniques for main memory database systems", SIGMOD 1984).
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from indelible.errors import RegistryError, RegistryOutcomeUnknownError

__all__ = ["GroupCommit"]

Job = TypeVar("Job")

_MOST_JOBS: Final = 128  # of one transaction
_MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Job]):
    job: Job
    key: Hashable
    size: int
    called: threading.Event = field(default_factory=threading.Event)  # done, or next to lead
    done: bool = False
    succeeded: bool = False
    error: BaseException | None = None


@dataclass(slots=True)
class _Queue(Generic[Job]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Waiting[Job]] = field(default_factory=list)
    leader: _Waiting[Job] | None = None


class GroupCommit(Generic[Job]):
    """Joins jobs of several threads; safe over forks.

    Parameters
    ----------
    commit : callable
        Does several jobs in one transaction and returns, in their order, whether each succeeded.
        One that did not succeed has changed nothing, and keeps none of the others from it. If it
        raises, it failed for all: nothing was changed, unless the error is a
        `RegistryOutcomeUnknownError`.
    """

    def __init__(self, commit: Callable[[Sequence[Job]], Sequence[bool]]) -> None:
        self._commit = commit
        self._queues: dict[int, _Queue[Job]] = {}  # by process: a fork copies locks as they are

    def do(self, job: Job, *, key: Hashable, size: int) -> bool:
        """Do a job, with those of others; return whether it succeeded.

        Parameters
        ----------
        job : Job
            What is to be done.
        key : hashable
            Two jobs of the same key are never done in one transaction.
        size : int
            About how many bytes it writes.

        Raises
        ------
        RegistryError
            If the transaction failed.
        """
        queue = self._queues.setdefault(os.getpid(), _Queue())
        mine = _Waiting(job, key, size)
        with queue.lock:
            queue.waiting.append(mine)
            if queue.leader is None:
                queue.leader = mine
                mine.called.set()
        try:
            mine.called.wait()
            if not mine.done:
                _lead(self._commit, _taken(queue))
        finally:
            _leave(queue, mine)
        if mine.error is not None:
            raise mine.error
        return mine.succeeded


def _lead(commit: Callable[[Sequence[Job]], Sequence[bool]], group: list[_Waiting[Job]]) -> None:
    """Do the jobs of a group, and tell each what came of it."""
    try:
        for one, succeeded in zip(group, commit([one.job for one in group]), strict=True):
            one.succeeded = succeeded
    except RegistryError as error:
        for one in group:  # each raises its own, in its own thread
            one.error = copy.copy(error)
            one.error.__cause__ = error
    except BaseException:
        for one in group:
            one.error = RegistryOutcomeUnknownError(
                "the registry was interrupted while it saved a change; the change may be there or "
                "not",
                hint="Ask for the record by its manifest id, repeat the change, or take it back.",
            )
        raise
    finally:
        for one in group:
            one.done = True
            one.called.set()


def _leave(queue: _Queue[Job], mine: _Waiting[Job]) -> None:
    """Call the next leader, whatever became of this one."""
    with queue.lock:
        if mine in queue.waiting:  # interrupted while it waited
            queue.waiting.remove(mine)
        if queue.leader is mine:
            queue.leader = queue.waiting[0] if queue.waiting else None
            if queue.leader is not None:
                queue.leader.called.set()


def _taken(queue: _Queue[Job]) -> list[_Waiting[Job]]:
    """Take the next group out of the queue, the oldest first, so the leader's own job with it."""
    group: dict[Hashable, _Waiting[Job]] = {}
    size = 0
    with queue.lock:
        left: list[_Waiting[Job]] = []
        for one in queue.waiting:
            fits = not group or (len(group) < _MOST_JOBS and size + one.size <= _MOST_BYTES)
            if fits and one.key not in group:
                group[one.key] = one
                size += one.size
            else:
                left.append(one)
        queue.waiting = left
    return list(group.values())
