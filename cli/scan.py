"""``indelible scan``: a row for each of many pictures, in a folder of results."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from indelible.cli._console import answer, answer_json, clean, is_terminal, problem, remark, stderr
from indelible.cli._errors import INTERRUPTED, UsageError, guarded
from indelible.cli._options import (
    AskOption,
    EffortOption,
    HostsOption,
    JobsOption,
    KeysOption,
    OcspOption,
    RegistryOption,
    SendPictureOption,
    TrustOption,
    detection_keys,
    language_of,
    registry_at,
    resolvers_at,
    trust_with,
)
from indelible.cli._tables import drawn_table
from indelible.settings import current
from indelible.verification import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from indelible.scan import Progress, ScanSummary

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

A folder, with all that is below it: [cyan]indelible scan uploads/ -o results[/cyan]

Go on after whatever ended it: [cyan]the same command again[/cyan]

A bucket, shards of tar, a column of a table: [cyan]indelible scan s3://bucket/uploads
shards/train-0*.tar data.parquet::image -o results[/cyan]

What a list names: [cyan]find . -newer stamp | indelible scan --files-from - -o results[/cyan]

Copies of a picture, or of those on a list: [cyan]indelible scan uploads/ -o results
--find mine.jpg --find hashes.txt[/cyan]

Only who signed what, without decoding a pixel: [cyan]indelible scan uploads/ -o results
--only credentials[/cyan]

[bold]Results and exit codes[/bold]

RESULTS/parquet/ holds a row for each picture; one that is damaged, hostile or missing is a row
with an error. Finished: 0, whatever the verdicts are. Wrong options, or results of another scan: 2.
A source that leads nowhere: 4. Not finished: 5, or 130 after Ctrl-C.
"""

_MOST_MATCHES = 1000  # that are listed: the results have all
_LINE_SECONDS = 30.0  # between two lines, where nobody looks at a terminal


