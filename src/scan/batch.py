"""`scan_batch`: Arrow in, Arrow out. What engines of others call: Ray Data, Spark, a loop."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from indelible.errors import UnreadableImageError
from indelible.scan.options import ScanOptions
from indelible.scan.reading import local_path
from indelible.scan.rows import Row, Subject, error_row, scan_picture
from indelible.scan.schema import pyarrow, schema

__all__ = ["record_batch", "scan_batch"]


def scan_batch(batch: Any, options: ScanOptions) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Look at a batch of pictures, one after the other.

    Parameters
    ----------
    batch : pyarrow.RecordBatch or pyarrow.Table
        One row is one picture. ``uri`` (string) names it; ``member`` (string), where it has one,
        says which of the pictures there it is; ``content`` (binary) is its file. A picture without
        content is read from its ``uri``, unless ``error`` (string) says why it cannot be, with
        ``error_type``. Other columns are left aside.
    options : ScanOptions
        What to do with them. In each process its verifier is made once.

    Returns
    -------
    pyarrow.RecordBatch
        As many rows in the same order, with the columns of `indelible.scan.schema`.

    Raises
    ------
    KeyError
        If there is no column ``uri``.

    Notes
    -----
    Whatever a picture raises is in its row. What kills or blocks the process does so: the local
    engine has processes of its own for that.
    """
    return record_batch(_row(one, options) for one in _inputs(batch))


def record_batch(rows: Iterable[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - as above
    """Return rows as a ``pyarrow.RecordBatch``."""
    pa = pyarrow()
    values = list(rows)
    columns = []
    for column in schema():
        cells: list[Any] = [row[column.name] for row in values]
        if pa.types.is_timestamp(column.type):
            columns.append(pa.array(cells, pa.string()).cast(column.type))
        else:
            columns.append(pa.array(cells, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema())


def _inputs(batch: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    """Yield the rows of a batch, one picture's bytes in memory at a time."""
    columns = {name: batch.column(name) for name in batch.schema.names if name in _KNOWN}
    if "uri" not in columns:
        raise KeyError("uri")
    for number in range(batch.num_rows):
        yield {name: column[number].as_py() for name, column in columns.items()}


_KNOWN = frozenset({"uri", "member", "content", "error", "error_type"})


def _row(given: Mapping[str, Any], options: ScanOptions) -> Row:
    uri, member = given["uri"] or "", given.get("member")
    content, error = given.get("content"), given.get("error")
    if content is None and member is not None:
        error = error or f"{member!r} of {uri!r} came without its bytes"
    if error is not None:
        return _failed(uri, member, error, given.get("error_type"), options)
    read_ms = None
    if content is None:
        began = time.perf_counter()
        try:
            content = options.reader.read(uri)
        except Exception as raised:  # noqa: BLE001 - this picture's alone
            return error_row(uri, member, raised, scan_id=options.scan_id)
        read_ms = 1000 * (time.perf_counter() - began)
    path = local_path(uri) if member is None else None
    return scan_picture(Subject(uri, content, member, path, read_ms), options)


def _failed(
    uri: str, member: str | None, error: str, kind: str | None, options: ScanOptions
) -> Row:
    row = error_row(uri, member, UnreadableImageError(error), scan_id=options.scan_id)
    return row | ({"error_type": kind} if kind else {})
