"""``indelible sign``: Content Credentials without a watermark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from indelible import imaging
from indelible.cli._batch import Outcome, collect, summarise, worst
from indelible.cli._claims import ClaimOptions, source_type_named
from indelible.cli._console import answer, clean, remark, write_bytes
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._groups import grouped
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    FilesArgument,
    ForceOption,
    JobsOption,
    JsonOption,
    SkipExistingOption,
)
from indelible.cli._outputs import targets, without_existing
from indelible.cli._signer import SignerOptions
from indelible.credentials import (
    ManifestDefinition,
    ManifestRequest,
    SignedPicture,
    SourceType,
    camera_contradicts,
    new_manifest_id,
    sidecar_path,
    sign_file,
)
from indelible.errors import IndelibleError
from indelible.files import read_bytes
from indelible.imaging import ImageFile
from indelible.settings import current
from indelible.verification.wording import DEVELOPMENT_NOTE

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

A photograph of your own:
[cyan]indelible sign photo.jpg --source-type captured --no-training[/cyan]

An edit, with its original as parent:
[cyan]indelible sign edit.png --parent original.png --source-type ai-edited -o signed.png[/cyan]

A manifest in JSON, as c2patool takes it: [cyan]indelible sign photo.jpg -m manifest.json[/cyan]

The manifest beside the picture:
[cyan]indelible sign photo.jpg -m manifest.json --sidecar --no-embed[/cyan]
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
            help="Output file, or folder for several; - is standard output. "
            "By default NAME.signed.SUFFIX beside the input.",
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", "-m", metavar="JSON", help="Manifest definition in JSON."),
    ] = None,
    parent: Annotated[
        Path | None,
        typer.Option("--parent", "-p", metavar="FILE", help="Picture that this one was made from."),
    ] = None,
    parent_manifest: Annotated[
        Path | None,
        typer.Option(
            "--parent-manifest", metavar="FILE", help="Manifest (.c2pa) that the parent lost."
        ),
    ] = None,
    sidecar: Annotated[
        bool, typer.Option("--sidecar", "-s", help="Also write the manifest beside, as .c2pa.")
    ] = False,
    embed: Annotated[
        bool, typer.Option("--embed/--no-embed", help="Put the manifest into the picture.")
    ] = True,
    remote: Annotated[
        str | None,
        typer.Option(
            "--remote", "-r", metavar="URL", help="Where the manifest will be found, too."
        ),
    ] = None,
    *,
    signer_options: SignerOptions,
    claims: ClaimOptions,
    force: ForceOption = False,
    skip_existing: SkipExistingOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Sign pictures as they are: no watermark, no registry, not a pixel changed.

    What a picture's manifest said before is kept as its history.
    To survive reposting, a picture needs the watermark, too: indelible protect.
    """
    inputs = expand(files, output=output)
    places = targets(inputs, output, format=None, infix="signed", json=json)
    skipped = 0
    if skip_existing:
        inputs, skipped = without_existing(inputs, places)
    _check_options(places, embed=embed, sidecar=sidecar, remote=remote)
    defaults = current()
    template: ManifestDefinition | ManifestRequest
    if manifest is not None:
        template = _definition(manifest, len(inputs))
        if claims.source_type is not None:
            template = replace(template, source_type=source_type_named(claims.source_type))
    else:
        template = claims.request(claims.claimed(defaults), defaults)
        if inputs:
            claims.announce(template, defaults)
    signer = signer_options.signer(defaults)
    trust = defaults.trust()
    limits = defaults.limits
    before = None if parent is None else imaging.open_image(parent, limits=limits)
    store = None if parent_manifest is None else read_bytes(parent_manifest, limits=limits)

    doubts: dict[str, str] = {}

    def work(item: Input) -> SignedPicture:
        image = imaging.open_image(item.source(limits), limits=limits)
        image.check_regular()
        doubt = _doubt(image, template.source_type)
        if doubt is not None:
            doubts[item.name] = doubt
        place = places[item.name]
        signed = sign_file(
            image,
            place,
            _fresh(template, embed=embed, remote=remote),
            signer,
            parent=before,
            parent_store=store,
            sidecar=sidecar,
            overwrite=force,
            trust=trust,
        )
        # What is on the disk need not stay in memory: there may be thousands of files.
        return signed if place is None else replace(signed, file=ImageFile(b""), manifest_store=b"")

    def as_json(outcome: Outcome[SignedPicture]) -> dict[str, Any]:
        return _as_json(outcome, places[outcome.item.name], sidecar=sidecar)

    done = collect(inputs, work, jobs=jobs, title="signing", as_json=as_json if json else None)
    for outcome in done:
        if outcome.value is not None and places[outcome.item.name] is None:
            write_bytes(outcome.value.data)
    good = [outcome for outcome in done if outcome.value is not None]
    if good and not json and None not in places.values():
        answer(_table(good, places, sidecar=sidecar))
    for outcome in good:
        if outcome.item.name in doubts:
            remark(f"{clean(outcome.item.name)}: {clean(doubts[outcome.item.name])}")
    summarise(done, "signed", skipped=skipped)
    if good and signer_options.is_development(defaults):
        remark(DEVELOPMENT_NOTE)
    raise typer.Exit(worst(done))


