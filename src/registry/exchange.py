"""A registry as a Parquet file: for archives, for analysis, and for another registry.

One row is one record, with its manifest store and the bindings that lead to it; `FIELDS` names the
columns, docs/registry.md says what they mean. Row groups are small, so that neither writing nor
reading needs more memory than a few of the largest manifests. Private records of generations are
never in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indelible import extras
from indelible.errors import (
    IndelibleError,
    RegistryError,
    UnreadableExportError,
)
from indelible.files import open_regular, stage_with
from indelible.registry.merging import Progress, Tally, copy_into
from indelible.registry.record import Record, StoredFingerprint, has_its_hash
from indelible.registry.rows import check_value, values_of
from indelible.registry.transfers import Binding, Transfer, transfers_of

if TYPE_CHECKING:
    import os

    from indelible.registry.sql import SqlRegistry

__all__ = ["EXPORT_VERSION", "export_records", "import_records"]

EXPORT_VERSION: Final = 1
"""Version of the columns; a file names it in its metadata, under ``indelible.registry``."""

_VERSION_KEY: Final = b"indelible.registry"

# Of one row group: written at once, and the most that reading one asks for.
_GROUP_ROWS: Final = 1000
_GROUP_BYTES: Final = 8 * 1024 * 1024
_MOST_GROUP_ROWS: Final = 100_000
_MOST_GROUP_BYTES: Final = 128 * 1024 * 1024
_READ_ROWS: Final = 4  # at once: a file can repeat one of the largest manifests for next to nothing
_READ_BYTES: Final = 64 * 1024
_OVERHEAD: Final = 4096  # of a row without its manifest store, about


def export_records(
    registry: SqlRegistry,
    path: str | os.PathLike[str],
    *,
    since: dt.datetime | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write the records of a registry to a Parquet file; return how many there are in it.

    Parameters
    ----------
    registry : SqlRegistry
        Is only read.
    path : path
        The file; it appears as a whole or not at all, readable by its owner only.
    since : datetime.datetime, optional
        Leave out what was registered before; timezone-aware.
    overwrite : bool
        Whether a file that exists may be replaced.
    progress : callable, optional
        Is told how many are written.

    Raises
    ------
    OutputExistsError, OutputError
        If the file exists, or cannot be written.
    RegistryError
        If the registry cannot be read.
    MissingDependencyError
        If pyarrow is not installed.
    """
    _parquet()
    registry.check()
    written = 0

    def write(place: Path) -> None:
        nonlocal written
        for written in _write(place, transfers_of(registry, since=since)):
            if progress is not None:
                progress(written)

    with stage_with(path, write, overwrite=overwrite) as staged:
        staged.publish()
    return written


def import_records(
    registry: SqlRegistry, path: str | os.PathLike[str], *, progress: Progress | None = None
) -> Tally:
    """Copy the records of an exported file into a registry; what is there is not changed.

    Raises
    ------
    UnreadableExportError
        If the file cannot be read, is something else, or holds a record that is none or whose
        manifest store has not its hash. What was copied until then stays; it can be done again.
    RegistryError
        If the registry cannot be used.
    MissingDependencyError
        If pyarrow is not installed.
    """
    name = Path(path)
    parquet = _parquet()
    with ExitStack() as stack:
        with _translated_errors(name):
            opened = stack.enter_context(open_regular(path))
            # Page by page: by default whole row groups are fetched ahead, and kept.
            file = parquet.ParquetFile(opened, pre_buffer=False, buffer_size=_READ_BYTES)
            _check_file(name, file)
        return copy_into(registry, _read(name, file), progress=progress)


# --- writing --------------------------------------------------------------------------------------


