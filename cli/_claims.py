"""Options about what a manifest claims, shared by ``protect`` and ``sign``."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import typer

from indelible import credentials
from indelible.choices import MAX_THUMBNAIL, MIN_THUMBNAIL
from indelible.cli._console import clean, is_terminal, remark
from indelible.cli._errors import UsageError
from indelible.credentials import Generator, ManifestRequest, SourceType, TrainingMining
from indelible.settings import Configuration
from indelible.verification.wording import SOURCE_WORDS

__all__ = ["SOURCE_TYPES", "ClaimOptions", "source_type_named"]

_PANEL: Final = "What the manifest says"

SOURCE_TYPES: Final = {kind.short_name: kind for kind in SourceType}

_Text: TypeAlias = str | None


@dataclass(frozen=True, slots=True)
class ClaimOptions:
    """What is signed about the pictures, and who says it."""

    source_type: Annotated[
        _Text,
        typer.Option(
            metavar="TYPE",
            help=f"How the picture came to be: {', '.join(SOURCE_TYPES)}.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    generator: Annotated[
        _Text, typer.Option(metavar="NAME", help="Product or service.", rich_help_panel=_PANEL)
    ] = None
    generator_version: Annotated[
        _Text, typer.Option(metavar="VERSION", help="Its version.", rich_help_panel=_PANEL)
    ] = None
    provider: Annotated[
        _Text, typer.Option(metavar="NAME", help="Organisation behind it.", rich_help_panel=_PANEL)
    ] = None
    model: Annotated[
        _Text, typer.Option(metavar="NAME", help="Trained model.", rich_help_panel=_PANEL)
    ] = None
    model_version: Annotated[
        _Text, typer.Option(metavar="VERSION", help="Its version.", rich_help_panel=_PANEL)
    ] = None
    model_id: Annotated[
        _Text,
        typer.Option(metavar="ID", help='For example "org/model@1".', rich_help_panel=_PANEL),
    ] = None
    title: Annotated[
        _Text, typer.Option(metavar="TEXT", help="Name of the work.", rich_help_panel=_PANEL)
    ] = None
    unique_id: Annotated[
        _Text,
        typer.Option(metavar="ID", help="Your own id of the picture.", rich_help_panel=_PANEL),
    ] = None
    prompt: Annotated[
        _Text,
        typer.Option(
            metavar="TEXT", help="Prompt; only its SHA-256 is written.", rich_help_panel=_PANEL
        ),
    ] = None
    keep_prompt: Annotated[
        bool,
        typer.Option("--keep-prompt", help="Write the prompt itself, too.", rich_help_panel=_PANEL),
    ] = False
    no_training: Annotated[
        bool,
        typer.Option(
            "--no-training",
            help="Allow no data mining and no training (a signal of consent).",
            rich_help_panel=_PANEL,
        ),
    ] = False
    thumbnail: Annotated[
        bool,
        typer.Option(
            "--thumbnail",
            help="Add a small preview (6 KB): verify --map then shows what was changed.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    thumbnail_side: Annotated[
        int | None,
        typer.Option(
            "--thumbnail-side",
            metavar="PIXELS",
            min=MIN_THUMBNAIL,
            max=MAX_THUMBNAIL,
            help="A preview of this longer side.",
            rich_help_panel=_PANEL,
        ),
    ] = None

    def claimed(self, defaults: Configuration) -> SourceType:
        """Return how the pictures came to be: the option, the setting, or what a person answers.

        Nothing is claimed by default: a wrong claim is signed, and stays.

        Raises
        ------
        UsageError
            If nobody says it, or there is no such source type.
        """
        if self.source_type is not None:
            return source_type_named(self.source_type)
        return defaults.settings.generator.source_type or _asked()

    def request(self, source_type: SourceType, defaults: Configuration) -> ManifestRequest:
        """Return what the options, and where they are silent the settings, say."""
        if self.keep_prompt and self.prompt is None:
            raise UsageError("--keep-prompt needs --prompt.")
        prompt = self.prompt
        return ManifestRequest(
            credentials.new_manifest_id(),
            self._generator(defaults),
            source_type=source_type,
            title=self.title,
            unique_id=self.unique_id,
            prompt_sha256=None if prompt is None else hashlib.sha256(prompt.encode()).hexdigest(),
            prompt=prompt if self.keep_prompt else None,
            training=TrainingMining() if self.no_training else None,
            thumbnail=self.thumbnail_side or self.thumbnail,
        )

    def _generator(self, defaults: Configuration) -> Generator:
        return defaults.generator.overridden(
            name=self.generator,
            version=self.generator_version,
            provider=self.provider,
            model=self.model,
            model_version=self.model_version,
            model_identifier=self.model_id,
        )

    def announce(self, request: ManifestRequest, defaults: Configuration) -> None:
        """Print on stderr what will be signed about the pictures."""
        what = f"Claiming: {SOURCE_WORDS[request.source_type.value]}"
        maker = request.generator
        if self.generator or defaults.settings.generator.name:
            remark(f"{what}, by {clean(' '.join(filter(None, (maker.name, maker.version))))}.")
        else:
            remark(
                f"{what}. The generator is not named (--generator, or the setting generator.name)."
            )


def source_type_named(name: str) -> SourceType:
    """Return the source type of a short name ("ai-edited") or of IPTC's own term.

    Raises
    ------
    UsageError
        If there is none.
    """
    kind = SourceType.named(name)
    if kind is not None:
        return kind
    raise UsageError(
        f"{name!r} is no source type.", hint=f"Choose one of {', '.join(SOURCE_TYPES)}."
    )


def _asked() -> SourceType:
    kinds = ", ".join(SOURCE_TYPES)
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise UsageError(
            "What is the picture? Nothing is claimed by default.",
            hint="Give --source-type, or set generator.source_type in your settings: one of "
            f"{kinds}.",
        )
    remark(f"How did the picture come to be? One of {kinds}.")
    while True:
        answer: str = typer.prompt("Source type", err=True)
        try:
            return source_type_named(answer.strip())
        except UsageError as error:
            remark(f"{clean(error.message)} {clean(error.hint)}")
