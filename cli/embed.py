"""``indelible embed``: the watermark alone, with a payload of one's own."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, remark, write_bytes
from indelible.cli._errors import UsageError, guarded
from indelible.cli._inputs import expand
from indelible.cli._options import (
    ForceOption,
    FormatOption,
    JsonOption,
    KeyOption,
    QualityOption,
    StrengthOption,
    marking_key,
)
from indelible.cli._outputs import targets
from indelible.credentials import has_manifest
from indelible.errors import EmbeddingFailedError
from indelible.files import write_atomic
from indelible.imaging.sources import open_source
from indelible.protection.marking import Canvas, choose_format
from indelible.settings.defaults import current

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
    lossless: Annotated[bool, typer.Option("--lossless", help="Without loss (WebP).")] = False,
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
    limits = defaults.limits
    source = open_source(item.source(limits), limits)
    canvas = Canvas(
        source,
        choose_format(format, place, source),
        quality=quality,
        lossless=lossless,
        limits=limits,
    )
    key_ = marking_key(key, defaults)
    canvas.clear((key_,))
    chosen = defaults.settings.watermark.strength if strength is None else strength.word
    marked = canvas.mark(wanted, key_, strength=chosen)
    if marked.payload != wanted:
        raise EmbeddingFailedError(
            f"the picture already carries the watermark id {marked.payload.hex()} of this key",
            hint="Use the original, or another key.",
        )
    if source.data is not None and has_manifest(source.data, source.format or "jpeg"):
        remark("The picture's manifest is not carried over; `indelible protect` keeps it.")
    if place is None:
        write_bytes(marked.data)
        return
    write_atomic(place, marked.data, overwrite=force)
    if json:
        answer_json(
            {
                "file": item.name,
                "path": str(place),
                "payload": wanted.hex(),
                "format": canvas.format,
                "key_id": key_.id,
                "notes": list(canvas.notes),
            }
        )
        return
    answer(Text.assemble((clean(place), "bold green"), f" carries {wanted.hex()}, key {key_.id}"))
    for note in canvas.notes:
        remark(clean(note))


def _payload(text: str) -> bytes:
    digits = text.removeprefix("0x")
    if len(digits) != 16 or set(digits) - set("0123456789abcdefABCDEF"):
        raise UsageError(
            f"--payload takes 16 hexadecimal digits (8 bytes), not {text!r}.",
            hint="For example --payload 0123456789abcdef.",
        )
    return bytes.fromhex(digits)
