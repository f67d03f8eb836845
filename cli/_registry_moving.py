"""``indelible registry export, import, merge``: records on their way to other registries."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import guarded
from indelible.cli._options import ForceOption, JsonOption, RegistryOption
from indelible.cli._registry_shared import counted, existing, fillable, records, utc

if TYPE_CHECKING:
    from indelible.registry import SqlRegistry, merging

__all__ = ["CONFLICTS", "export", "import_", "merge"]

CONFLICTS: Final = 3
"""Exit code where the two disagree about a record."""

_MOST_SHOWN: Final = 20


@guarded
def export(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The Parquet file to write.")],
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            metavar="TIME",
            help="Leave out what was registered before (2027-01-31, local time).",
        ),
    ] = None,
    registry: RegistryOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Write records and their manifests to a Parquet file; what is private is never in it."""
    from indelible.registry import exchange

    ours = existing(None, registry)
    with counted("Exported") as progress:
        count = exchange.export_records(
            ours,
            output,
            since=None if since is None else utc(since),
            overwrite=force,
            progress=progress,
        )
    if json:
        answer_json({"url": ours.url, "file": str(output), "records": count})
    else:
        answer(Text.assemble((clean(output), "bold green"), f" holds {records(count)}."))


@guarded
def import_(
    file: Annotated[Path, typer.Argument(metavar="IN", help="A Parquet file of `export`.")],
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Add the records of an exported file; nothing that is there is changed.

    What is there already is passed over, so it can be done again. Exit code 3: the two disagree.
    """
    from indelible.registry import exchange

    ours = fillable(registry)
    with counted("Read") as progress:
        tally = exchange.import_records(ours, file, progress=progress)
    _tell(ours, tally, json=json)


@guarded
def merge(
    other: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="The registry to copy from; it is only read.")
    ],
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Add what another registry holds besides; nothing that is there is changed.

    What was interrupted is done again. Exit code 3: the two disagree about a record.
    """
    from indelible.registry import merging

    source, ours = existing(other), fillable(registry)
    with counted("Read") as progress:
        tally = merging.merge(source, ours, progress=progress)
    _tell(ours, tally, json=json)


def _tell(registry: SqlRegistry, tally: merging.Tally, *, json: bool) -> None:
    """Say what was new, equal and in conflict; leave with the code for conflicts."""
    if json:
        answer_json({"url": registry.url, **dataclasses.asdict(tally)})
    else:
        added = f", {tally.bindings} with new bindings" if tally.bindings else ""
        answer(
            Text(
                f"New: {records(tally.new)}. There already: {tally.equal}{added}. "
                f"In conflict: {tally.conflicting}."
            )
        )
        for conflict in tally.conflicts[:_MOST_SHOWN]:
            answer(Text(f"- {clean(conflict.manifest_id)}: {clean(conflict.reason)}"))
        if tally.conflicting > _MOST_SHOWN:
            remark("There are more conflicts; --json names more of them.")
    if tally.conflicting:
        raise typer.Exit(CONFLICTS)
