"""`scan`: many pictures, one call, and what it takes to go on where an earlier call ended."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from indelible import arguments
from indelible.errors import ArgumentError, OutputExistsError
from indelible.limits import Limits
from indelible.scan.local import Engine, Tell
from indelible.scan.options import Finder, Only, ScanOptions, new_scan_id
from indelible.scan.output import Output, OutputFormat, State, differences
from indelible.scan.progress import Progress
from indelible.scan.reading import STORE_SCHEMES, Reader, local_path, scheme_of
from indelible.scan.rows import engine_version
from indelible.scan.schema import pyarrow
from indelible.scan.sources import entries
from indelible.verification import Verifier

__all__ = ["SHARD_SIZE", "EngineName", "ScanSummary", "scan"]

EngineName: TypeAlias = Literal["local", "ray"]
"""Whose processes look at the pictures."""

SHARD_SIZE: Final = 500
"""Pictures of a shard: half a minute's work for two cores, which is what a kill costs at most."""

_MOST_SHARD: Final = 100_000
_MEMORY: Final = 1536 << 20  # bytes for a picture: 100 megapixels, decoded and turned
_SECONDS: Final = 60.0
_AHEAD: Final = 256 << 20
_WEB: Final = ("http", "https")
# What a scan cannot go on with.
_NEVER: Final = frozenset(
    {"the sources", "the folder that names begin in", "--shard-size", "--format"}
)


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """What a scan did.

    Attributes
    ----------
    output : Path
    scan_id : str
    rows : int
        In all.
    before : int
        Of these, rows of shards that an earlier run had finished.
    errors, duplicates, passed_over, found : int
        Of this run: pictures that could not be judged; byte for byte others; files that are no
        pictures; pictures with a manifest or a mark.
    seconds : float
        How long this run took.
    rate : float
        Pictures a second, since the first one.
    """

    output: Path
    scan_id: str
    rows: int
    before: int
    errors: int
    duplicates: int
    passed_over: int
    found: int
    seconds: float
    rate: float


def scan(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    verifier: Verifier | None = None,
    only: Only | None = None,
    format: OutputFormat = "parquet",
    engine: EngineName = "local",
    address: str | None = None,
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    seconds: float = _SECONDS,
    memory: int = _MEMORY,
    limits: Limits | None = None,
    hosts: Iterable[str] = (),
    finder: Finder | None = None,
    force: bool = False,
    resume_anyway: bool = False,
    progress: Tell | None = None,
) -> ScanSummary:
    """Look at many pictures, and write a row for each.

    Parameters
    ----------
    sources : str, path, or iterable of these
        Files, folders, patterns, ``@`` and the name of a list, addresses of any store that fsspec
        knows (``s3://bucket/folder``), archives (``.tar``, ``.tar.gz``), and a table's column of
        paths or bytes (``TABLE.parquet::COLUMN``).
    output : path
        A folder for the results. Where it holds a part of this very scan, the rest is done.
    verifier : Verifier, optional
        Verifies the pictures; by default one of the user's settings.
    only : "credentials" or "watermark", optional
        One leg alone: the manifest, for which no pixel is decoded, or the marks, which is no
        verdict.
    format : "parquet", "jsonl" or "both"
    engine : "local" or "ray"
        Processes of this machine, or those of a Ray cluster. Either goes on where the other ended.
    address : str, optional
        Of the cluster; ``"auto"`` is the one that this machine belongs to. By default Ray starts
        one of this machine alone.
    workers : int, optional
        Processes; by default one for each core.
    shard_size : int
        Pictures of a part: what is done again after a kill.
    seconds : float
        How long a picture may take.
    memory : int
        Bytes that a picture may take in its process.
    limits : Limits, optional
        What a file may demand.
    hosts : iterable of str
        Hosts of ``https`` addresses in lists and tables that may be read.
    finder : Finder, optional
        Says whether a picture is a copy of what is looked for.
    force : bool
        Remove the scan that is in `output`, and begin anew.
    resume_anyway : bool
        Go on with a scan that was begun with other options.
    progress : callable, optional
        Is told how far it is, about twice a second.

    Returns
    -------
    ScanSummary

    Raises
    ------
    ArgumentError
        If an argument is wrong, or there is nothing to scan.
    UnreadableImageError
        If a source leads nowhere.
    OutputExistsError
        If there is a scan of something else, or with other options, or something else altogether.
    OutputError
        If results cannot be written.
    WorkerDiedError
        If no worker can be started.
    MissingDependencyError
        Without the extra ``scan``, or ``ray``.

    Notes
    -----
    A program that calls this needs the guard ``if __name__ == "__main__":``, as with every pool of
    processes: workers import its main module.
    """
    names = _names(sources)
    _check(only, engine, address, shard_size, seconds, memory, workers)
    pyarrow("pyarrow.parquet")
    if verifier is None:
        verifier = Verifier.from_settings(pixels=only != "credentials")
    bounds = arguments.as_limits(limits) or Limits()
    reader = Reader(bounds, _hosts(names, hosts), _schemes(names))
    depends_on = _depends_on(names, verifier, reader, only, format, shard_size, finder)
    results = Output(Path(output), format)
    try:
        state = _state(results, names, depends_on, force=force, anyway=resume_anyway)
        options = ScanOptions(
            verifier, only=only, scan_id=state.scan_id, reader=reader, finder=finder
        )
        _check_travel(options)
        before = sum(results.finished.values())
        done = Progress(state.lines, state.size, before, results.finished_size)
        if engine == "ray":
            from indelible.scan.ray_engine import RayEngine  # noqa: PLC0415 - Ray's alone

            RayEngine(
                results,
                options,
                address=address,
                workers=workers,
                shard_size=shard_size,
                memory=memory,
                seconds=seconds,
                progress=done,
                tell=progress,
            ).run()
        else:
            Engine(
                results,
                options,
                workers=workers or usable_cores(),
                shard_size=shard_size,
                memory=memory,
                seconds=seconds,
                ahead=_AHEAD,
                progress=done,
                tell=progress,
            ).run()
    finally:
        results.close()
    return ScanSummary(
        output=results.folder,
        scan_id=state.scan_id,
        rows=done.before + done.rows,
        before=done.before,
        errors=done.errors,
        duplicates=done.duplicates,
        passed_over=done.passed_over,
        found=done.found,
        seconds=done.seconds,
        rate=done.rate,
    )


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_travel(options: ScanOptions) -> None:
    """Raise for a verifier that cannot be sent to other processes."""
    try:
        pickle.dumps(options)
    except Exception as error:
        raise ArgumentError(
            "verifier",
            "The verifier cannot be sent to other processes.",
            hint="A registry behind a service that was given a token cannot: name its database.",
        ) from error