def _write(place: Path, transfers: Iterator[Transfer]) -> Iterator[int]:
    """Write group after group, and yield how many rows there are."""
    import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to load
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = _schema()
    count = size = 0
    rows: list[dict[str, Any]] = []
    with pq.ParquetWriter(place, schema, compression="zstd", use_dictionary=False) as writer:

        def flush() -> None:
            try:
                table = pa.Table.from_pylist(rows, schema=schema)
            except (TypeError, ValueError, OverflowError) as error:
                raise RegistryError(f"a record cannot be exported: {error}") from error
            writer.write_table(table)

        for transfer in transfers:
            record = transfer.load()
            if record is None:  # withdrawn a moment ago
                continue
            if rows and (size + transfer.size > _GROUP_BYTES or len(rows) >= _GROUP_ROWS):
                flush()
                count += len(rows)
                yield count
                rows, size = [], 0
            rows.append(_row(transfer, record))
            size += transfer.size + _OVERHEAD
        flush()
    yield count + len(rows)


def _row(transfer: Transfer, record: Record) -> dict[str, Any]:
    print_ = record.fingerprint
    return {
        "manifest_id": record.manifest_id,
        "manifest_store": None if record.status == "erased" else record.manifest_store,
        "store_sha256": record.store_sha256,
        "size": transfer.size,
        "media_type": record.media_type,
        "generator": record.generator,
        "created": record.created,
        "picture_sha256": record.picture_sha256,
        "width": record.width,
        "height": record.height,
        "algorithm": record.algorithm,
        "payload": record.payload,
        "owner": record.owner,
        "status": record.status,
        "status_reason": record.status_reason,
        "status_changed": transfer.status_changed,
        "pdq": None if print_ is None else print_.pdq,
        "quality": None if print_ is None else print_.quality,
        "reference": None if print_ is None else print_.reference,
        "bindings": [
            {
                "algorithm": one.algorithm,
                "value": one.value,
                "owner": one.owner,
                "created": one.created,
                "moved": one.moved,
                "moved_by": one.moved_by,
            }
            for one in transfer.bindings
        ],
    }


# --- reading what may be anybody's ----------------------------------------------------------------


