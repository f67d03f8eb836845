"""``indelible verify``: who vouches for a picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from indelible import imaging
from indelible.cli._asking import agrees
from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer, clean, remark
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    AskOption,
    EffortOption,
    FilesArgument,
    ForceOption,
    HostsOption,
    JobsOption,
    JsonOption,
    KeysOption,
    LanguageOption,
    ManifestOption,
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
from indelible.cli._report import overview, report
from indelible.files import write_atomic
from indelible.languages import translated
from indelible.limits import Limits
from indelible.settings import current
from indelible.verification import Verification, Verifier, draw_changes, wording
from indelible.watermark import ENOUGH_PIXELS, View

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

One picture, in words: [cyan]indelible verify photo.jpg[/cyan]

Many, as JSON lines: [cyan]indelible verify uploads/ --json | jq -c '[.file, .verdict]'[/cyan]

With a partner's keys, registry and authority: [cyan]indelible verify photo.jpg --key partner-keys/
--registry partner.sqlite3 --trust partner-ca.pem[/cyan]

In German: [cyan]indelible verify photo.jpg --language de[/cyan]

Of a stranger's picture, ask whoever is said to have made it:
[cyan]indelible verify photo.jpg --ask https://images.example --send-picture[/cyan]

[bold]Verdicts and exit codes[/bold]

authentic, recovered, unverified: 0. unchecked, none: 1. suspect, invalid, altered: 3. Not a
picture: 4. A registry that could not be asked, or servers of which none answered, and which might
have changed the verdict: 5. Over several files the worst wins.

A verdict says who vouches for a file, never whether what it shows is true. Absence proves
nothing.
"""


@guarded
def command(
    files: FilesArgument,
    key: KeysOption = None,
    effort: EffortOption = None,
    registry: RegistryOption = None,
    trust: TrustOption = None,
    manifest: ManifestOption = None,
    allow_host: HostsOption = None,
    ocsp: OcspOption = False,
    ask: AskOption = None,
    send_picture: SendPictureOption = False,
    details: Annotated[
        bool, typer.Option("--details", help="The whole report for each of several files.")
    ] = False,
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Draw where the picture was changed, if a manifest holds a preview of it.",
        ),
    ] = None,
    force: ForceOption = False,
    language: LanguageOption = None,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Find out who vouches for pictures, also after their metadata was stripped.

    Looks at the file's manifest, the watermark, and the manifest that the watermark leads to.
    Opens no connection unless --allow-host, --ocsp or --ask, or resolvers in the settings, ask for
    it. Sends no picture unless --send-picture, or you where you are asked, say so.
    Changes nothing.
    """
    inputs = expand(files)
    if map_ is not None:
        _check_map(map_, inputs, force=force)
    defaults = current()
    spoken = language_of(language, defaults)
    resolvers = resolvers_at(ask, defaults)
    if send_picture and not resolvers:
        raise UsageError(
            "--send-picture sends pictures to nobody.", hint="Say to whom: --ask https://..."
        )
    make_verifier = partial(
        Verifier.from_settings,
        keys=detection_keys(key, defaults),
        registry=registry_at(registry),
        trust=trust_with(trust, defaults),
        remote_hosts=tuple(allow_host or ()),
        ocsp=ocsp,
        effort=effort or defaults.settings.watermark.effort,
        changes=map_ is not None,
        limits=defaults.limits,
        resolvers=resolvers,
    )

    def look(verifier: Verifier, *, force: bool) -> Callable[[Input], Verification]:
        def work(item: Input) -> Verification:
            source = item.source(defaults.limits)
            result = verifier.verify(source, manifest=manifest)
            if map_ is not None:
                _draw(result, source, map_, spoken, limits=defaults.limits, force=force)
            return _without_stores(result)

        return work

    done = collect(
        inputs,
        look(make_verifier(send_picture=send_picture), force=force),
        jobs=jobs,
        title="verifying",
        as_json=_as_json if json else None,
    )
    more = [one for one in done if one.value is not None and one.value.withheld]
    if not json and agrees(more):
        ask_with_picture = look(make_verifier(send_picture=True), force=True)
        again = collect(
            [one.item for one in more], ask_with_picture, jobs=jobs, title="asking", as_json=None
        )
        newer = {id(one.item): one for one in again}
        done = [newer.get(id(old.item), old) for old in done]
    if not json:
        _print(done, spoken, details=details)
    raise typer.Exit(worst(done, lambda result: result.exit_code))


def _without_stores(result: Verification) -> Verification:
    """Thousands of recovered manifests need not stay in memory until the table is drawn."""
    return replace(
        result,
        registry=replace(result.registry, manifest_store=None),
        resolvers=tuple(replace(one, manifest_store=None) for one in result.resolvers),
    )


def _check_map(place: Path, inputs: list[Input], *, force: bool) -> None:
    """Refuse what cannot be written before any work is done.

    Raises
    ------
    UsageError
        If there are several pictures, or the name is none of a picture, or is taken.
    """
    if len(inputs) != 1:
        raise UsageError(
            f"{len(inputs)} pictures cannot all become {place}.", hint="Verify them one by one."
        )
    if imaging.format_from_suffix(place) is None:
        raise UsageError(f"{place} is no name of a picture.", hint="End it with .png, for example.")
    if os.path.lexists(place) and not force:
        raise UsageError(f"{place} exists already.", hint="Choose another name, or give --force.")


def _draw(
    result: Verification,
    source: Path | bytes,
    place: Path,
    language: str,
    *,
    limits: Limits,
    force: bool,
) -> None:
    """Write the map of what was changed; say so where there is nothing to compare with."""
    changes = result.changes
    if changes is None or changes.state != "compared":
        remark(f"No map was drawn. {'' if changes is None else changes.reason}")
        return
    opened = imaging.open_image(source, limits=limits)
    picture = opened.decode(tolerant=True, enough=ENOUGH_PIXELS)
    legend = translated(wording.map_legend(changes), language)
    drawn = draw_changes(View(picture.pixels, picture.scale), changes, legend)
    data = imaging.encode(drawn, imaging.format_from_suffix(place) or "png")
    write_atomic(place, data, overwrite=force)
    remark(f"The map of what was changed is {clean(str(place))}.")


def _print(done: list[Outcome[Verification]], language: str, *, details: bool) -> None:
    if details or len(done) == 1:
        for outcome in done:
            if outcome.value is not None:
                answer(report(outcome.value, outcome.item.name, language))
        return
    answer(overview([(outcome.item.name, outcome.value) for outcome in done], language))


def _as_json(outcome: Outcome[Verification]) -> dict[str, Any]:
    if outcome.value is not None:
        return {**outcome.value.to_dict(), "file": outcome.item.name}
    # The same fields as ever, so that a reader of many lines needs no special case.
    return {
        "file": outcome.item.name,
        "verdict": None,
        "ai": None,
        **error_fields(outcome.error),
        "credential": None,
        "watermark": None,
        "registry": None,
        "resolvers": None,
        "fingerprint": None,
        "changes": None,
    }
