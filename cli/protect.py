"""``indelible protect``: mark, sign and register pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible.cli._batch import Outcome, collect, summarise, worst
from indelible.cli._claims import ClaimOptions
from indelible.cli._console import answer, clean, remark, write_bytes
from indelible.cli._errors import error_fields, guarded
from indelible.cli._groups import grouped
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    FastOption,
    FilesArgument,
    ForceOption,
    FormatOption,
    JobsOption,
    JsonOption,
    KeyOption,
    LosslessOption,
    ProfileOption,
    QualityOption,
    RegistryOption,
    SkipExistingOption,
    StrengthOption,
    marking_ring,
    registry_at,
)
from indelible.cli._outputs import targets, without_existing
from indelible.cli._signer import SignerOptions
from indelible.protection import ProtectedImage, Protector
from indelible.settings import current
from indelible.verification.wording import DEVELOPMENT_NOTE

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

Protect one picture:
[cyan]indelible protect picture.png -o protected.jpg --source-type generated[/cyan]

A whole tree of folders into another one; run again, it goes on where it stopped:
[cyan]indelible protect renders/ -o protected/ --source-type generated --skip-existing[/cyan]

In a pipe: [cyan]generate | indelible protect - -o - --source-type generated > picture.png[/cyan]

With a certificate of your own:
[cyan]indelible protect photo.png --source-type captured --cert chain.pem --cert-key key.pem[/cyan]

What is claimed is signed, so it is never guessed: set generator.source_type and generator.name in
your settings to say it once.
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
            "output. By default NAME.protected.SUFFIX beside the input.",
        ),
    ] = None,
    key: KeyOption = None,
    registry: RegistryOption = None,
    *,
    signer_options: SignerOptions,
    claims: ClaimOptions,
    profile: ProfileOption = None,
    format: FormatOption = None,
    quality: QualityOption = None,
    lossless: LosslessOption = False,
    fast: FastOption = False,
    strength: StrengthOption = None,
    strip: Annotated[
        bool, typer.Option("--strip", help="Keep no metadata but the colour profile.")
    ] = False,
    force: ForceOption = False,
    skip_existing: SkipExistingOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Mark pictures invisibly, sign their manifests, register both.

    The watermark leads back to the manifest when the metadata is gone.
    Without any configuration a development identity is made on first use:
    its signatures are trusted on this machine only.
    """
    defaults = current()
    claimed = claims.claimed(defaults)
    inputs = expand(files, output=output)
    places = targets(inputs, output, format=format, infix="protected", json=json)
    skipped = 0
    if skip_existing:
        inputs, skipped = without_existing(inputs, places)
    request = claims.request(claimed, defaults)
    if inputs:
        claims.announce(request, defaults)
    protector = Protector(
        signer=signer_options.signer(defaults),
        key=marking_ring(key, defaults),
        registry=registry_at(registry, create=True) or defaults.registry(),
        manifest=request,
        trust=defaults.trust(),
        profile=profile,
        strength=defaults.settings.watermark.strength if strength is None else strength,
        limits=defaults.limits,
    )

    def work(item: Input) -> ProtectedImage:
        place = places[item.name]
        result = protector.protect(
            item.source(defaults.limits),
            place,
            format=format,
            quality=quality,
            lossless=lossless,
            fast=fast,
            strip=strip,
            overwrite=force,
        )
        # What is on the disk need not stay in memory: there may be thousands of files.
        return result if place is None else replace(result, data=b"")

    done = collect(inputs, work, jobs=jobs, title="protecting", as_json=_as_json if json else None)
    for outcome in done:
        if outcome.value is not None and places[outcome.item.name] is None:
            write_bytes(outcome.value.data)
    good = [outcome for outcome in done if outcome.value is not None]
    if good and not json and None not in places.values():
        answer(_table(good))
    for outcome in good:
        if outcome.value is not None:
            for note in outcome.value.notes:
                remark(f"{clean(outcome.item.name)}: {clean(note)}")
    summarise(done, "protected", skipped=skipped)
    if good and signer_options.is_development(defaults):
        remark(DEVELOPMENT_NOTE)
    raise typer.Exit(worst(done))


def _as_json(outcome: Outcome[ProtectedImage]) -> dict[str, Any]:
    if outcome.value is None:
        return {
            "file": outcome.item.name,
            "path": None,
            **error_fields(outcome.error),
        }
    return {"file": outcome.item.name, **outcome.value.to_dict()}


def _table(outcomes: list[Outcome[ProtectedImage]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("protected", "watermark id", "manifest id"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        result = outcome.value
        if result is None:
            continue
        table.add_row(
            Text(clean(result.path or "-"), style="bold green"),
            Text(result.payload.hex()),
            Text(result.manifest_id),
        )
    return table
