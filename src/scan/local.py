"""The local engine: one process for each core, results in the order of the list.

One thread of this process reads ahead, workers look, and this thread puts rows into their shards
and writes a shard once it and all before it are complete.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from indelible.scan.answers import Answers, as_duplicate
from indelible.scan.feeding import Fed, Feeder, Read, Room
from indelible.scan.items import Item, ShardEnd
from indelible.scan.options import ScanOptions
from indelible.scan.output import Output
from indelible.scan.pool import Pool, Task
from indelible.scan.progress import Progress
from indelible.scan.rows import Row, begun, error_row
from indelible.scan.working import Told

__all__ = ["Engine", "Tell"]

Tell: TypeAlias = Callable[[Progress], object]

_log: Final = logging.getLogger("indelible.scan")

_LEAST_ROWS: Final = 20_000  # in memory at most, beside those of a few shards
_SHARDS: Final = 4
_MOST_REMEMBERED: Final = 100_000  # rows that are read when a scan goes on: ten seconds' work
_TICK: Final = 0.5  # seconds between two looks at the clock


@dataclass(slots=True)
class _Shard:
    """A shard that is under way."""

    rows: dict[int, Row | None] = field(default_factory=dict)  # None: passed over
    count: int | None = None  # until its end came

    @property
    def complete(self) -> bool:
        return self.count is not None and len(self.rows) == self.count

    def in_order(self) -> list[Row]:
        found = (self.rows[index] for index in sorted(self.rows))
        return [row for row in found if row is not None]


class Engine:
    """Scans what an output lists, on this machine.

    Parameters
    ----------
    output : Output
        Has the list and what is finished, and takes the rows.
    options : ScanOptions
    workers : int
        Processes.
    shard_size : int
        Pictures of a shard.
    memory : int
        Bytes that a picture may take in its worker.
    seconds : float
        How long a picture may take.
    ahead : int
        Bytes that are read ahead of the workers.
    progress : Progress
        Is kept up to date.
    tell : callable, optional
        Is told of it about twice a second.
    """

    def __init__(
        self,
        output: Output,
        options: ScanOptions,
        *,
        workers: int,
        shard_size: int,
        memory: int,
        seconds: float,
        ahead: int,
        progress: Progress,
        tell: Tell | None = None,
    ) -> None:
        self._output = output
        self._options = options
        self._inbox: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._room = Room(ahead, max(_LEAST_ROWS, _SHARDS * shard_size))
        self._feeder = Feeder(output, options.reader, shard_size, self._room, self._inbox)
        self._pool = Pool(options, self._done, workers=workers, memory=memory, seconds=seconds)
        self._answers = Answers()
        self._same: dict[str, list[Read]] = {}  # of bytes that a worker looks at, further pictures
        self._open: dict[str, _Shard] = {}
        self._order: deque[str] = deque()
        self._progress = progress
        self._tell = tell
        self._told = 0.0

    def run(self) -> None:
        """Scan everything.

        Raises
        ------
        OutputError
            If results cannot be written.
        WorkerDiedError
            If no worker can be started.
        KeyboardInterrupt
            As it comes. Then, as after any other error, the finished shards stand.
        """
        self._remember()
        self._pool.start()
        self._feeder.start()
        try:
            for arrival in self._arrivals():
                if isinstance(arrival, Read):
                    self._take(arrival)
                else:
                    self._shard(arrival.shard).count = arrival.count
                self._publish()
        finally:
            self._feeder.stop()
            self._pool.close()
        self._publish()

    def _remember(self) -> None:
        """Read the answers of an earlier run; a part that is damaged is done again."""
        for name in _latest(self._output.finished):
            try:
                self._answers.add_all(self._output.rows([name]))
            except Exception:  # noqa: BLE001 - Arrow's, JSON's and the system's
                _log.warning("the part %s cannot be read, and is done again", name)
                self._progress.before -= self._output.finished[name]
                self._output.forget(name)

    def _arrivals(self) -> Iterator[Read | ShardEnd]:
        """Yield what is fed, in its order, until all of it and all rows are there."""
        early: dict[int, Any] = {}
        expected, end = 0, None
        while end is None or expected < end or self._same:
            try:
                number, arrival = self._inbox.get(timeout=_TICK)
            except queue.Empty:
                self._report()
                continue
            if isinstance(arrival, Exception):
                raise arrival
            if isinstance(arrival, Fed):
                if arrival.error is not None:
                    raise arrival.error
                end = number
            elif isinstance(arrival, tuple):
                self._finish(*arrival)
            else:
                early[number] = arrival
                while expected in early:
                    yield early.pop(expected)
                    expected += 1
            self._report()

    # --- one picture -----------------------------------------------------------------------------

    def _take(self, read: Read) -> None:
        """Decide what becomes of a picture that was read."""
        item, sha256 = read.item, read.sha256
        if read.passed_over:
            self._put(read, None)
        elif item.content is None or sha256 is None:
            error = item.error or RuntimeError("it has neither content nor error")
            self._put(
                read,
                error_row(
                    item.uri, item.member, error, scan_id=self._options.scan_id, size=item.size
                ),
            )
        elif read.alone:
            self._submit(read, f"{sha256}/{item.shard}/{item.index}")
        elif sha256 in self._same:
            self._same[sha256].append(_light(read))
        elif (known := self._answers.get(sha256)) is not None:
            self._put(read, self._copy(known, read))
        else:
            self._submit(read, sha256)

    def _submit(self, read: Read, key: str) -> None:
        item = read.item
        self._same[key] = []
        told = Told(item.uri, item.member, item.path, read.read_ms)
        content, sha256 = item.content or b"", read.sha256 or ""
        self._pool.submit(Task(told, content, sha256, (key, _light(read))))

    def _done(self, task: Task | None, row: Row | Exception) -> None:
        """Take a row: in a thread of the pool."""
        if task is None or isinstance(row, Exception):
            self._inbox.put((-1, row))
        else:
            task.content = b""
            self._inbox.put((-1, (task, row)))

    def _finish(self, task: Task, row: Row) -> None:
        """Take a row of the pool's, for every picture with the same bytes."""
        key, read = task.tag
        if not read.alone:
            self._answers.add(row)
        for same in self._same.pop(key):
            self._put(same, self._copy(row, same))
        self._put(read, row)
        self._publish()

    def _copy(self, first: Row, read: Read) -> Row:
        item = read.item
        own = begun(item.uri, item.member, self._options.scan_id)
        return as_duplicate(first, own | {"read_ms": read.read_ms})

    # --- shards ----------------------------------------------------------------------------------

    def _put(self, read: Read, row: Row | None) -> None:
        self._room.give_back(size=read.taken)
        self._shard(read.item.shard).rows[read.item.index] = row
        self._progress.count(row, read.item.size)

    def _shard(self, name: str) -> _Shard:
        if name not in self._open:
            self._open[name] = _Shard()
            self._order.append(name)
        return self._open[name]

    def _publish(self) -> None:
        """Write the shards that are complete, and before which none is missing."""
        while self._order and self._open[self._order[0]].complete:
            name = self._order.popleft()
            shard = self._open.pop(name)
            self._output.publish(name, shard.in_order())
            self._room.give_back(rows=len(shard.rows))
            self._progress.published += 1

    def _report(self) -> None:
        now = time.monotonic()
        if self._tell is not None and now - self._told >= _TICK:
            self._told = now
            self._tell(self._progress)


def _latest(finished: Mapping[str, int]) -> list[str]:
    """Return the shards whose answers are remembered when a scan goes on, in their order."""
    chosen, rows = [], 0
    for name in sorted(finished, reverse=True):
        rows += finished[name]
        if rows > _MOST_REMEMBERED:
            break
        chosen.append(name)
    return chosen[::-1]


def _light(read: Read) -> Read:
    """Return it without the bytes, which only the worker needs."""
    item = read.item
    kept = Item(item.shard, item.index, item.uri, item.member, item.path, item.size)
    return Read(kept, read.taken, read.sha256, read.read_ms, read.alone)