def _check_file(name: Path, file: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    """Refuse what is no export, is of a newer version, or says that it needs much memory."""
    metadata = file.metadata
    version = (metadata.metadata or {}).get(_VERSION_KEY, b"")
    if not version.isdigit():
        raise UnreadableExportError(
            f"'{name}' is a Parquet file, and not the export of a registry",
            hint="Give a file that `indelible registry export` wrote.",
        )
    if version != str(EXPORT_VERSION).encode():
        raise UnreadableExportError(
            f"'{name}' is an export of version {version.decode()[:9]}, this one knows "
            f"{EXPORT_VERSION}",
            hint="Update Indelible.",
        )
    if not file.schema_arrow.equals(_schema()):
        raise UnreadableExportError(f"'{name}' has not the columns of an export")
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if not (
            0 <= group.num_rows <= _MOST_GROUP_ROWS
            and 0 <= group.total_byte_size <= _MOST_GROUP_BYTES
        ):
            raise UnreadableExportError(
                f"'{name}' has a row group that is too large to be read "
                f"({group.num_rows} rows, {group.total_byte_size} bytes)",
                hint="Write it with smaller row groups.",
            )


def _read(name: Path, file: Any) -> Iterator[Transfer]:  # noqa: ANN401 - pyarrow has no types
    """Yield the records of a file, each checked, a few in memory at a time."""
    for number, row in enumerate(_rows(name, file), 1):
        try:
            transfer = _transfer(row)
        except (AttributeError, TypeError, ValueError, RegistryError) as error:
            raise UnreadableExportError(
                f"'{name}' is damaged: row {number} is not a record ({error})",
                hint="Export it again, and import that: what was copied already stays.",
            ) from error
        yield transfer


def _rows(name: Path, file: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    for group in range(file.metadata.num_row_groups):
        with _translated_errors(name):
            batches = file.iter_batches(
                batch_size=_READ_ROWS, row_groups=[group], use_threads=False
            )
        while True:
            with _translated_errors(name):
                batch = next(batches, None)
                rows = [] if batch is None else batch.to_pylist()
            if batch is None:
                break
            yield from rows


def _transfer(row: Mapping[str, Any]) -> Transfer:
    fingerprint = None
    if row["pdq"] is not None:
        fingerprint = StoredFingerprint(row["pdq"], row["quality"], row["reference"] or b"")
    plain = (
        "manifest_id", "algorithm", "payload", "media_type", "generator", "created",
        "picture_sha256", "width", "height", "store_sha256", "owner", "status", "status_reason",
    )  # fmt: skip
    store = row["manifest_store"] or b""
    record = Record(
        **{name: row[name] for name in plain}, manifest_store=store, fingerprint=fingerprint
    )
    values_of(record)
    if not has_its_hash(record) or (row["size"] != len(store) and record.status != "erased"):
        raise ValueError("its manifest store has not the hash that it names")
    if record.status == "erased" and (store or fingerprint):
        raise ValueError("it was erased, and holds something all the same")
    if not 0 <= row["size"] < 2**31:
        raise ValueError(f"its size is {row['size']}")
    return Transfer(
        record=replace(record, manifest_store=b""),
        size=row["size"],
        status_changed=row["status_changed"],
        bindings=tuple(_binding(one) for one in row["bindings"]),
        load=lambda: record,
    )


def _binding(row: Mapping[str, Any]) -> Binding:
    for name, value in (
        ("algorithm", row["algorithm"]),
        ("payload", row["value"]),
        ("owner", row["owner"]),
        ("owner", row["moved_by"]),
    ):
        check_value(name, value)
    if not row["algorithm"] or not row["value"] or row["created"] is None:
        raise ValueError("a binding is empty")
    return Binding(**row)


@contextmanager
def _translated_errors(name: Path) -> Iterator[None]:
    """Let nothing but our own errors out: the file may be anybody's."""
    try:
        yield
    except IndelibleError:
        raise
    except MemoryError as error:
        raise UnreadableExportError(f"'{name}' needs more memory than there is") from error
    except Exception as error:  # foreign code
        cause = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
        raise UnreadableExportError(
            f"'{name}' cannot be read: {cause.splitlines()[0]}",
            hint="Give a file that `indelible registry export` wrote.",
        ) from error


# --- the columns ----------------------------------------------------------------------------------


def _schema() -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa  # noqa: PLC0415

    time = pa.timestamp("us", tz="UTC")
    binding = pa.struct(
        [
            pa.field("algorithm", pa.string(), nullable=False),
            pa.field("value", pa.binary(), nullable=False),
            pa.field("owner", pa.string()),
            pa.field("created", time, nullable=False),
            pa.field("moved", time),
            pa.field("moved_by", pa.string()),
        ]
    )
    return pa.schema(
        [
            pa.field("manifest_id", pa.string(), nullable=False),
            pa.field("manifest_store", pa.binary()),
            pa.field("store_sha256", pa.string(), nullable=False),
            pa.field("size", pa.int64(), nullable=False),
            pa.field("media_type", pa.string(), nullable=False),
            pa.field("generator", pa.string()),
            pa.field("created", time, nullable=False),
            pa.field("picture_sha256", pa.string()),
            pa.field("width", pa.int32()),
            pa.field("height", pa.int32()),
            pa.field("algorithm", pa.string(), nullable=False),
            pa.field("payload", pa.binary(), nullable=False),
            pa.field("owner", pa.string()),
            pa.field("status", pa.string(), nullable=False),
            pa.field("status_reason", pa.string()),
            pa.field("status_changed", time),
            pa.field("pdq", pa.binary()),
            pa.field("quality", pa.int32()),
            pa.field("reference", pa.binary()),
            pa.field("bindings", pa.list_(pa.field("element", binding)), nullable=False),
        ],
        metadata={_VERSION_KEY: str(EXPORT_VERSION)},
    )


def _parquet() -> Any:  # noqa: ANN401 - pyarrow has no types
    missing = "Exporting and importing a registry needs the package pyarrow."
    return extras.load("pyarrow.parquet", extra="parquet", missing=missing)