@guarded
def command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE...]",
            help="Files, folders, patterns, @LIST, s3://..., .tar, TABLE.parquet::COLUMN.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where results go.")
    ] = None,
    files_from: Annotated[
        list[str] | None,
        typer.Option(
            "--files-from", metavar="LIST", help="A file with one name a line; - is stdin."
        ),
    ] = None,
    only: Annotated[
        Literal["credentials", "watermark"] | None,
        typer.Option("--only", help="One leg alone; credentials decode no pixel."),
    ] = None,
    find: Annotated[
        list[Path] | None,
        typer.Option(
            "--find",
            metavar="FILE",
            help="Find copies of this picture, or of those on this list of hashes; repeatable.",
        ),
    ] = None,
    find_distance: Annotated[
        int, typer.Option("--find-distance", min=0, max=255, metavar="BITS", help="Of PDQ hashes.")
    ] = 31,
    find_crops: Annotated[
        bool,
        typer.Option(
            "--find-crops", help="Also lay every picture upon each one: half a second for each."
        ),
    ] = False,
    key: KeysOption = None,
    effort: EffortOption = None,
    registry: RegistryOption = None,
    trust: TrustOption = None,
    allow_host: HostsOption = None,
    ocsp: OcspOption = False,
    ask: AskOption = None,
    send_picture: SendPictureOption = False,
    format_: Annotated[
        Literal["parquet", "jsonl", "both"],
        typer.Option("--format", help="Of the results."),
    ] = "parquet",
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option("--engine", help="Processes of this machine, or of a Ray cluster."),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="ADDRESS", help="Of the Ray cluster; auto: this one."),
    ] = None,
    jobs: JobsOption = None,
    shard_size: Annotated[
        int,
        typer.Option("--shard-size", min=1, max=100_000, metavar="N", help="Pictures of one part."),
    ] = 500,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.1, metavar="SECONDS", help="For one picture.")
    ] = 60.0,
    memory_limit: Annotated[
        int, typer.Option("--memory-limit", min=16, metavar="MIB", help="For one picture.")
    ] = 1536,
    force: Annotated[
        bool,
        typer.Option("--force", "-f", help="Remove the results that are there, and begin anew."),
    ] = False,
    resume_anyway: Annotated[
        bool,
        typer.Option("--resume-anyway", help="Go on, though options differ from those before."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Find out who vouches for very many pictures: a row for each, and what ends it is no loss.

    The same command goes on where an earlier one ended, whatever ended it. A picture that is
    damaged, too large, or kills the process that looks at it costs its own row.
    """
    from indelible.scan import CopyFinder, open_query, scan

    names = _names(sources, files_from)
    if output is None:
        raise UsageError("Where do the results go?", hint="Name a folder: -o RESULTS.")
    defaults = current()
    resolvers = resolvers_at(ask, defaults)
    if send_picture and not resolvers:
        raise UsageError(
            "--send-picture sends pictures to nobody.", hint="Say to whom: --ask https://..."
        )
    verifier = Verifier.from_settings(
        keys=() if only == "credentials" else detection_keys(key, defaults),
        registry=registry_at(registry),
        trust=trust_with(trust, defaults),
        remote_hosts=tuple(allow_host or ()),
        ocsp=ocsp,
        effort=effort or defaults.settings.watermark.effort,
        limits=defaults.limits,
        resolvers=resolvers,
        send_picture=send_picture,
        pixels=only != "credentials",
    )
    finder = None
    if find:
        if only is not None:
            raise UsageError("--find and --only exclude each other.")
        queries = [open_query(one, verifier, limits=defaults.limits) for one in find]
        finder = CopyFinder(queries, distance=find_distance, crops=find_crops)
    elif find_crops or find_distance != 31:
        raise UsageError("There is nothing to find.", hint="Name a picture or a list: --find.")
    with _shown() as tell:
        try:
            done = scan(
                names,
                output,
                verifier=verifier,
                only=only,
                format=format_,
                engine=engine,
                address=address,
                workers=jobs,
                shard_size=shard_size,
                seconds=time_limit,
                memory=memory_limit << 20,
                limits=defaults.limits,
                hosts=tuple(allow_host or ()),
                finder=finder,
                force=force,
                resume_anyway=resume_anyway,
                progress=tell,
            )
        except KeyboardInterrupt:
            problem("Interrupted.", hint="The same command goes on from here.")
            raise typer.Exit(INTERRUPTED) from None
    told = _as_json(done)
    if finder is not None:
        told |= _matches(done.output, language_of(None, defaults), json=json)
    if json:
        answer_json(told)
    remark(_said(done))


def _names(sources: list[str] | None, lists: list[str] | None) -> list[str]:
    names = [*(sources or ())]
    names += ["-" if one == "-" else f"@{one}" for one in lists or ()]
    if not names:
        raise UsageError("There is nothing to scan.", hint="Name files, folders, or a list.")
    return names


def _matches(results: Path, language: str, *, json: bool) -> dict[str, Any]:
    """Show the copies that were found; return them for JSON."""
    from indelible.scan import match_table, matches

    found = matches(results, most=_MOST_MATCHES)
    if not json:
        if found.rows:
            answer(drawn_table(match_table(found, language=language)))
        more = found.total - len(found.rows)
        shown = f", of which {more:,} are not shown" if more else ""
        remark(f"Copies found: {found.total:,}{shown}.")
    return {"match_count": found.total, "matches": list(found.rows)}


def _as_json(done: ScanSummary) -> dict[str, Any]:
    return {
        "output": str(done.output),
        "scan_id": done.scan_id,
        "rows": done.rows,
        "before": done.before,
        "errors": done.errors,
        "duplicates": done.duplicates,
        "passed_over": done.passed_over,
        "found": done.found,
        "seconds": round(done.seconds, 1),
        "rate": round(done.rate, 2),
    }


def _said(done: ScanSummary) -> str:
    new = done.rows - done.before
    parts = [f"{done.rows:,} rows in {clean(done.output)}"]
    if done.before:
        parts.append(f"{done.before:,} from before" if new else "all from before")
    parts += [
        f"{count:,} {words}"
        for count, words in (
            (done.found, "with a manifest or a mark"),
            (done.errors, "with an error"),
            (done.duplicates, "byte for byte like another"),
            (done.passed_over, "files passed over that are no pictures"),
        )
        if count
    ]
    return f"{', '.join(parts)}. Count them: indelible report {clean(done.output)}"


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """Show how far it is: a bar on a terminal, else a line now and then."""
    if is_terminal(sys.stderr):
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
        with Bar(*columns, console=stderr(), transient=True) as bar:
            task = bar.add_task("starting", total=1.0)

            def draw(progress: Progress) -> None:
                bar.update(task, completed=progress.share, description=_line(progress))

            yield draw
        return
    told = time.monotonic()

    def say(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= _LINE_SECONDS:
            told = time.monotonic()
            remark(_line(progress))

    yield say


def _line(progress: Progress) -> str:
    left = progress.seconds_left
    parts = [
        f"{100 * progress.share:.0f} %",
        f"{progress.before + progress.rows:,} pictures",
        f"{progress.rate:,.1f}/s",
    ]
    if progress.errors:
        parts.append(f"{progress.errors:,} errors")
    if left is not None:
        parts.append(f"{_duration(left)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    if minutes >= 90:
        return f"{hours:.0f} hours"
    return f"{minutes:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
