"""What Ray runs on the machines of a cluster: reading pieces of a list, looking at pictures.

Tables travel between the two, and back: a picture's bytes as they are stored, or a file's name
alone; and rows as JSON. A file's name need not be text: it travels as bytes.
"""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, TypeAlias

from indelible.errors import IndelibleError, UnreadableImageError, WorkerDiedError
from indelible.scan.answers import as_duplicate
from indelible.scan.feeding import Read, looked_through
from indelible.scan.items import Group, Item, ShardEnd, events, shard_name
from indelible.scan.options import ScanOptions
from indelible.scan.pool import Pool, Task
from indelible.scan.reading import Reader, local_path
from indelible.scan.rows import Row, begun, error_row
from indelible.scan.schema import pyarrow
from indelible.scan.sources import Entry
from indelible.scan.working import Told

__all__ = ["BLOCK", "PIECE", "Looker", "Record", "expanded", "piece_of"]

Record: TypeAlias = dict[str, Any]

PIECE: Final = 32
"""Pictures that are handed out, and retried, together: some seconds' work."""

BLOCK: Final = 4 << 20
"""Bytes of pictures that travel together, if several."""

_READERS: Final = 8  # files that an actor has open at a time
_INPUT: Final = {
    "shard": "string",
    "index": "int32",
    "count": "int32",  # of a shard's pictures, in a line of its own; else none
    "uri": "binary",
    "member": "binary",
    "path": "binary",
    "size": "int64",
    "content": "large_binary",
    "read_ms": "float32",
    "error_type": "string",
    "error": "string",
}
_ANSWER: Final = {"shard": "string", "index": "int32", "count": "int32", "row": "large_string"}
_NAMES: Final = ("uri", "member", "path")


def piece_of(group: Group, start: int, finished: list[str], *, count: int | None = None) -> Record:
    """Return a piece of the list, JSON-ready.

    Parameters
    ----------
    group : Group
        Some files of one shard, or an archive or a table.
    start : int
        Of files, the place of the first in its shard.
    finished : list of str
        Of an archive or a table, the shards to pass over.
    count : int, optional
        Of files, how many the shard has.
    """
    return {
        "line": group.line,
        "entries": [entry.to_list() for entry in group.entries],
        "start": start,
        "count": count,
        "finished": finished,
        "folder": os.getcwd(),  # noqa: PTH109 - a name, which may not be text
    }


def expanded(table: Any, *, reader: Reader, size: int, content: bool) -> Iterator[Any]:  # noqa: ANN401
    """Yield the pictures of pieces of a list, and where shards end.

    Parameters
    ----------
    table : pyarrow.Table
        With a column ``piece``: what `piece_of` returned, as JSON.
    reader : Reader
    size : int
        Pictures of a shard.
    content : bool
        Read files here. Members of archives and rows of tables come with their bytes anyway.
    """
    for text in table.column("piece").to_pylist():
        piece = json.loads(text)
        waiting: list[Record] = []
        taken = 0
        for event in _events(piece, reader, size):
            one = _input(event, piece["folder"])
            if content and one["count"] is None and one["content"] is None and not one["error"]:
                one |= _read(one, reader)
            waiting.append(one)
            taken += len(one["content"] or b"")
            if taken >= BLOCK or len(waiting) >= PIECE:
                yield _table(waiting, _INPUT)
                waiting, taken = [], 0
        if waiting:
            yield _table(waiting, _INPUT)


