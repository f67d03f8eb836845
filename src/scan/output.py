"""Where a scan's results go: parts that appear as a whole, and what it takes to go on after a kill.

::

    OUT/parquet/part-<shard>.parquet
    OUT/jsonl/part-<shard>.jsonl
    OUT/_scan/scan.json            what is scanned, and how
    OUT/_scan/list.jsonl           the files, archives and tables, one a line
    OUT/_scan/done/<shard>.json    a shard is finished once this stands: its parts came before it

Whatever moment a process is killed at, a shard is finished, or is done again from its beginning.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from indelible.errors import ArgumentError, IndelibleError, OutputError, OutputExistsError
from indelible.files import make_private_folder, stage_with, write_atomic
from indelible.scan.batch import record_batch
from indelible.scan.rows import Row
from indelible.scan.schema import SCHEMA_VERSION, pyarrow, schema
from indelible.scan.sources import Entry

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Output", "OutputFormat", "State", "differences"]

OutputFormat: TypeAlias = Literal["parquet", "jsonl", "both"]

_STATE: Final = "_scan"
_LEFT_OVER: Final = ".indelible-*.tmp"
_VERSION: Final = 1  # of what lies in _scan
_DIFFERENT: Final = {  # what a person calls the options that differ
    "sources": "the sources",
    "folder": "the folder that names begin in",
    "shard_size": "--shard-size",
    "format": "--format",
    "only": "--only",
    "engine_version": "the version of Indelible",
}


@dataclass(frozen=True, slots=True)
class State:
    """What a scan is: kept beside its results.

    Attributes
    ----------
    scan_id : str
    options : dict of str to str
        What its rows depend on, in words.
    lines, size : int
        Files, archives and tables in its list, and their bytes as far as known.
    """

    scan_id: str
    options: Mapping[str, str]
    lines: int = 0
    size: int = 0


@dataclass(slots=True)
class Output:
    """A folder of results, held by one scan at a time.

    Parameters
    ----------
    folder : path
        It is made where it is missing.
    format : "parquet", "jsonl" or "both"

    Attributes
    ----------
    finished : dict of str to int
        Finished shards, and how many rows each has.
    finished_size : int
        Bytes of the pictures in them.
    """

    folder: Path
    format: OutputFormat = "parquet"
    finished: dict[str, int] = field(default_factory=dict)
    finished_size: int = 0
    _lock: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the format."""
        if self.format not in get_args(OutputFormat):
            raise ArgumentError(
                "format", f"format is {self.format!r}.", hint="Give parquet, jsonl or both."
            )
        self.folder = Path(self.folder)

    # --- beginning, and going on -----------------------------------------------------------------

    def open(self, *, force: bool = False) -> State | None:
        """Take the folder; return the scan that began there, None where there is none.

        Parameters
        ----------
        force : bool
            Remove the scan that is there.

        Raises
        ------
        OutputError
            If the folder cannot be used, or another process is at work there.
        OutputExistsError
            If there is something else in it.
        """
        try:
            if not self._state.is_dir() and self.folder.is_dir() and any(self.folder.iterdir()):
                raise OutputExistsError(
                    f"'{self.folder}' is a folder with something else in it.",
                    hint="Name a new folder for the results.",
                )
            for place in (self._state / "done", *self._parts()):
                make_private_folder(place)
            self._take()
            if force:
                self._clear()
            self._sweep()
            return self._read()
        except IndelibleError:
            self.close()
            raise
        except (OSError, ValueError) as error:
            self.close()
            raise OutputError(
                f"'{self.folder}' cannot be used: {getattr(error, 'strerror', None) or error}.",
                hint="Name a folder that can be made.",
            ) from error

    def begin(self, scan_id: str, options: Mapping[str, str], listed: Iterable[Entry]) -> State:
        """Keep what is scanned, and how; the list comes first, so that a kill leaves nothing.

        Raises
        ------
        ArgumentError
            If there is nothing to scan.
        OutputError
            If it cannot be written.
        """
        lines = size = 0

        def write(place: Path) -> None:
            nonlocal lines, size
            with place.open("w", encoding="ascii") as file:
                for entry in listed:
                    file.write(json.dumps(entry.to_list()) + "\n")
                    lines += 1
                    size += entry.size or 0

        with stage_with(self._list, write, overwrite=True) as staged:
            if not lines:
                raise ArgumentError(
                    "sources", "There is nothing to scan.", hint="Check the folder or the pattern."
                )
            staged.publish()
        state = State(scan_id, dict(options), lines, size)
        self._write_state(state)
        return state

    def accept(self, state: State, options: Mapping[str, str]) -> State:
        """Keep other options from here on; the rows that are there stay as they are."""
        changed = State(state.scan_id, dict(options), state.lines, state.size)
        self._write_state(changed)
        return changed

    def listed(self) -> Iterator[Entry]:
        """Yield what is scanned, as it was listed when the scan began."""
        with self._list.open(encoding="ascii") as file:
            for line in file:
                yield Entry(*json.loads(line))

    # --- results ---------------------------------------------------------------------------------

    def publish(self, shard: str, rows: Sequence[Row]) -> None:
        """Make the rows of a shard visible, durably, and the shard finished.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        if rows:
            if self.format != "jsonl":
                self._write_parquet(shard, rows)
            if self.format != "parquet":
                lines = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
                write_atomic(
                    self.folder / "jsonl" / f"part-{shard}.jsonl",
                    lines.encode("ascii"),
                    overwrite=True,
                )
        size = sum(row["size"] or 0 for row in rows)
        mark = json.dumps({"rows": len(rows), "bytes": size}).encode()
        write_atomic(self._state / "done" / f"{shard}.json", mark, overwrite=True)
        self.finished[shard] = len(rows)

    def rows(self, shards: Iterable[str]) -> Iterator[Row]:
        """Yield the rows of finished shards."""
        for shard in shards:
            if not self.finished.get(shard):
                continue
            if self.format == "jsonl":
                with (self.folder / "jsonl" / f"part-{shard}.jsonl").open("rb") as file:
                    yield from (json.loads(line) for line in file)
            else:
                place = self.folder / "parquet" / f"part-{shard}.parquet"
                for row in pyarrow("pyarrow.parquet").read_table(place).to_pylist():
                    row["scanned_at"] = row["scanned_at"].isoformat(timespec="microseconds")
                    yield row

    def forget(self, shard: str) -> None:
        """Have a shard done again: a part of it cannot be read."""
        (self._state / "done" / f"{shard}.json").unlink(missing_ok=True)
        self.finished.pop(shard, None)

    def close(self) -> None:
        """Let others use the folder."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _state(self) -> Path:
        return self.folder / _STATE

    @property
    def _list(self) -> Path:
        return self._state / "list.jsonl"

    def _parts(self) -> tuple[Path, ...]:
        names = ("parquet", "jsonl") if self.format == "both" else (self.format,)
        return tuple(self.folder / name for name in names)

    def _files(self, shard: str) -> tuple[Path, ...]:
        return tuple(place / f"part-{shard}.{place.name}" for place in self._parts())

    def _take(self) -> None:
        """Hold a lock that ends with this process."""
        self._lock = os.open(
            self._state / "lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600
        )
        if fcntl is None:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"Another scan is writing to '{self.folder}' at this moment.",
                hint="Wait for it, or name another folder.",
            ) from error

    def _clear(self) -> None:
        """Remove a scan: first what says that it is one."""
        (self._state / "scan.json").unlink(missing_ok=True)
        self._list.unlink(missing_ok=True)
        for path in (
            *(self._state / "done").glob("*.json"),
            *(self.folder / "parquet").glob("part-*.parquet"),
            *(self.folder / "jsonl").glob("part-*.jsonl"),
        ):
            path.unlink()

    def _sweep(self) -> None:
        """Remove what a killed process left half-written."""
        for place in (self._state, self._state / "done", *self._parts()):
            for path in place.glob(_LEFT_OVER):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _read(self) -> State | None:
        place = self._state / "scan.json"
        if not place.exists():
            self.finished = {}
            return None
        known = json.loads(place.read_bytes())
        if known.get("version") != _VERSION or known.get("schema") != SCHEMA_VERSION:
            raise OutputExistsError(
                f"'{self.folder}' holds a scan by another version of Indelible.",
                hint="Name another folder, or begin anew with --force.",
            )
        for mark in (self._state / "done").iterdir():
            if mark.suffix == ".json" and not mark.name.startswith("."):
                told = json.loads(mark.read_bytes())
                if told["rows"] and not all(part.exists() for part in self._files(mark.stem)):
                    continue  # somebody removed a part: it is done again
                self.finished[mark.stem] = int(told["rows"])
                self.finished_size += int(told["bytes"])
        return State(known["scan_id"], known["options"], known["lines"], known["bytes"])

    def _write_state(self, state: State) -> None:
        data = {
            "version": _VERSION,
            "schema": SCHEMA_VERSION,
            "scan_id": state.scan_id,
            "lines": state.lines,
            "bytes": state.size,
            "options": dict(state.options),
        }
        text = json.dumps(data, indent=2) + "\n"
        write_atomic(self._state / "scan.json", text.encode("ascii"), overwrite=True)

    def _write_parquet(self, shard: str, rows: Sequence[Row]) -> None:
        parquet = pyarrow("pyarrow.parquet")

        def write(place: Path) -> None:
            with parquet.ParquetWriter(place, schema(), compression="zstd") as writer:
                writer.write_batch(record_batch(rows))

        target = self.folder / "parquet" / f"part-{shard}.parquet"
        with stage_with(target, write, overwrite=True) as staged:
            staged.publish()


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a person calls the options that differ."""
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return tuple(_DIFFERENT.get(name, name.replace("_", " ")) for name in names)
