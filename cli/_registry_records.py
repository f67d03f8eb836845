"""``indelible registry list, show, status, purge``: single records, and what becomes of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeAlias

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.choices import RecordStatus
from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._options import JsonOption, RegistryOption
from indelible.cli._registry_shared import (
    YesOption,
    confirm,
    counted,
    existing,
    records,
    shown_time,
    user_name,
)
from indelible.errors import NoRecordError
from indelible.registry import Entry

__all__ = ["list_", "purge", "show", "status"]

IdArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The record's manifest id, as `list` shows it.")
]
ReasonOption: TypeAlias = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why, in words for people.")
]


@guarded
def list_(
    after: Annotated[
        str, typer.Option(metavar="CURSOR", help="Go on after this one.", show_default=False)
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="How many to list.")
    ] = 100,
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """List records, the oldest first, page by page. Manifests are not loaded."""
    page = existing(None, registry).entries(after=after, limit=limit)
    if json:
        for entry in page:
            answer_json(_as_dict(entry))
        return
    if not page:
        remark("There is nothing more." if after else "The registry holds nothing yet.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("registered", "manifest", "id in the picture", "generator", "status"):
        table.add_column(heading, overflow="fold")
    for entry in page:
        table.add_row(
            shown_time(entry.created),
            Text(clean(entry.manifest_id)),
            entry.payload.hex(),
            Text(clean(entry.generator or "")),
            Text(entry.status, style="" if entry.status == "live" else "yellow"),
        )
    answer(table)
    if len(page) == limit:
        remark(f"The next page: --after '{clean(page[-1].cursor)}'")


@guarded
def show(
    record: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A manifest's id, or the id in a picture's watermark (hexadecimal)."
        ),
    ],
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the registry holds of one record: everything but the manifest itself."""
    from indelible.registry import transfers
    from indelible.watermark import ALGORITHM

    ours = existing(None, registry)
    wanted = [record]
    if _is_hexadecimal(record):
        wanted += ours.find_ids(ALGORITHM, bytes.fromhex(record))
    found = list(transfers.outlines(ours, wanted).values())
    if not found:
        raise NoRecordError(
            f"the registry holds no record {record}", hint="`indelible registry list` names them."
        )
    for one in found:
        if json:
            answer_json(_details(one))
            continue
        grid = Table.grid(padding=(0, 2))
        for name, value in _details(one).items():
            told = "\n".join(map(_binding, value)) if name == "bindings" else value
            if told not in (None, ""):
                grid.add_row(
                    Text(name.replace("_", " "), style="dim"),
                    Text("\n".join(clean(line) for line in str(told).split("\n"))),
                )
        answer(grid)


@guarded
def status(
    record: IdArgument,
    to: Annotated[RecordStatus, typer.Argument(metavar="live|withdrawn|erased")],
    reason: ReasonOption = None,
    registry: RegistryOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Say what has become of a picture: its record is live, withdrawn or, for good, erased.

    Erasing removes the manifest, the fingerprint and the private record; a tombstone stays.
    The audit log says who did so, and why.
    """
    ours = existing(None, registry)
    if to == "erased":
        confirm(f"{clean(record)} would be erased, for good.", yes=yes)
    ours.set_status(record, to, reason=reason, actor=user_name())
    if json:
        answer_json({"manifest_id": record, "status": to, "reason": reason})
    else:
        answer(Text(f"{clean(record)} is {to} now."))


@guarded
def purge(
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than", min=0, max=100_000, metavar="DAYS", help="Registered so long ago."
        ),
    ],
    only: Annotated[
        RecordStatus | None,
        typer.Option("--status", metavar="live|withdrawn", help="Those of this status alone."),
    ] = None,
    reason: ReasonOption = None,
    registry: RegistryOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Erase old records: manifests, fingerprints, private records. Their tombstones stay.

    Says how many there are, and asks, before it does.
    """
    from indelible.registry import purging

    if only == "erased":
        raise UsageError("What is erased cannot be purged.", hint="Name live or withdrawn.")
    statuses = purging.PURGEABLE if only is None else (only,)
    ours = existing(None, registry)
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=older_than)
    wanted = purging.count_purgeable(ours, before, statuses=statuses)
    if wanted:
        what = " or ".join(statuses)
        confirm(
            f"{records(wanted)} ({what}), registered before {shown_time(before)}, would be "
            "erased, for good.",
            yes=yes,
        )
    with counted("Erased") as progress:
        erased = purging.purge(
            ours,
            before,
            statuses=statuses,
            reason=reason,
            actor=user_name(),
            progress=progress,
        )
    if json:
        answer_json({"url": ours.url, "before": before.isoformat(), "erased": erased})
    else:
        answer(Text(f"Erased: {records(erased)}. The tombstones stay."))


def _as_dict(entry: Entry) -> dict[str, object]:
    return {
        "manifest_id": entry.manifest_id,
        "algorithm": entry.algorithm,
        "payload": entry.payload.hex(),
        "registered": entry.created.isoformat(),
        "generator": entry.generator,
        "media_type": entry.media_type,
        "status": entry.status,
        "owner": entry.owner,
        "store_sha256": entry.store_sha256,
        "size": entry.size,
        "cursor": entry.cursor,
    }


def _details(one: Any) -> dict[str, Any]:  # noqa: ANN401 - a Transfer, whose module loads late
    record = one.record
    return {
        "manifest_id": record.manifest_id,
        "status": record.status,
        "status_reason": record.status_reason,
        "status_changed": one.status_changed and one.status_changed.isoformat(),
        "registered": record.created.isoformat(),
        "generator": record.generator,
        "owner": record.owner,
        "media_type": record.media_type,
        "width": record.width,
        "height": record.height,
        "picture_sha256": record.picture_sha256,
        "algorithm": record.algorithm,
        "payload": record.payload.hex(),
        "store_sha256": record.store_sha256,
        "size": one.size,
        "fingerprint": record.fingerprint and record.fingerprint.pdq.hex(),
        "bindings": [
            {
                "algorithm": binding.algorithm,
                "value": binding.value.hex(),
                "owner": binding.owner,
                "since": binding.created.isoformat(),
                "until": binding.moved and binding.moved.isoformat(),
            }
            for binding in one.bindings
        ],
    }


def _binding(told: dict[str, Any]) -> str:
    until = f", until {told['until']}" if told["until"] else ""
    return f"{told['algorithm']} {told['value']}{until}"


def _is_hexadecimal(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False
