"""``indelible verify``: who vouches for a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer
from indelible.cli._errors import error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    EffortOption,
    FilesArgument,
    HostsOption,
    JobsOption,
    JsonOption,
    KeysOption,
    ManifestOption,
    OcspOption,
    RegistryOption,
    TrustOption,
    detection_keys,
    registry_at,
    trust_with,
)
from indelible.cli._report import overview, report
from indelible.settings import current
from indelible.verification import Verification, Verifier

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

One picture, in words: [cyan]indelible verify photo.jpg[/cyan]

Many, as JSON lines: [cyan]indelible verify uploads/ --json | jq -c '[.file, .verdict]'[/cyan]

With a partner's keys, registry and authority: [cyan]indelible verify photo.jpg --key partner-keys/
--registry partner.sqlite3 --trust partner-ca.pem[/cyan]

[bold]Verdicts and exit codes[/bold]

authentic, recovered, unverified: 0. unchecked, none: 1. suspect, invalid, altered: 3. Not a
picture: 4. A registry that could not be asked and might have changed the verdict: 5. Over several
files the worst wins.

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
    details: Annotated[
        bool, typer.Option("--details", help="The whole report for each of several files.")
    ] = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Find out who vouches for pictures, also after their metadata was stripped.

    Looks at the file's manifest, the watermark, and the manifest that the watermark leads to.
    Opens no connection unless --allow-host or --ocsp ask for it.
    Changes nothing.
    """
    inputs = expand(files)
    defaults = current()
    verifier = Verifier.from_settings(
        keys=detection_keys(key, defaults),
        registry=registry_at(registry),
        trust=trust_with(trust, defaults),
        remote_hosts=tuple(allow_host or ()),
        ocsp=ocsp,
        effort=effort or defaults.settings.watermark.effort,
        limits=defaults.limits,
    )

    def work(item: Input) -> Verification:
        result = verifier.verify(item.source(defaults.limits), manifest=manifest)
        # Thousands of recovered manifests need not stay in memory until the table is drawn.
        return replace(result, registry=replace(result.registry, manifest_store=None))

    done = collect(inputs, work, jobs=jobs, title="verifying", as_json=_as_json if json else None)
    if not json:
        _print(done, details=details)
    raise typer.Exit(worst(done, lambda result: result.exit_code))


def _print(done: list[Outcome[Verification]], *, details: bool) -> None:
    if details or len(done) == 1:
        for outcome in done:
            if outcome.value is not None:
                answer(report(outcome.value, outcome.item.name))
        return
    answer(overview([(outcome.item.name, outcome.value) for outcome in done]))


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
        "fingerprint": None,
    }
