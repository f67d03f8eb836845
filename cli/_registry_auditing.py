"""``indelible registry audit`` and ``keys``: who did what, and the keys that open records."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, problem, remark
from indelible.cli._errors import guarded
from indelible.cli._options import JsonOption, RegistryOption
from indelible.cli._registry_shared import existing
from indelible.cli._registry_tracing import RecordKeysOption, record_keys
from indelible.registry.private import (
    Anchor,
    AuditEntry,
    ChainReport,
    RecordKeys,
    append_anchor,
    read_anchors,
    wrapper_named,
)
from indelible.settings import current

__all__ = ["audit", "keys"]

CHANGED: Final = 3

OutputOption: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the keys.")
]

keys = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The keys that seal who had pictures made, and open it again.",
)


@guarded
def audit(
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that nothing was changed, removed or moved.")
    ] = False,
    anchors: Annotated[
        list[Path] | None,
        typer.Option(
            "--anchors", metavar="FILE", help="File of anchors to check against; repeatable."
        ),
    ] = None,
    anchor: Annotated[
        Path | None,
        typer.Option(
            "--anchor",
            metavar="FILE",
            help="Check the log, and add its newest entry's hash to this file, which should lie "
            "where nobody who may write the registry can.",
        ),
    ] = None,
    after: Annotated[
        int, typer.Option("--after", min=0, metavar="N", help="List what follows entry N.")
    ] = 0,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=1000, metavar="N", help="List so many entries.")
    ] = 100,
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """List who looked into what is private, withdrew or erased; or check that list.

    Each entry holds the hash of the one before it. What was written after the newest anchor can be
    cut off without a trace: anchor often. Exit codes: 0 the log holds, 3 it was changed.
    """
    log = existing(None, registry).audit
    if not (verify or anchors or anchor):
        _list(log.entries(after=after, limit=limit), limit, json=json)
        return
    known = [one for path in anchors or () for one in read_anchors(path)]
    if anchor is not None and anchor.exists():
        known += read_anchors(anchor)
    report = log.check(known)
    if report.holds and anchor is not None and report.head is not None:
        append_anchor(anchor, Anchor(report.entries, report.head, dt.datetime.now(dt.UTC)))
    _tell(report, anchor, json=json)
    if not report.holds:
        raise typer.Exit(CHANGED)


@keys.command("new")
@guarded
def new(
    output: OutputOption,
    wrap_with: Annotated[
        str | None,
        typer.Option(
            "--wrap-with",
            metavar="NAME",
            help="Key of a key service that the file is of no use without: aws:KEY, google:KEY or "
            "azure:URL.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write new record keys to a file that only you can read; set registry.record_keys to it."""
    wrapper = None if wrap_with is None else wrapper_named(wrap_with)
    _save(RecordKeys.generate(wrapper=wrapper), output, "seals generation records", json=json)


@keys.command("rotate")
@guarded
def rotate(
    output: OutputOption, record_keys_file: RecordKeysOption = None, json: JsonOption = False
) -> None:
    """Write your record keys with a new one, which seals from now on; the old ones still open."""
    rotated = record_keys(record_keys_file, current()).rotated()
    _save(rotated, output, "seals from now on", json=json)
    if not json:
        remark("Set registry.record_keys to the new file. The old one can be removed after that.")


def _save(made: RecordKeys, output: Path, what: str, *, json: bool) -> None:
    made.save(output)
    if json:
        answer_json({"path": str(output), "ids": list(made.ids)})
        return
    answer(Text.assemble((clean(output), "bold green"), f" holds key {made.ids[0]}, which {what}"))
    remark("Keep it safe and keep it: without it, nobody opens the records again.")


def _list(entries: list[AuditEntry], limit: int, *, json: bool) -> None:
    for one in entries:
        if json:
            answer_json({
                "number": one.number, "time": one.time.isoformat(), "actor": one.actor,
                "action": one.action, "subject": one.subject, "reason": one.reason,
                "case": one.case, "hash": one.hash.hex(),
            })  # fmt: skip
            continue
        case = "" if one.case is None else f" (case {clean(one.case)})"
        answer(
            Text.assemble(
                (f"{one.number}", "bold"),
                f"  {one.time:%Y-%m-%d %H:%M:%S} UTC  {clean(one.actor)}  {clean(one.action)} "
                f"{clean(one.subject)}: {clean(one.reason or 'no reason given')}{case}",
            )
        )
    if not entries:
        remark("There are no entries.")
    elif len(entries) == limit:
        remark(f"There may be more: --after {entries[-1].number}.")


def _tell(report: ChainReport, anchor: Path | None, *, json: bool) -> None:
    written = anchor is not None and report.holds and report.head is not None
    if json:
        answer_json({
            "holds": report.holds,
            "entries": report.entries,
            "head": None if report.head is None else report.head.hex(),
            "anchored": report.anchored,
            "anchor_written": written,
            "faults": list(report.faults),
        })  # fmt: skip
        return
    for fault in report.faults:
        problem(fault)
    if not report.holds:
        problem("The audit log was changed.", hint="Keep the database as it is: it is evidence.")
        return
    entries = "entry" if report.entries == 1 else "entries"
    answer(Text.assemble(("The audit log holds", "bold green"), f": {report.entries} {entries}."))
    if written:
        answer(Text(f"Entry {report.entries} is anchored in {clean(anchor)}."))
    elif report.anchored:
        remark(f"Anchors speak up to entry {report.anchored}; what follows could be cut off.")
    elif report.entries:
        remark("No anchor was given: whoever may write the database could have written it anew.")
    elif anchor is not None:
        remark("There is nothing to anchor yet.")