class Looker:
    """An actor: looks at pictures in a process of its own, which a picture may kill.

    Parameters
    ----------
    options : ScanOptions
    memory : int
        Bytes that a picture may take.
    seconds : float
        How long it may take.
    """

    def __init__(self, options: ScanOptions, memory: int, seconds: float) -> None:
        self._options = options
        self._done: queue.SimpleQueue[tuple[Task | None, Row | Exception]] = queue.SimpleQueue()
        self._pool = Pool(
            options,
            lambda task, row: self._done.put((task, row)),
            workers=1,
            memory=memory,
            seconds=seconds,
        )
        self._pool.start()

    def __call__(self, table: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Return a row, as JSON, for each picture; none for what is passed over."""
        given = table.to_pylist()
        rows: dict[int, Row | None] = {}
        first: dict[str, int] = {}  # where the row of some bytes will be
        copies: list[tuple[int, int, Read]] = []
        waiting = 0
        pictures = [place for place, one in enumerate(given) if one["count"] is None]
        with ThreadPoolExecutor(_READERS) as readers:
            reads = readers.map(self._read, (given[place] for place in pictures))
            for place, read in zip(pictures, reads, strict=True):
                item, sha256 = read.item, read.sha256
                if read.passed_over:
                    rows[place] = None
                elif item.content is None or sha256 is None:
                    rows[place] = self._failed(read, given[place]["error_type"])
                elif not read.alone and sha256 in first:
                    copies.append((place, first[sha256], read))
                else:
                    if not read.alone:
                        first[sha256] = place
                    told = Told(item.uri, item.member, item.path, read.read_ms)
                    self._pool.submit(Task(told, item.content, sha256, place))
                    waiting += 1
        for _ in range(waiting):
            task, row = self._done.get()
            if task is None or isinstance(row, Exception):
                raise WorkerDiedError("No process for pictures can be started.")
            rows[task.tag] = row
        for place, original, read in copies:
            rows[place] = self._copy(rows[original], read)
        return _table([_answer(one, rows.get(place)) for place, one in enumerate(given)], _ANSWER)

    def _read(self, one: Record) -> Read:
        if one["content"] is None and one["error"] is None:
            one |= _read(one, self._options.reader)
        names = {name: None if one[name] is None else os.fsdecode(one[name]) for name in _NAMES}
        item = Item(
            one["shard"],
            one["index"],
            names["uri"] or "",
            names["member"],
            path=names["path"],
            size=one["size"],
            content=one["content"],
            error=None if one["error"] is None else UnreadableImageError(one["error"]),
        )
        return looked_through(item, 0, one["read_ms"])

    def _failed(self, read: Read, kind: str | None) -> Row:
        item = read.item
        error = item.error or UnreadableImageError("It came without its bytes.")
        scan_id = self._options.scan_id
        row = error_row(item.uri, item.member, error, scan_id=scan_id, size=item.size)
        return row if kind is None else row | {"error_type": kind}

    def _copy(self, first: Row | None, read: Read) -> Row | None:
        if first is None:
            return None
        own = begun(read.item.uri, read.item.member, self._options.scan_id)
        return as_duplicate(first, own | {"read_ms": read.read_ms})


def _events(piece: Record, reader: Reader, size: int) -> Iterator[Item | ShardEnd]:
    """Yield what a piece holds, with the names that the list has."""
    entries = [Entry(*one) for one in piece["entries"]]
    if entries[0].kind == "file":
        shard = shard_name(piece["line"])
        for index, entry in enumerate(entries, piece["start"]):
            yield Item(shard, index, entry.uri, path=local_path(entry.uri), size=entry.size)
        if piece["start"] + len(entries) == piece["count"]:
            yield ShardEnd(shard, piece["count"], last=True)
        return
    listed = entries[0].uri
    address = _absolute(local_path(listed), piece["folder"]) or listed
    group = Group(piece["line"], (replace(entries[0], uri=address),))
    for event in events(group, reader, size=size, finished=frozenset(piece["finished"])):
        own = isinstance(event, Item) and event.uri == address
        yield replace(event, uri=listed) if own and isinstance(event, Item) else event


def _input(event: Item | ShardEnd, folder: str) -> Record:
    made: Record = dict.fromkeys(_INPUT)
    if isinstance(event, ShardEnd):
        return made | {"shard": event.shard, "index": -1, "count": event.count}
    path = None if event.member is not None else _absolute(event.path, folder)
    names = {"uri": event.uri, "member": event.member, "path": path}
    made |= {name: None if one is None else os.fsencode(one) for name, one in names.items()}
    made |= {"shard": event.shard, "index": event.index, "size": event.size}
    return made | {"content": event.content, **_told(event.error)}


def _absolute(path: str | None, folder: str) -> str | None:
    """Return a path as it is where the scan began: a machine's own folder may be another."""
    return None if path is None else os.path.join(folder, path)  # noqa: PTH118 - names as they are


def _read(one: Record, reader: Reader) -> Record:
    """Read a file, by its path where it has one."""
    began = time.perf_counter()
    content, error = None, None
    try:
        content = reader.read(os.fsdecode(one["path"] or one["uri"]))
    except IndelibleError as raised:
        error = raised
    except Exception as raised:  # noqa: BLE001 - this file's alone
        error = UnreadableImageError(f"It cannot be read: {type(raised).__name__}")
    return {
        "content": content,
        "read_ms": 1000 * (time.perf_counter() - began),
        **_told(error),
    }


def _told(error: IndelibleError | None) -> Record:
    if error is None:
        return {"error_type": None, "error": None}
    return {"error_type": type(error).__name__, "error": error.message}


def _answer(one: Record, row: Row | None) -> Record:
    text = None if row is None else json.dumps(row, allow_nan=False)
    return {"shard": one["shard"], "index": one["index"], "count": one["count"], "row": text}


def _table(rows: list[Record], columns: dict[str, str]) -> Any:  # noqa: ANN401 - no types
    pa = pyarrow()
    types = pa.schema([(name, getattr(pa, kind)()) for name, kind in columns.items()])
    return pa.Table.from_pylist(rows, types)