def _names(sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    given = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    names = [os.fspath(one) for one in given]
    if not names or not all(isinstance(one, str) and one for one in names):
        raise ArgumentError("sources", "There is nothing to scan.", hint="Name files or folders.")
    return names


def _check(
    only: object,
    engine: object,
    address: str | None,
    shard_size: int,
    seconds: float,
    memory: int,
    workers: int | None,
) -> None:
    if engine not in get_args(EngineName):
        raise ArgumentError("engine", f"engine is {engine!r}.", hint="Give local or ray.")
    if address is not None and engine != "ray":
        raise ArgumentError("address", "Only Ray has an address.", hint="Give the engine: ray.")
    if only is not None and only not in get_args(Only):
        raise ArgumentError("only", f"only is {only!r}.", hint="Give credentials or watermark.")
    arguments.as_number("shard_size", shard_size, 1, _MOST_SHARD)
    arguments.as_number("workers", workers, 1, 1024)
    arguments.as_number("memory", memory, 16 << 20, 1 << 50)
    if not 0 < seconds < 1e6:
        raise ArgumentError("seconds", f"seconds is {seconds}.", hint="Give a time above 0.")


def _hosts(names: Sequence[str], hosts: Iterable[str]) -> tuple[str, ...]:
    """Return the hosts that may be read: those that are listed, and those that were named."""
    named = [urlsplit(name).netloc for name in names if scheme_of(name) in _WEB]
    return tuple(dict.fromkeys((*arguments.as_hosts("hosts", hosts), *named)))


def _schemes(names: Sequence[str]) -> frozenset[str]:
    """Return schemes that were named on purpose, beside those of object stores."""
    found = {scheme_of(name) for name in names}
    return frozenset(one for one in found if one is not None and one not in (*STORE_SCHEMES, *_WEB))


def _depends_on(
    names: Sequence[str],
    verifier: Verifier,
    reader: Reader,
    only: Only | None,
    format_: OutputFormat,
    shard_size: int,
    finder: Finder | None,
) -> dict[str, str]:
    """Return what the rows depend on: a scan is only gone on with where this is the same."""
    here = any(_is_relative(name) for name in names)
    return {
        "sources": "\n".join(names),
        "folder": str(Path.cwd()) if here else "",
        "format": format_,
        "shard_size": str(shard_size),
        "only": only or "",
        "hosts": " ".join(reader.hosts),
        "limits": repr(reader.limits),
        "finder": "" if finder is None else str(finder),
        "engine_version": engine_version(),
        **{f"verifier_{name}": value for name, value in verifier.described().items()},
    }


def _is_relative(name: str) -> bool:
    """Whether a source means something else in another folder; of a list nobody knows."""
    path = local_path(name)
    return path is not None and not Path(path).is_absolute()


def _state(
    results: Output, names: Sequence[str], depends_on: dict[str, str], *, force: bool, anyway: bool
) -> State:
    """Return the scan that is gone on with, or begin one."""
    state = results.open(force=force)
    if state is None:
        return results.begin(new_scan_id(), depends_on, entries(names, output=results.folder))
    changed = differences(state.options, depends_on)
    if not changed:
        return state
    if _NEVER & set(changed):
        raise OutputExistsError(
            f"'{results.folder}' holds another scan: {', '.join(changed)} differ.",
            hint="Name another folder, or begin anew with --force.",
        )
    if not anyway:
        raise OutputExistsError(
            f"'{results.folder}' holds a scan with other options: {', '.join(changed)}.",
            hint="Go on with the new ones (--resume-anyway), begin anew (--force), or name another "
            "folder.",
        )
    return results.accept(state, depends_on)
