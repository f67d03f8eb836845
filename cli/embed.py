"""``indelible embed``: the watermark alone, with a payload of one's own."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer, clean, remark, write_bytes
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    FastOption,
    ForceOption,
    FormatOption,
    JsonOption,
    KeyOption,
    LosslessOption,
    QualityOption,
    StrengthOption,
    marking_key,
)
from indelible.cli._outputs import targets
from indelible.protection import MarkedFile, mark_file
from indelible.settings import current

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]indelible keys new my.key[/cyan]

[cyan]indelible embed photo.png -o marked.jpg --payload 0123456789abcdef --key my.key[/cyan]
"""


@guarded
def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A picture; - is standard input.")],
    payload: Annotated[
        str, typer.Option("--payload", metavar="HEX", help="The id: 16 hexadecimal digits.")
    ],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Output file; - is standard output."),
    ] = None,
    key: KeyOption = None,
    format: FormatOption = None,
    quality: QualityOption = None,
    lossless: LosslessOption = False,
    fast: FastOption = False,
    strength: StrengthOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Embed a watermark and nothing else: no manifest, no registry.

    What the id stands for is yours to remember. The mark is checked in the encoded file before
    anything is written.
    """
    inputs = expand([file])
    if len(inputs) != 1:
        raise UsageError(f"{file} stands for {len(inputs)} pictures; each needs an id of its own.")
    (item,) = inputs
    place = targets(inputs, output, format=format, infix="marked", json=json)[item.name]
    wanted = _payload(payload)
    defaults = current()
    marking = marking_key(key, defaults)

    def work(item: Input) -> MarkedFile:
        return mark_file(
            item.source(defaults.limits),
            place,
            payload=wanted,
            key=marking,
            strength=defaults.settings.watermark.strength if strength is None else strength,
            format=format,
            quality=quality,
            lossless=lossless,
            fast=fast,
            overwrite=force,
            limits=defaults.limits,
        )

    done = collect(inputs, work, jobs=1, title="embedding", as_json=_as_json if json else None)
    marked = done[0].value
    if marked is not None:
        for note in marked.notes:
            remark(clean(note))
        if place is None:
            write_bytes(marked.data)
        elif not json:
            text = f" carries {marked.payload.hex()}, key {marked.key_id}"
            answer(Text.assemble((clean(place), "bold green"), text))
    raise typer.Exit(worst(done))


def _as_json(outcome: Outcome[MarkedFile]) -> dict[str, Any]:
    if outcome.value is None:
        return {"file": outcome.item.name, "path": None, **error_fields(outcome.error)}
    return {"file": outcome.item.name, **outcome.value.to_dict()}


def _payload(text: str) -> bytes:
    digits = text.removeprefix("0x")
    if len(digits) != 16 or set(digits) - set("0123456789abcdefABCDEF"):
        raise UsageError(
            f"--payload takes 16 hexadecimal digits (8 bytes), not {text!r}.",
            hint="For example --payload 0123456789abcdef.",
        )
    return bytes.fromhex(digits)
