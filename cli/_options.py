"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from indelible.choices import Effort, Profile, Strength
from indelible.cli._errors import UsageError
from indelible.credentials import Trust
from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.languages import LANGUAGES
from indelible.registry import Registry, open_registry, registry_url
from indelible.resolution import Resolver
from indelible.settings import Configuration, KeyRing, load_trust_list
from indelible.watermark import Key

__all__ = [
    "AskOption",
    "EffortOption",
    "FastOption",
    "FilesArgument",
    "ForceOption",
    "FormatOption",
    "HostsOption",
    "JobsOption",
    "JsonOption",
    "KeyOption",
    "KeysOption",
    "LanguageOption",
    "LosslessOption",
    "ManifestOption",
    "OcspOption",
    "ProfileOption",
    "QualityOption",
    "RegistryOption",
    "SendPictureOption",
    "SkipExistingOption",
    "StrengthOption",
    "TrustOption",
    "detection_keys",
    "language_of",
    "marking_key",
    "marking_ring",
    "registry_at",
    "resolvers_at",
    "trust_with",
]

FilesArgument: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Pictures, folders, patterns; - is standard input."),
]
KeyOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="Watermark key file, or a folder of keys."),
]
KeysOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--key", metavar="FILE", help="Watermark key file, or a folder of keys; may be repeated."
    ),
]
RegistryOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="FILE|URL",
        help="Registry to use instead of yours: an SQLite file, or a URL (sqlite:///...).",
    ),
]
TrustOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust", metavar="FILE", help="Also trust these anchors (PEM or trust list; repeatable)."
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object for each file, one a line.")
]
JobsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", min=1, max=64, metavar="N", help="How many files to work on at once."
    ),
]
ManifestOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="Manifest file (.c2pa) to read instead."),
]
HostsOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST",
        help="Fetch a manifest that is kept at this host; may be repeated.",
    ),
]
OcspOption: TypeAlias = Annotated[
    bool, typer.Option("--ocsp", help="Ask the issuer whether the certificate was revoked.")
]
AskOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--ask",
        metavar="ADDRESS",
        help="Ask this server of somebody else's what it knows (https://...); may be repeated.",
    ),
]
SendPictureOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--send-picture",
        help="Send whole files, metadata included, to the servers that are asked.",
    ),
]
ForceOption: TypeAlias = Annotated[
    bool, typer.Option("--force", "-f", help="Overwrite existing files.")
]
SkipExistingOption: TypeAlias = Annotated[
    bool,
    typer.Option("--skip-existing", help="Leave out pictures whose result exists already."),
]
FormatOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="NAME", help="jpeg, png, webp, ...; by default as the output is named."
    ),
]
QualityOption: TypeAlias = Annotated[
    int | None, typer.Option("--quality", min=1, max=100, help="Encoder quality.")
]
LosslessOption: TypeAlias = Annotated[
    bool, typer.Option("--lossless", help="Encode without loss (WebP).")
]
FastOption: TypeAlias = Annotated[
    bool,
    typer.Option("--fast", help="Write PNG and WebP in half the time, a little longer or worse."),
]
ProfileOption: TypeAlias = Annotated[
    Profile | None,
    typer.Option(
        "--profile", help="Disclosure profile to fill in and check. This is no legal advice."
    ),
]
StrengthOption: TypeAlias = Annotated[
    Strength | None,
    typer.Option(
        "--strength", help="Of the watermark: robust survives more, discreet is seen less."
    ),
]
LanguageOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="LANGUAGE",
        help=f"Of what is said: {', '.join(LANGUAGES)}. JSON stays English.",
    ),
]
EffortOption: TypeAlias = Annotated[
    Effort | None,
    typer.Option(
        "--effort",
        help="How hard to look for the watermark: thorough takes some 25 times as long.",
    ),
]


def marking_ring(path: Path | None, defaults: Configuration) -> tuple[Key, ...]:
    """Return the key to mark with, and further own ones whose older marks give way to the new one.

    The named file's, the named ring's, else the user's, the newest first; never a partner's.

    Raises
    ------
    KeyFileError, UsageError
        If there is none there.
    """
    if path is None:
        return defaults.marking_keys()
    if not path.is_dir():
        return (Key.load(path),)
    keys = KeyRing(path).marking_keys()
    if not keys:
        raise UsageError(
            f"There is no watermark key to mark with in {path}.",
            hint="Make one with `indelible keys new`.",
        )
    return keys


def marking_key(path: Path | None, defaults: Configuration) -> Key:
    """Return the key to mark with; see `marking_ring`."""
    return marking_ring(path, defaults)[0]


def detection_keys(paths: Sequence[Path] | None, defaults: Configuration) -> tuple[Key, ...]:
    """Return every key in the named files and folders, else the user's.

    Raises
    ------
    KeyFileError, UsageError
        If one cannot be read, or a folder holds none.
    """
    if not paths:
        return defaults.detection_keys()
    keys: dict[Key, None] = {}
    for path in paths:
        found = KeyRing(path).keys() if path.is_dir() else (Key.load(path),)
        if not found:
            raise UsageError(f"There is no watermark key in {path}.")
        keys.update(dict.fromkeys(found))
    return tuple(keys)


def language_of(given: str | None, defaults: Configuration) -> str:
    """Return the language that was asked for, else the user's.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    language = given or defaults.settings.report.language
    if language not in LANGUAGES:
        raise UsageError(
            f"There is no language {language!r}.", hint=f"Choose one of: {', '.join(LANGUAGES)}."
        )
    return language


def registry_at(place: str | None, *, create: bool = False) -> Registry | None:
    """Return the registry that an option names; None leaves the choice to the configuration.

    Parameters
    ----------
    place : str or None
        The path of an SQLite file, or a URL.
    create : bool
        Whether it may still have to be made. Where something is looked up, a registry that does
        not exist is a mistake in its name.

    Raises
    ------
    ArgumentError, UsageError
        If there is none, or what is there is something else. One that cannot be asked just now
        says so in its place in the report.
    """
    if place is None:
        return None
    registry = open_registry(registry_url(place), token=None)
    try:
        registry.check(must_exist=not create)
    except NoRegistryError as error:
        raise UsageError(error.message, hint=error.hint) from error
    except RegistryUnavailableError:
        pass
    return registry


def resolvers_at(addresses: Sequence[str] | None, defaults: Configuration) -> tuple[Resolver, ...]:
    """Return the servers that are named, else those of the user's settings.

    Raises
    ------
    ArgumentError
        If one is no address of a resolver.
    """
    if not addresses:
        return defaults.resolvers()
    return tuple(Resolver(address) for address in addresses)


def trust_with(paths: Sequence[Path] | None, defaults: Configuration) -> Trust:
    """Return the user's trust, pinned signers and all, with the named anchors added."""
    return defaults.trust().with_lists(load_trust_list(path) for path in paths or ())
