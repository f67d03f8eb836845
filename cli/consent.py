"""``indelible consent``: what the owner of a photograph asks of others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, flowing, remark
from indelible.cli._errors import UsageError, guarded
from indelible.cli._groups import grouped
from indelible.cli._options import (
    ForceOption,
    FormatOption,
    JsonOption,
    QualityOption,
    RegistryOption,
    StrengthOption,
)
from indelible.cli._registry_shared import existing, fillable, utc
from indelible.cli._signer import SignerOptions
from indelible.settings import current
from indelible.verification.wording import DEVELOPMENT_NOTE

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

Ask that a photograph is not edited: [cyan]indelible consent sign photo.jpg -o asks.jpg[/cyan]

What does this picture ask? [cyan]indelible consent show picture.jpg[/cyan]

Take it back: [cyan]indelible consent withdraw 0123456789abcdef --reason "sold"[/cyan]

It binds those who look, and whoever reads our source can remove the mark: docs/consent.md.
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="Ask that a photograph is not edited and not trained on, and see what pictures ask.",
)


@app.command()
@guarded
@grouped
def sign(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photograph.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the signed one goes.")
    ],
    *,
    signer_options: SignerOptions,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="NAME", help="Who asks; public. By default nobody."),
    ] = None,
    statement: Annotated[
        str | None,
        typer.Option("--statement", metavar="TEXT", help="What is asked, in words; public."),
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option("--until", metavar="DATE", help="When it ends by itself.")
    ] = None,
    source_type: Annotated[
        str | None,
        typer.Option(
            "--source-type", metavar="TYPE", help='How it was made ("captured"); by default unsaid.'
        ),
    ] = None,
    registry: RegistryOption = None,
    format: FormatOption = None,
    quality: QualityOption = None,
    strength: StrengthOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Ask that a photograph is not edited with AI and not trained on, in every form there is.

    A mark that survives screenshots and leads to a public record, a signed
    manifest, and metadata. Its own metadata and history are kept.
    """
    from indelible import consent

    defaults = current()
    records = None
    if registry is not None or defaults.has_registry():
        records = fillable(registry).consents
    done = consent.sign(
        photo,
        output,
        signer=signer_options.signer(defaults),
        records=records,
        owner=owner,
        statement=consent.STATEMENT if statement is None else statement,
        until=None if until is None else utc(until),
        source_type=source_type,
        strength=strength,
        trust=defaults.trust(),
        format=format,
        quality=quality,
        overwrite=force,
        limits=defaults.limits,
    )
    if json:
        answer_json(done.to_dict())
    else:
        _print([("signed", str(done.path)), ("consent", done.consent_id.hex())])
    for note in done.notes:
        remark(clean(note))
    if records is None:
        remark(
            "Nothing was registered: the mark says the same, but nobody can look up its date and "
            "words, nor can it be withdrawn. Name a registry with --registry."
        )
    if signer_options.is_development(defaults):
        remark(DEVELOPMENT_NOTE)


@app.command()
@guarded
def show(
    what: Annotated[
        str, typer.Argument(metavar="FILE|ID", help="A picture, or the id in a consent mark.")
    ],
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a picture asks, or the record of a consent.

    The exit code is 1 where nothing asks for anything.
    """
    from indelible import consent
    from indelible.registry import consent_sources
    from indelible.watermark import ALGORITHM

    defaults = current()
    asked_of = existing(None, registry) if registry is not None else defaults.existing_registry()
    sources = consent_sources(asked_of)
    consent_id = None if Path(what).exists() else _id(what)
    if consent_id is None:
        found = consent.look(what, sources=sources, trust=defaults.trust(), limits=defaults.limits)
        if json:
            answer_json({"file": what, **found.to_dict()})
        else:
            _print(found.lines())
        raise typer.Exit(0 if found.anything else 1)
    records = [one for source in sources for one in source.find(ALGORITHM, consent_id)]
    for record in records:
        if json:
            answer_json(record.to_dict())
        else:
            _print(consent.record_lines(record))
    if not records:
        remark("No registry that was asked holds this id.")
    raise typer.Exit(0 if records else 1)


@app.command()
@guarded
def withdraw(
    consent_id: Annotated[str, typer.Argument(metavar="ID", help="The id in the consent mark.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; public.")],
    registry: RegistryOption = None,
    json: JsonOption = False,
) -> None:
    """Withdraw what a photograph asks; the record stays, with its history.

    The mark and the manifest stay in the files that are out there: whoever
    heeds the manifest goes on to refuse them.
    """
    from indelible import consent
    from indelible.watermark import ALGORITHM

    wanted = _id(consent_id)
    if wanted is None:
        raise UsageError(f"{clean(consent_id)!r} is no id.", hint="An id is 16 hexadecimal digits.")
    record = existing(None, registry).consents.withdraw(ALGORITHM, wanted, reason=reason)
    if json:
        answer_json(record.to_dict())
    else:
        _print(consent.record_lines(record))


def _id(text: str) -> bytes | None:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        return None
    return value if len(value) == 8 and len(text) == 16 else None


def _print(lines: list[tuple[str, str]]) -> None:
    answer(*(Text.assemble((f"{clean(label)}: ", "bold"), clean(text)) for label, text in lines))
