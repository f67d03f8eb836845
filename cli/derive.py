"""``indelible derive``: resize, crop and convert pictures without losing where they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.choices import Fit
from indelible.cli._batch import Outcome, collect, summarise, worst
from indelible.cli._console import answer, clean, remark, write_bytes
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._groups import grouped
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    FastOption,
    FilesArgument,
    ForceOption,
    FormatOption,
    JobsOption,
    JsonOption,
    KeysOption,
    LosslessOption,
    QualityOption,
    RegistryOption,
    SkipExistingOption,
    detection_keys,
    registry_at,
)
from indelible.cli._outputs import targets, without_existing
from indelible.cli._signer import SignerOptions
from indelible.protection import DerivedImage, derive, derive_many
from indelible.settings import current
from indelible.verification.wording import DEVELOPMENT_NOTE

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

A smaller copy, in another format:
[cyan]indelible derive photo.png -o photo.webp --width 640[/cyan]

The sizes of a srcset, into a folder:
[cyan]indelible derive photo.png -o sizes/ --widths 320,640,1280 --format webp[/cyan]

A square of the middle, without a manifest of its own:
[cyan]indelible derive photo.jpg -o tile.jpg --width 300 --height 300 --fit cover --unsigned[/cyan]

The watermark stays as it is, and the new manifest has the picture's as its parent.
"""


@guarded
@grouped
def command(
    files: FilesArgument,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Output file, or folder for several, which mirrors the input's; - is standard "
            "output. By default NAME.derived.SUFFIX beside the input.",
        ),
    ] = None,
    width: Annotated[
        int | None, typer.Option("--width", min=1, metavar="PIXELS", help="Of the copy.")
    ] = None,
    height: Annotated[
        int | None, typer.Option("--height", min=1, metavar="PIXELS", help="Of the copy.")
    ] = None,
    fit: Annotated[
        Fit,
        typer.Option(
            "--fit",
            help="With both: the largest that fits inside, exactly that with the rest cut off, or "
            "distorted.",
        ),
    ] = "inside",
    crop: Annotated[
        str | None,
        typer.Option(
            "--crop", metavar="X,Y,W,H", help="The part to keep, in pixels, before it is resized."
        ),
    ] = None,
    widths: Annotated[
        str | None,
        typer.Option(
            "--widths", metavar="W,W,...", help="Several widths at once; --output is a folder."
        ),
    ] = None,
    keys: KeysOption = None,
    registry: RegistryOption = None,
    *,
    signer_options: SignerOptions,
    unsigned: Annotated[
        bool,
        typer.Option(
            "--unsigned", help="Write no manifest: what the watermark leads to has to be enough."
        ),
    ] = False,
    generator: Annotated[
        str | None,
        typer.Option("--generator", metavar="NAME", help="Who derives, as the manifest says."),
    ] = None,
    format: FormatOption = None,
    quality: QualityOption = None,
    lossless: LosslessOption = False,
    fast: FastOption = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Keep no metadata but the colour profile.")
    ] = False,
    force: ForceOption = False,
    skip_existing: SkipExistingOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Resize, crop and convert pictures without losing where they come from.

    The watermark stays; a new manifest says what was done, with the old one
    as its parent.
    """
    defaults = current()
    sizes = None if widths is None else _numbers("--widths", widths)
    if sizes is not None and (width is not None or height is not None):
        raise UsageError("--widths and --width or --height exclude each other.")
    if sizes is not None and (output is None or output == "-"):
        raise UsageError("--widths needs a folder.", hint="Name one with -o, such as -o sizes/.")
    if unsigned and signer_options.cert is not None:
        raise UsageError("--unsigned and --cert exclude each other.")
    if sizes is not None and output is not None and not output.endswith("/"):
        output = f"{output}/"
    inputs = expand(files, output=output)
    places = targets(inputs, output, format=format, infix="derived", json=json)
    skipped = 0
    if skip_existing and sizes is None:
        inputs, skipped = without_existing(inputs, places)
    given: dict[str, Any] = {
        "crop": None if crop is None else _numbers("--crop", crop),
        "format": format,
        "quality": quality,
        "lossless": lossless,
        "fast": fast,
        "strip": strip,
        "overwrite": force,
        "signer": None if unsigned else signer_options.signer(defaults),
        "keys": detection_keys(keys, defaults),
        "registry": registry_at(registry, create=True) or defaults.existing_registry(),
        "generator": generator,
        "trust": defaults.trust(),
        "limits": defaults.limits,
    }

    def work(item: Input) -> tuple[DerivedImage, ...]:
        place = places[item.name]
        source = item.source(defaults.limits)
        if sizes is not None and place is not None:
            name = place.stem
            copies = derive_many(source, place.parent, widths=sizes, name=name, **given)
        else:
            copies = (derive(source, place, width=width, height=height, fit=fit, **given),)
        # What is on the disk need not stay in memory: there may be thousands of files.
        return copies if place is None else tuple(replace(copy, data=b"") for copy in copies)

    done = collect(inputs, work, jobs=jobs, title="deriving", as_json=_as_json if json else None)
    _show(done, places, json=json)
    summarise(done, "derived", skipped=skipped)
    good = any(outcome.value for outcome in done)
    if good and not unsigned and signer_options.is_development(defaults):
        remark(DEVELOPMENT_NOTE)
    raise typer.Exit(worst(done))


def _numbers(option: str, text: str) -> list[int]:
    try:
        return [int(one) for one in text.split(",")]
    except ValueError:
        raise UsageError(
            f"{option} {clean(text)} is not a list of numbers.", hint="Write 320,640,1280."
        ) from None


def _as_json(outcome: Outcome[tuple[DerivedImage, ...]]) -> dict[str, Any]:
    if outcome.value is None:
        return {"file": outcome.item.name, "copies": [], **error_fields(outcome.error)}
    return {"file": outcome.item.name, "copies": [copy.to_dict() for copy in outcome.value]}


def _show(
    done: list[Outcome[tuple[DerivedImage, ...]]], places: dict[str, Path | None], *, json: bool
) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("derived", "size", "watermark id", "manifest id"):
        table.add_column(heading, overflow="fold")
    for outcome in done:
        for copy in outcome.value or ():
            if places[outcome.item.name] is None:
                write_bytes(copy.data)
            table.add_row(
                Text(clean(copy.path or "-"), style="bold green"),
                Text(f"{copy.width} x {copy.height}"),
                Text("-" if copy.payload is None else copy.payload.hex()),
                Text(copy.manifest_id or "-"),
            )
    if table.row_count and not json and None not in places.values():
        answer(table)
    for outcome in done:
        for copy in outcome.value or ():
            for note in copy.notes:
                name = outcome.item.name if copy.path is None else copy.path
                remark(f"{clean(name)}: {clean(note)}")
