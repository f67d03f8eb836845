"""From the list to single pictures, in shards: what is finished, and resumed, as a whole.

A shard is so many files of the list that follow each other, or so many members or rows of an
archive or a table. Its name says where it begins: the line of the list, and which piece.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from indelible.errors import IndelibleError, UnreadableImageError
from indelible.scan.archives import members
from indelible.scan.reading import Reader, local_path
from indelible.scan.schema import pyarrow
from indelible.scan.sources import Entry

__all__ = ["Event", "Group", "Item", "ShardEnd", "events", "groups", "shard_name"]

_TABLE_ROWS: Final = 16  # of a table's that are in memory at once
_MOST_GROUP: Final = 4 << 30  # bytes of a table's row group


@dataclass(frozen=True, slots=True)
class Item:
    """A picture that is to be looked at.

    Attributes
    ----------
    shard : str
    index : int
        Its place there.
    uri : str
    member : str or None
    path : str or None
        Its file, where it is one of this machine.
    size : int or None
        Bytes, where that is known.
    content : bytes or None
        None where it is still to be read from its `uri`.
    error : IndelibleError or None
        Why there is no picture.
    """

    shard: str
    index: int
    uri: str
    member: str | None = None
    path: str | None = None
    size: int | None = None
    content: bytes | None = field(default=None, repr=False)
    error: IndelibleError | None = None

    @property
    def name(self) -> str:
        """The name that tells what it is."""
        return self.uri if self.member is None else self.member


@dataclass(frozen=True, slots=True)
class ShardEnd:
    """That a shard has no more pictures.

    Attributes
    ----------
    shard : str
    count : int
        How many it has.
    last : bool
        Whether its group ends with it.
    """

    shard: str
    count: int
    last: bool


Event: TypeAlias = Item | ShardEnd


@dataclass(frozen=True, slots=True)
class Group:
    """What is listed together: some files, or one archive or table.

    Attributes
    ----------
    line : int
        Where it begins in the list, from 0.
    entries : tuple of Entry
        Several only if they are files.
    """

    line: int
    entries: tuple[Entry, ...]


def groups(listed: Iterable[Entry], size: int) -> Iterator[Group]:
    """Put files together, so many at most; each archive and table is by itself."""
    files: list[Entry] = []
    begin = 0
    for line, entry in enumerate(listed):
        if entry.kind == "file":
            begin = begin if files else line
            files.append(entry)
        if files and (entry.kind != "file" or len(files) == size):
            yield Group(begin, tuple(files))
            files = []
        if entry.kind != "file":
            yield Group(line, (entry,))
    if files:
        yield Group(begin, tuple(files))


def shard_name(line: int, piece: int = 0) -> str:
    """Return the name of a shard; names sort as the list does."""
    return f"{line:010d}-{piece:06d}"


def events(
    group: Group, reader: Reader, *, size: int, finished: Container[str] = frozenset()
) -> Iterator[Event]:
    """Yield the pictures of a group that are in no finished shard, and where its shards end.

    Parameters
    ----------
    group : Group
    reader : Reader
        Opens archives and tables, and says how large a member may be. Files are not read here.
    size : int
        Pictures of a shard.
    finished : container of str
        Names of shards to pass over.
    """
    if group.entries[0].kind == "file":
        shard = shard_name(group.line)
        if shard not in finished:
            for index, entry in enumerate(group.entries):
                yield _file(shard, index, entry.uri, entry.size)
            yield ShardEnd(shard, len(group.entries), last=True)
        return
    pieces = _Pieces(group.line, size, finished)
    entry = group.entries[0]
    try:
        if entry.kind == "archive":
            yield from _archive(entry, reader, pieces)
        else:
            yield from _table(entry, reader, pieces)
    except IndelibleError as error:
        yield from pieces.next()
        if not pieces.is_finished:
            yield Item(pieces.shard, pieces.index, entry.uri, error=error)
    yield from pieces.end()


class _Pieces:
    """Cuts an archive or a table into shards, as its pictures come."""

    def __init__(self, line: int, size: int, finished: Container[str]) -> None:
        self._line = line
        self._size = size
        self._finished = finished
        self._piece = 0
        self.index = -1

    @property
    def shard(self) -> str:
        return shard_name(self._line, self._piece)

    @property
    def is_finished(self) -> bool:
        return self.shard in self._finished

    def next(self) -> Iterator[ShardEnd]:
        """Go on to the next picture; yield the end of a shard before it."""
        if self.index + 1 == self._size:
            if not self.is_finished:
                yield ShardEnd(self.shard, self._size, last=False)
            self._piece += 1
            self.index = -1
        self.index += 1

    def end(self) -> Iterator[ShardEnd]:
        if not self.is_finished:
            yield ShardEnd(self.shard, self.index + 1, last=True)


def _file(shard: str, index: int, uri: str, size: int | None = None) -> Item:
    return Item(shard, index, uri, path=local_path(uri), size=size)


def _archive(entry: Entry, reader: Reader, pieces: _Pieces) -> Iterator[Event]:
    with _translated(entry.uri), closing(reader.open(entry.uri)) as stream:
        for member in members(stream, entry.uri):
            yield from pieces.next()
            if pieces.is_finished:
                continue
            content = error = None
            try:
                content = member.read(reader.limits)
            except IndelibleError as raised:
                error = raised
            yield Item(
                pieces.shard,
                pieces.index,
                entry.uri,
                member.name,
                size=member.size,
                content=content,
                error=error,
            )


def _table(entry: Entry, reader: Reader, pieces: _Pieces) -> Iterator[Event]:
    """Yield the rows of a column of bytes, of paths, or of both (``struct<bytes, path>``)."""
    parquet = pyarrow("pyarrow.parquet")
    with _translated(entry.uri), closing(reader.open(entry.uri)) as stream:
        # Page by page: by default whole row groups are fetched ahead, and kept.
        file = parquet.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 16)
        names = file.schema_arrow.names
        if entry.column not in names:
            raise UnreadableImageError(
                f"{entry.uri!r} has no column {entry.column!r}.",
                hint=f"It has: {', '.join(names[:20])}.",
            )
        number = 0
        for group in range(file.metadata.num_row_groups):
            if file.metadata.row_group(group).total_byte_size > _MOST_GROUP:
                raise UnreadableImageError(f"{entry.uri!r} has a row group of more than 4 GiB.")
            for batch in file.iter_batches(
                batch_size=_TABLE_ROWS, row_groups=[group], columns=[entry.column]
            ):
                cells = batch.column(0)
                for place in range(batch.num_rows):
                    yield from pieces.next()
                    if not pieces.is_finished:
                        yield _cell(entry, pieces, number, cells[place].as_py(), reader)
                    number += 1


def _cell(entry: Entry, pieces: _Pieces, number: int, value: Any, reader: Reader) -> Item:  # noqa: ANN401
    shard, index, member = pieces.shard, pieces.index, str(number)
    if isinstance(value, dict):  # as collections of pictures for training have it
        held, named = value.get("bytes"), value.get("path")
        value = held if held is not None else named
    if isinstance(value, str) and value:
        return _file(shard, index, value)
    if isinstance(value, bytes):
        try:
            reader.limits.check_bytes(len(value))
        except IndelibleError as error:
            return Item(shard, index, entry.uri, member, size=len(value), error=error)
        return Item(shard, index, entry.uri, member, size=len(value), content=value)
    what = "nothing" if value is None else f"a value ({type(value).__name__})"
    problem = UnreadableImageError(f"The row holds {what}, neither bytes nor a path.")
    return Item(shard, index, entry.uri, member, error=problem)


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    """Let nothing but our own errors out of foreign readers."""
    try:
        yield
    except IndelibleError:
        raise
    except Exception as error:  # foreign code
        said = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
        raise UnreadableImageError(
            f"{uri!r} cannot be read: {(said.splitlines() or [''])[0][:200]}."
        ) from error
