"""Options about what a manifest claims and who signs it, shared by ``protect`` and ``sign``."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from indelible import credentials
from indelible.cli._console import clean, is_terminal, remark
from indelible.cli._errors import UsageError
from indelible.credentials import Generator, ManifestRequest, Signer, SourceType, TrainingMining
from indelible.credentials.signers.opening import open_signer
from indelible.secret import Secret
from indelible.settings import Configuration, with_timestamp
from indelible.verification.wording import SOURCE_WORDS

__all__ = [
    "SOURCE_TYPES",
    "CertKeyOption",
    "CertOption",
    "GeneratorOption",
    "GeneratorVersionOption",
    "KeepPromptOption",
    "ModelIdOption",
    "ModelOption",
    "ModelVersionOption",
    "NoTrainingOption",
    "PromptOption",
    "ProviderOption",
    "SourceTypeOption",
    "ThumbnailOption",
    "TimestampOption",
    "TitleOption",
    "UniqueIdOption",
    "ask_passphrase",
    "claimant",
    "claims",
    "say_claim",
    "signer_of",
    "source_type_named",
    "source_type_of",
]

_SIGNER: Final = "Signer"
_CLAIMS: Final = "What the manifest says"

CertOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--cert", metavar="PEM", help="Certificate chain, leaf first.", rich_help_panel=_SIGNER
    ),
]
CertKeyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cert-key",
        metavar="KEY",
        help="Its private key: a PEM file, or pkcs11:..., aws-kms:..., google-kms:..., "
        "azure-key-vault:...",
        rich_help_panel=_SIGNER,
    ),
]
TimestampOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--timestamp-url",
        "--timestamp",
        metavar="URL",
        help="RFC 3161 time-stamp authority to ask. By default SSL.com's, unless the certificate "
        'is a development one; "none" asks nobody.',
        rich_help_panel=_SIGNER,
    ),
]
GeneratorOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Product or service.", rich_help_panel=_CLAIMS),
]
GeneratorVersionOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="VERSION", rich_help_panel=_CLAIMS, help="Its version.")
]
ProviderOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Organisation behind it.", rich_help_panel=_CLAIMS),
]
ModelOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Trained model.", rich_help_panel=_CLAIMS)
]
ModelVersionOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="VERSION", help="Its version.", rich_help_panel=_CLAIMS)
]
ModelIdOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model-id", metavar="ID", help='For example "org/model@1".', rich_help_panel=_CLAIMS
    ),
]
TitleOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Name of the work.", rich_help_panel=_CLAIMS)
]
UniqueIdOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--unique-id", metavar="ID", help="Your own id of the picture.", rich_help_panel=_CLAIMS
    ),
]
PromptOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Prompt; only its SHA-256 is written.", rich_help_panel=_CLAIMS
    ),
]
KeepPromptOption: TypeAlias = Annotated[
    bool,
    typer.Option("--keep-prompt", help="Write the prompt itself, too.", rich_help_panel=_CLAIMS),
]
NoTrainingOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-training",
        help="Allow no data mining and no training (a signal of consent).",
        rich_help_panel=_CLAIMS,
    ),
]
ThumbnailOption: TypeAlias = Annotated[
    bool,
    typer.Option("--thumbnail", help="Add a small preview (6 KB).", rich_help_panel=_CLAIMS),
]

SOURCE_TYPES: Final = {kind.short_name: kind for kind in SourceType}


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


SourceTypeOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--source-type",
        metavar="TYPE",
        help=f"How the picture came to be: {', '.join(SOURCE_TYPES)}.",
        rich_help_panel=_CLAIMS,
    ),
]


def source_type_of(name: str | None, defaults: Configuration) -> SourceType:
    """Return what is claimed about the pictures: the option, the setting, or what a person answers.

    Nothing is claimed by default: a wrong claim is signed, and stays.

    Raises
    ------
    UsageError
        If nobody says it, or there is no such source type.
    """
    if name is not None:
        return source_type_named(name)
    configured = defaults.settings.generator.source_type
    if configured is not None:
        return configured
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


def say_claim(source_type: SourceType, generator: Generator, *, named: bool) -> None:
    """Say on stderr what will be signed about the pictures."""
    what = f"Claiming: {SOURCE_WORDS[source_type.value]}"
    if not named:
        remark(f"{what}. The generator is not named (--generator, or the setting generator.name).")
        return
    remark(f"{what}, by {clean(' '.join(filter(None, (generator.name, generator.version))))}.")


def claimant(
    defaults: Configuration,
    *,
    name: str | None,
    version: str | None,
    provider: str | None,
    model: str | None,
    model_version: str | None,
    model_id: str | None,
) -> Generator:
    """Return who makes the claim: the options, where they are silent the configuration."""
    base = defaults.generator
    return Generator(
        name=name or base.name,
        version=version or (base.version if name is None else None),
        provider=provider or (base.provider if name is None else None),
        model=model or base.model,
        model_version=model_version or (base.model_version if model is None else None),
        model_identifier=model_id or (base.model_identifier if model is None else None),
        abuse_contact=base.abuse_contact,
    )


def claims(
    generator: Generator,
    source_type: SourceType,
    *,
    title: str | None,
    unique_id: str | None,
    prompt: str | None,
    keep_prompt: bool,
    no_training: bool,
    thumbnail: bool,
) -> ManifestRequest:
    """Return what the options say the manifest is to say."""
    if keep_prompt and prompt is None:
        raise UsageError("--keep-prompt needs --prompt.")
    digest = None if prompt is None else hashlib.sha256(prompt.encode()).hexdigest()
    return ManifestRequest(
        credentials.new_manifest_id(),
        generator,
        source_type=source_type,
        title=title,
        unique_id=unique_id,
        prompt_sha256=digest,
        prompt=prompt if keep_prompt else None,
        training=TrainingMining() if no_training else None,
        thumbnail=thumbnail,
    )


def signer_of(
    cert: Path | None, cert_key: str | None, timestamp: str | None, defaults: Configuration
) -> Signer:
    """Return the signer that the options name, else the user's.

    Raises
    ------
    UsageError, CertificateError, SigningError
        If it cannot be used.
    """
    if (cert is None) != (cert_key is None):
        raise UsageError("--cert and --cert-key go together.")
    if cert is None or cert_key is None:
        return with_timestamp(defaults.signer(), timestamp)
    return open_signer(
        cert,
        cert_key,
        timestamp_url=timestamp or defaults.settings.signer.timestamp_url,
        ask=ask_passphrase,
    )


def ask_passphrase() -> Secret:
    """Return the passphrase from the environment, else ask a person, without showing it.

    Raises
    ------
    UsageError
        If there is nobody to ask.
    """
    given = Secret(os.environ.get("INDELIBLE_KEY_PASSPHRASE", ""))
    if len(given):
        return given
    if not is_terminal(sys.stdin):
        raise UsageError(
            "The private key needs a passphrase.",
            hint="Set INDELIBLE_KEY_PASSPHRASE, or run this on a terminal.",
        )
    return Secret(typer.prompt("Passphrase of the private key", hide_input=True, err=True))
