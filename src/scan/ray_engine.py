"""The distributed engine: Ray Data reads, looks and retries; this process keeps the results.

::

    list -> pieces of a shard -> read (tasks) -> look (actors) -> rows -> shards, written here

What travels is a picture's bytes as they are stored, never its pixels; and where every node reaches
the files, their names alone. An actor is a core's. It has a process of its own for the pictures, as
the local engine's workers are, so that a picture that kills it costs its row, and no retry of Ray's
is spent on it. What a dead worker or node had in hand is done again elsewhere. A shard is written
when all of its rows are there, and a row that comes twice is one.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from indelible import extras
from indelible.errors import IndelibleError, WorkerDiedError
from indelible.scan.answers import Answers, as_duplicate
from indelible.scan.items import groups, shard_name
from indelible.scan.local import Tell
from indelible.scan.options import ScanOptions
from indelible.scan.output import Output
from indelible.scan.progress import Progress
from indelible.scan.ray_working import BLOCK, PIECE, Looker, Record, expanded, piece_of
from indelible.scan.reading import local_path
from indelible.scan.rows import Row

__all__ = ["RayEngine"]

_WAVE: Final = 8192  # pieces that Ray is told of at a time
# Of a core: a node with one has room for an actor, and for who reads for it.
_READING, _LOOKING = 0.2, 0.8
_PROBE_SECONDS: Final = 60.0
_TICK: Final = 0.5
_MISSING: Final = "Scanning on a cluster needs the package ray."


class RayEngine:
    """Scans what an output lists, on the machines of a Ray cluster.

    Parameters
    ----------
    output : Output
        Has the list and what is finished, and takes the rows.
    options : ScanOptions
        They go to every actor, with the watermark keys: the cluster is trusted as this machine is.
    address : str or None
        Of a cluster ("auto": the one that this machine belongs to); None for this machine alone.
    workers : int or None
        Actors at most; by default one for each core of the cluster.
    shard_size, memory, seconds, progress, tell
        As for the local engine.
    """

    def __init__(
        self,
        output: Output,
        options: ScanOptions,
        *,
        address: str | None,
        workers: int | None,
        shard_size: int,
        memory: int,
        seconds: float,
        progress: Progress,
        tell: Tell | None = None,
    ) -> None:
        self._output = output
        self._options = options
        self._address = address
        self._workers = workers
        self._shard_size = shard_size
        self._bounds = (memory, seconds)
        self._progress = progress
        self._tell = tell
        self._told = 0.0
        self._answers = Answers()
        self._open: dict[str, _Shard] = {}

    def run(self) -> None:
        """Scan everything.

        Raises
        ------
        OutputError
            If results cannot be written.
        WorkerDiedError
            If the cluster cannot be reached, or gives up.
        MissingDependencyError
            Without the extra ``ray``.
        """
        ray = _ray()
        with _connected(ray, self._address):
            pieces = self._pieces()
            pinned: bool | None = None
            while wave := list(islice(pieces, _WAVE)):
                if pinned is None:
                    pinned = not _reached_everywhere(ray, wave)
                try:
                    for table in self._streamed(ray, wave, pinned=pinned):
                        self._take(table)
                except IndelibleError:
                    raise
                except Exception as error:
                    raise _given_up(f"gave up: {type(error).__name__}") from error
        if self._open:
            raise _given_up(f"lost rows of {len(self._open)} shards")

    def _pieces(self) -> Iterator[Record]:
        """Yield what is to be done; what is finished is left out."""
        finished = self._output.finished
        for group in groups(self._output.listed(), self._shard_size):
            shard = shard_name(group.line)
            if group.entries[0].kind != "file":
                begin = shard.rpartition("-")[0] + "-"
                yield piece_of(group, 0, [name for name in finished if name.startswith(begin)])
            elif shard not in finished:
                for start in range(0, len(group.entries), PIECE):
                    part = replace(group, entries=group.entries[start : start + PIECE])
                    yield piece_of(part, start, [], count=len(group.entries))

    def _streamed(self, ray: Any, wave: list[Record], *, pinned: bool) -> Iterator[Any]:  # noqa: ANN401
        """Yield tables of rows as they are ready."""
        data = extras.load("ray.data", extra="ray", missing=_MISSING)
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # it has just set its own
        context = data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.target_max_block_size = BLOCK
        here = ray.get_runtime_context().get_node_id()
        most = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        listed = data.from_items(
            [{"piece": json.dumps(one)} for one in wave], override_num_blocks=len(wave)
        )
        given = {"reader": self._options.reader, "size": self._shard_size, "content": pinned}
        read = listed.map_batches(
            expanded,
            batch_size=1,
            batch_format="pyarrow",
            fn_kwargs=given,
            num_cpus=_READING,
            label_selector={"ray.io/node-id": here} if pinned else None,
        )
        looked = read.map_batches(
            Looker,
            batch_size=None,
            batch_format="pyarrow",
            fn_constructor_args=(self._options, *self._bounds),
            compute=data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=_LOOKING,  # by default, actors are restarted, and calls tried again, for ever
        )
        yield from looked.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)

    # --- what comes back -------------------------------------------------------------------------

    def _take(self, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        for answer in table.to_pylist():
            name = answer["shard"]
            if name in self._output.finished:
                continue  # done twice: a machine died after it
            shard = self._open.setdefault(name, _Shard())
            if answer["count"] is not None:
                shard.count = answer["count"]
            else:
                row = None if answer["row"] is None else json.loads(answer["row"])
                shard.rows.setdefault(answer["index"], row)
            if shard.complete:
                self._publish(name, self._open.pop(name))
        now = time.monotonic()
        if self._tell is not None and now - self._told >= _TICK:
            self._told = now
            self._tell(self._progress)

    def _publish(self, name: str, shard: _Shard) -> None:
        rows = []
        for _, found in sorted(shard.rows.items()):
            row = None if found is None else self._known(found)
            self._progress.count(row, None if row is None else row["size"])
            if row is not None:
                rows.append(row)
        self._output.publish(name, rows)
        self._progress.published += 1

    def _known(self, row: Row) -> Row:
        """Name the earlier picture with the same bytes, which another machine looked at."""
        sha256 = row["sha256"]
        if sha256 is None or row["duplicate_of"] is not None or _has_manifest_beside(row):
            return row
        first = self._answers.get(sha256)
        if first is not None:
            return as_duplicate(first, row)
        self._answers.add(row)
        return row


@dataclass(slots=True)
class _Shard:
    """A shard that is under way."""

    rows: dict[int, Row | None] = field(default_factory=dict)  # None: passed over
    count: int | None = None

    @property
    def complete(self) -> bool:
        return self.count is not None and len(self.rows) == self.count


def _has_manifest_beside(row: Row) -> bool:
    path = local_path(row["uri"]) if row["member"] is None else None
    return path is not None and os.path.lexists(os.path.splitext(path)[0] + ".c2pa")  # noqa: PTH122


def _given_up(what: str) -> WorkerDiedError:
    return WorkerDiedError(f"The Ray cluster {what}.", hint="The same command goes on from here.")


# --- Ray ------------------------------------------------------------------------------------------


def _ray() -> Any:  # noqa: ANN401 - an optional package
    # Before it is imported: it tells nobody of its use, and this terminal nothing of its own state.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    return extras.load("ray", extra="ray", missing=_MISSING)


@contextmanager
def _connected(ray: Any, address: str | None) -> Iterator[None]:  # noqa: ANN401 - as above
    """Be connected to a cluster: as the program is already, else for as long as this takes."""
    if ray.is_initialized():
        yield
        return
    own = {} if address else {"include_dashboard": False}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except Exception as error:
        where = f" at {address}" if address else ""
        raise WorkerDiedError(
            f"The Ray cluster{where} cannot be reached: {type(error).__name__}.",
            hint="Check --address; `ray status` says whether there is one.",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _at_node(node: str) -> Any:  # noqa: ANN401 - Ray's own
    strategies = extras.load("ray.util.scheduling_strategies", extra="ray", missing=_MISSING)
    return strategies.NodeAffinitySchedulingStrategy(node_id=node, soft=False)


def _reached_everywhere(ray: Any, wave: list[Record]) -> bool:  # noqa: ANN401 - as above
    """Whether every node reaches the files: the first of them is looked for on each."""
    paths = (local_path(one["entries"][0][1]) for one in wave)
    path = next((one for one in paths if one is not None), None)
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
    if path is None or len(nodes) < 2:
        return True
    look = ray.remote(num_cpus=0, max_retries=0)(os.path.lexists)
    full = os.path.join(wave[0]["folder"], path)  # noqa: PTH118 - names as they are
    asked = [look.options(scheduling_strategy=_at_node(node)).remote(full) for node in nodes]
    try:
        return all(ray.get(asked, timeout=_PROBE_SECONDS))
    except Exception:  # noqa: BLE001 - a node that does not answer reaches nothing
        return False
