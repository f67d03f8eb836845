"""Reading a scan's results: a batch at a time, and of each row the columns that are asked for."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from indelible.errors import UnreadableScanError
from indelible.files import open_regular
from indelible.scan.schema import COLUMNS, SCHEMA_VERSION, pyarrow, schema, version_of

__all__ = ["batches"]

_ROWS: Final = 1 << 16  # of Parquet that are read at once
_LINES: Final = 1 << 12  # of JSON
_LONGEST_LINE: Final = 4 << 20
_UNREADABLE: Final = (ArithmeticError, KeyError, OSError, RuntimeError, TypeError, ValueError)
"""What Arrow, and a parser of JSON, raise for what is not as it should be."""
_REQUIRED: Final = frozenset(column.name for column in COLUMNS if column.required)


def batches(results: str | os.PathLike[str], names: Sequence[str]) -> Iterator[Any]:
    """Yield the rows of a scan, in order.

    Parameters
    ----------
    results : path
        What a scan wrote: a folder, or one file of it, Parquet or JSON lines.
    names : sequence of str
        Of the columns.

    Yields
    ------
    pyarrow.Table
        With these columns; one that a file lacks is empty.

    Raises
    ------
    UnreadableScanError
        If there is nothing, or something else, or results of a later version.
    MissingDependencyError
        Without the extra ``scan``.
    """
    file = place = Path(results)
    types = {name: schema().field(name).type for name in names}
    try:
        for file in _files(place):
            if file.suffix == ".parquet":
                yield from _parquet(file, types)
            else:
                with open_regular(file) as lines:
                    yield from _json_lines(file, lines, types)
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or "it is damaged, or no result of a scan"
        raise UnreadableScanError(f"Cannot read {str(file)!r}: {reason}.") from error


def _files(place: Path) -> list[Path]:
    """Return the files of results below a place, in order; hidden ones are not finished.

    Where a scan wrote both kinds, one of them is all there is.
    """
    if not place.is_dir():
        return [place]
    for suffix in ("parquet", "jsonl"):
        found = [
            path
            for path in sorted(place.rglob(f"*.{suffix}"))
            if not any(part.startswith((".", "_")) for part in path.relative_to(place).parts)
        ]
        if found:
            return found
    return []


def _parquet(path: Path, types: Mapping[str, Any]) -> Iterator[Any]:
    file = pyarrow("pyarrow.parquet").ParquetFile(path)
    with file:
        _check(path, file.schema_arrow)
        names = [name for name in types if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS, columns=names, use_threads=False):
            yield _whole(batch, types)


def _whole(batch: Any, types: Mapping[str, Any]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return a batch as a table of all columns that are asked for."""
    pa = pyarrow()
    arrays = [
        batch.column(name).cast(kind)
        if name in batch.schema.names
        else pa.nulls(batch.num_rows, kind)
        for name, kind in types.items()
    ]
    return pa.table(arrays, names=list(types))


def _check(path: Path, found: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    """Raise for a file that is no result of a scan; one that Spark wrote names no version."""
    version = version_of(found.metadata)
    if version is None and not set(found.names) >= _REQUIRED:
        raise UnreadableScanError(f"{str(path)!r} is no result of a scan.")
    if version is not None and version > SCHEMA_VERSION:
        raise UnreadableScanError(
            f"{str(path)!r} is of a later version ({version}) than this Indelible reads.",
            hint="Use the version that made it, or a newer one.",
        )


def _json_lines(path: Path, file: BinaryIO, types: Mapping[str, Any]) -> Iterator[Any]:
    rows: list[Mapping[str, Any]] = []
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise ValueError("a line of more than 4 MiB")
        value = json.loads(line)
        if not isinstance(value, dict) or not value.keys() >= _REQUIRED:
            raise UnreadableScanError(f"{str(path)!r} is no result of a scan.")
        rows.append(value)
        if len(rows) == _LINES:
            yield _table(rows, types)
            rows = []
    if rows:
        yield _table(rows, types)


def _table(rows: list[Mapping[str, Any]], types: Mapping[str, Any]) -> Any:  # noqa: ANN401
    pa = pyarrow()
    columns = {}
    for name, kind in types.items():
        values = [row.get(name) for row in rows]
        if name == "scanned_at":
            values = [None if one is None else dt.datetime.fromisoformat(one) for one in values]
        columns[name] = pa.array(values, kind)
    return pa.table(columns)
