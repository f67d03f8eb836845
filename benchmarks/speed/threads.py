"""What a second thread brings: how much of the work goes on without the interpreter's lock.

The throughput of two threads takes two cores that nothing else uses. The share of the time under
the lock is counted besides, in processor time of one thread, on however busy a machine: all of it
but what a profile finds in compiled kernels, transforms, OpenCV, decoders and the C2PA library,
which let go of the lock. It is an upper limit: NumPy lets go of it, too, in large arrays.
"""

from __future__ import annotations

import cProfile
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Final

from benchmarks._measures import timed
from benchmarks._report import Report
from benchmarks._running import Record, Task, single_thread
from benchmarks._systems import key_bytes
from benchmarks.speed.timings import picture
from benchmarks.speed.whole import House
from indelible import imaging, watermark
from indelible.errors import IndelibleError

__all__ = ["Threads", "thread_promises", "thread_table", "time_protect_many", "time_threads"]

_CALLS: Final = 12  # of each kind, shared by one thread or by two
_RELEASED: Final = re.compile(
    r"[/\\\\](_kernels[/\\\\](?!_)\w+\.py|c2pa\.py)$|ImagingDecoder|encode_to_file|pypocketfft|resize|boxFilter|sha\d+"
)
_PROMISES: Final = {
    "embed and detect": 1.8,
    "verify": 1.85,
    "protect": 1.85,
    "protect_many": 1.8,
}


@dataclass(frozen=True)
class Threads(Task):
    """The throughput of two threads over that of one, of each kind of work."""

    rounds: int
    seed: int


def time_threads(task: Threads) -> list[Record]:
    """Time each kind of work, on pictures of 1024 x 1024; the least times of the rounds count."""
    single_thread()
    with _works(task.seed) as works:
        records: list[Record] = []
        for name, work in works.items():
            work()
            walls = [[_wall(work, threads) for threads in (1, 2)] for _ in range(task.rounds)]
            one, two = (min(times) for times in zip(*walls, strict=True))
            records.append(
                {
                    "operation": f"two threads: {name}",
                    "gain": one / two,
                    "locked": locked_share(work, task.rounds),
                }
            )
    return records + time_protect_many(task)


@contextmanager
def _works(seed: int) -> Iterator[dict[str, Callable[[], object]]]:
    image = picture("1024", seed)
    key = watermark.Key.from_bytes(key_bytes(seed))
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), seed)
        shown = imaging.decode(house.protector.protect(image, format="jpeg").data).pixels
        reposted = imaging.encode(shown, "jpeg", quality=80)

        def mark() -> None:
            watermark.detect(watermark.embed(image, b"8 bytes.", key), key)

        def protect() -> None:
            with suppress(IndelibleError):
                house.protector.protect(image, format="jpeg")

        yield {
            "embed and detect": mark,
            "verify": lambda: house.verifier.verify(reposted),
            "protect": protect,
        }


def time_protect_many(task: Threads) -> list[Record]:
    """Time `Protector.protect_many` with one worker and with two; the least times count.

    Its window and its order may cost what two threads gain: that is what this adds.
    """
    single_thread()
    image = picture("1024", task.seed)
    with tempfile.TemporaryDirectory() as folder:
        protector = House(Path(folder), task.seed).protector

        def wall(workers: int) -> float:
            start = time.perf_counter()
            for done in protector.protect_many([image] * _CALLS, workers=workers, format="jpeg"):
                if done.error is not None and not isinstance(done.error, IndelibleError):
                    raise done.error
            return time.perf_counter() - start

        wall(1)
        walls = [[wall(workers) for workers in (1, 2)] for _ in range(task.rounds)]
        one, two = (min(times) for times in zip(*walls, strict=True))
        locked = locked_share(lambda: protector.protect(image, format="jpeg"), 1)
    name = "two threads: protect_many"
    return [{"operation": name, "gain": one / two, "locked": locked}]


def locked_share(work: Callable[[], object], rounds: int) -> float:
    """Return the share of a call's processor time under the interpreter's lock, at most."""
    total = free = 0.0
    for _ in range(4 * rounds):  # in turns: work differs from call to call, as ids are drawn
        total += timed(work)[1]
        profile = cProfile.Profile(time.process_time)
        profile.runcall(work)
        for entry in profile.getstats():
            free += entry.inlinetime * bool(_RELEASED.search(_name(entry.code)))
    return max(0.0, 1 - free / total)


def _name(code: str | CodeType) -> str:
    return code if isinstance(code, str) else code.co_filename


def _wall(work: Callable[[], object], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        for waiting in [pool.submit(work) for _ in range(_CALLS)]:
            waiting.result()
        return time.perf_counter() - start


def thread_table(records: Sequence[Record]) -> Report:
    """Return the gains, and the share under a lock that would explain each, beside that counted.

    Two threads that each need the lock for a share f of their time, at any time, wait for each
    other for f squared of it (mean value analysis of a closed queue).
    """
    columns = ("work", "throughput, two threads to one", "share that explains it", "share counted")
    report = Report("Two threads, and the interpreter's lock", columns)
    for record in records:
        if "gain" in record:
            name = record["operation"].removeprefix("two threads: ")
            explains = max(0.0, 2 / record["gain"] - 1) ** 0.5
            report.rows.append([name, record["gain"], explains, record["locked"]])
    return report


def thread_promises(records: Sequence[Record]) -> Iterator[tuple[str, float, float]]:
    """Yield what is promised, what was measured, and the least that is promised."""
    for record in records:
        if "gain" in record:
            name = record["operation"].removeprefix("two threads: ")
            yield f"throughput of two threads / one, {name}", record["gain"], _PROMISES[name]
