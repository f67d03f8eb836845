"""``indelible detect``: the watermark alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible import imaging, watermark
from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer, clean
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import JobsOption, JsonOption, KeysOption, detection_keys
from indelible.files import read_bytes
from indelible.settings import current
from indelible.verification.wording import probability
from indelible.watermark import Detection

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]indelible detect photo.jpg --key my.key --json[/cyan]

Exit codes: 0 found, 1 not found, 4 not a picture. Not found proves nothing: marks can be removed,
and most pictures never carried one.
"""


@guarded
def command(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Pictures, folders, patterns; - is standard input."),
    ],
    key: KeysOption = None,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Look for a watermark and nothing else: no manifest, no registry."""
    inputs = expand(files)
    defaults = current()
    limits = defaults.limits
    keys = detection_keys(key, defaults)
    if not keys:
        raise UsageError(
            "There is no watermark key to look with.",
            hint="Only the key that a picture was marked with finds its mark: name it with --key, "
            "or add it to your key ring with `indelible keys add FILE --detect-only`.",
        )

    def work(item: Input) -> Detection:
        data = read_bytes(item.source(limits), limits=limits)
        return watermark.detect(imaging.decode(data, limits=limits, tolerant=True).pixels, keys)

    done = collect(inputs, work, jobs=jobs, title="detecting", as_json=_as_json if json else None)
    if not json and any(outcome.value is not None for outcome in done):
        answer(_table(done))
    raise typer.Exit(worst(done, lambda found: 0 if found.found else 1))


def _as_json(outcome: Outcome[Detection]) -> dict[str, Any]:
    found = outcome.value or Detection(found=False)
    answered: dict[str, Any] = {
        "file": outcome.item.name,
        "found": found.found,
        "payload": None if found.payload is None else found.payload.hex(),
        "false_positive_probability": found.false_positive_probability,
        "key_id": found.key_id,
        "geometry": None if found.geometry is None else found.geometry.tolist(),
    }
    if outcome.error is not None:
        answered.update(error_fields(outcome.error))
    return answered


def _table(outcomes: list[Outcome[Detection]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("file", "watermark id", "chance of an accident", "key"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        found = outcome.value
        name = Text(clean(outcome.item.name))
        if found is None:
            table.add_row(name, Text("unreadable", style="red"))
        elif found.payload is None:
            table.add_row(name, Text("none found", style="dim"))
        else:
            table.add_row(
                name,
                Text(found.payload.hex(), style="bold cyan"),
                Text(probability(found.false_positive_probability)),
                Text(found.key_id or ""),
            )
    return table
