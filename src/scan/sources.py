"""What is to be scanned: names that somebody gave, turned into a list of files, archives, tables.

A file that is no picture is a row with an error, as it may have been meant as one. Passed over are
hidden files and folders, links to folders, pipes and devices; and of what is read, companions of
pictures by their names (``.json``, ``.txt``, ``.c2pa``, ...) that hold no picture.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, TypeAlias

from indelible.errors import UnreadableImageError
from indelible.files import open_regular
from indelible.scan.archives import is_archive
from indelible.scan.reading import called, local_path, scheme_of

__all__ = ["Entry", "Kind", "entries", "has_companion_name"]

Kind: TypeAlias = Literal["file", "archive", "table"]

_PATTERN: Final = frozenset("*?[")
_TABLE: Final = re.compile(r"(.+\.parquet)::([^:]+)", re.DOTALL)
_LONGEST_LINE: Final = 64 * 1024
_WEB: Final = ("http", "https")
_COMPANIONS: Final = frozenset(
    {"c2pa", "cls", "csv", "html", "ini", "json", "jsonl", "log", "md", "npy", "npz", "parquet"}
    | {"pickle", "pt", "pyd", "toml", "txt", "xml", "xmp", "yaml", "yml"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list.

    Attributes
    ----------
    kind : {"file", "archive", "table"}
    uri : str
        Its path or address; bytes that are no text as surrogates.
    size : int or None
        Bytes, where that is known.
    column : str or None
        Of a table, the one that holds paths or bytes.
    """

    kind: Kind
    uri: str
    size: int | None = None
    column: str | None = None

    def to_list(self) -> list[Any]:
        """Return it as JSON-ready data."""
        return [self.kind, self.uri, self.size, self.column]


def has_companion_name(name: str) -> bool:
    """Whether a name is one of files that lie beside pictures."""
    return name.rpartition(".")[2].lower() in _COMPANIONS


def entries(sources: Iterable[str], *, output: str | os.PathLike[str]) -> Iterator[Entry]:
    """Yield what sources name, in a lasting order.

    Parameters
    ----------
    sources : iterable of str
        Files, folders, patterns, ``@`` and a file with a list, ``-`` for a list on standard input,
        ``TABLE.parquet::COLUMN``, or addresses of any store that fsspec knows.
    output : path
        Where results go: below a folder it is passed over.

    Raises
    ------
    UnreadableImageError
        If a source leads nowhere, or a list or a store cannot be read.
    """
    results = os.path.realpath(output)
    for source in sources:
        if source == "-":
            yield from _listed(sys.stdin.buffer)
        elif source.startswith("@"):
            with _opened(source[1:]) as file:
                yield from _listed(file)
        else:
            yield from _expanded(source, results)


def _expanded(source: str, results: str) -> Iterator[Entry]:
    table = _TABLE.fullmatch(source)
    name = source if table is None else table.group(1)
    found = _local(name, results) if local_path(name) is not None else _remote(name)
    if table is None:
        yield from found
        return
    for entry in found:
        yield Entry("table", entry.uri, entry.size, table.group(2))


def _local(name: str, results: str) -> Iterator[Entry]:
    path = local_path(name) or ""
    try:
        if os.path.isdir(path):  # noqa: PTH112 - names as they are, not as Path tidies them
            yield from _folder(path, results)
        elif os.path.lexists(path):
            yield _entry(path, _size(path))
        elif _PATTERN & set(path):
            yield from _matching(path, results)
        else:
            raise _nowhere(name, "there is no such file or folder")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _nowhere(name, reason) from error


def _matching(pattern: str, results: str) -> Iterator[Entry]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - takes absolute ones
    if not matches:
        raise _nowhere(pattern, "no file matches")
    recursive = "**" in pattern
    for path in matches:
        if not os.path.isdir(path):  # noqa: PTH112
            yield _entry(path, _size(path))
        elif not recursive:  # whose files match themselves
            yield from _folder(path, results)


def _folder(folder: str, results: str) -> Iterator[Entry]:
    """Walk a folder, without recursion: it may be as deep as the system allows."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError:
            if place == folder:
                raise
            yield Entry("file", place)  # a folder that may not be read: its row says so
            continue
        below = []
        for item in items:
            if item.name.startswith("."):
                continue
            if item.is_dir(follow_symlinks=False):
                if os.path.realpath(item.path) != results:
                    below.append(item.path)
            elif _is_readable(item):
                yield _entry(item.path, _size_of(item))
        waiting.extend(reversed(below))


def _is_readable(item: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one or to nowhere: no link to a folder, no device."""
    try:
        return item.is_file() or (item.is_symlink() and not os.path.exists(item.path))  # noqa: PTH110
    except OSError:
        return True


def _size_of(item: os.DirEntry[str]) -> int | None:
    try:
        return item.stat().st_size
    except OSError:
        return None


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _entry(uri: str, size: int | None = None) -> Entry:
    return Entry("archive" if is_archive(uri) else "file", uri, size)


def _remote(address: str) -> Iterator[Entry]:
    """List what is below an address in a store, or what matches a pattern there."""
    if scheme_of(address) in _WEB:  # nothing can be listed
        yield _entry(address)
        return

    def listed(files: Any, path: str) -> list[Entry]:  # noqa: ANN401 - fsspec has no types
        if _PATTERN & set(path):
            found = files.glob(path, detail=True)
        elif files.isdir(path):
            found = files.find(path, detail=True)
        else:
            found = {path: files.info(path)}
        return [
            _entry(files.unstrip_protocol(name), info.get("size"))
            for name, info in sorted(found.items())
            if info.get("type") == "file" and not _is_hidden(name, path)
        ]

    found = called(address, listed)
    if not found:
        raise _nowhere(address, "nothing is there")
    yield from found


def _is_hidden(name: str, root: str) -> bool:
    below = name[len(root) :] if name.startswith(root) else name.rpartition("/")[2]
    return any(part.startswith(".") for part in below.split("/"))


def _opened(name: str) -> IO[bytes]:
    try:
        return open_regular(name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _nowhere(name, reason) from error


def _listed(file: IO[bytes]) -> Iterator[Entry]:
    """Yield the lines of a list: each is a file, an archive, a table's column, or an address."""
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise UnreadableImageError("The list has a line that is longer than any name.")
        name = os.fsdecode(line.rstrip(b"\r\n"))
        if not name:
            continue
        table = _TABLE.fullmatch(name)
        if table is None:
            yield _entry(name)
        else:
            yield Entry("table", table.group(1), None, table.group(2))


def _nowhere(name: str, reason: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{name!r} cannot be scanned: {reason[:1].lower()}{reason[1:]}.",
        hint="Check the name and the access to it.",
    )