def _check_options(
    places: dict[str, Path | None], *, embed: bool, sidecar: bool, remote: str | None
) -> None:
    if not embed and not (sidecar or remote):
        raise UsageError(
            "Without embedding, the manifest would be lost.", hint="Add --sidecar or --remote."
        )
    if sidecar and None in places.values():
        raise UsageError("A manifest beside standard output has no name.", hint="Name a file: -o.")


def _doubt(image: ImageFile, claimed: SourceType) -> str | None:
    """Say where a picture's EXIF speaks against the claim that AI generated it."""
    if claimed is not SourceType.GENERATED:
        return None
    try:
        return camera_contradicts(claimed, image.decode().metadata.exif)
    except IndelibleError:
        return None  # a kind that is signed, but not decoded here


def _definition(path: Path, files: int) -> ManifestDefinition:
    """Read a manifest definition, and say what of it is not used."""
    definition = ManifestDefinition.from_json(read_bytes(path))
    if definition.ignored:
        remark(
            f"Not used from {clean(path)}: {', '.join(definition.ignored)} "
            "(keys and files are named by options)."
        )
    if "label" in definition.body and files > 1:
        raise UsageError(
            f"{path} names one manifest id for {files} pictures.", hint="Leave its label out."
        )
    return definition


def _fresh(
    template: ManifestDefinition | ManifestRequest, *, embed: bool, remote: str | None
) -> ManifestDefinition | ManifestRequest:
    """Return the template with an id of its own: several pictures may be signed at once."""
    named = isinstance(template, ManifestDefinition) and "label" in template.body
    manifest_id = template.manifest_id if named else new_manifest_id()
    return replace(template, manifest_id=manifest_id, embed=embed, remote_url=remote)


def _as_json(
    outcome: Outcome[SignedPicture], place: Path | None, *, sidecar: bool
) -> dict[str, Any]:
    signed = outcome.value
    if signed is None or place is None:
        return {
            "file": outcome.item.name,
            "path": None,
            **error_fields(outcome.error),
        }
    return {
        "file": outcome.item.name,
        "path": str(place),
        "sidecar": str(sidecar_path(place)) if sidecar else None,
        "manifest_id": signed.manifest_id,
        "sha256": signed.sha256,
    }


def _table(
    outcomes: list[Outcome[SignedPicture]], places: dict[str, Path | None], *, sidecar: bool
) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("signed", "manifest id"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        place = places[outcome.item.name]
        if outcome.value is None or place is None:
            continue
        table.add_row(Text(clean(place), style="bold green"), Text(outcome.value.manifest_id))
        if sidecar:
            table.add_row(Text(clean(sidecar_path(place)), style="bold green"))
    return table
