"""From a text or a TOML value to a setting: nothing is guessed, texts become paths."""

from __future__ import annotations

import os
import re
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from indelible.credentials import SourceType
from indelible.errors import ArgumentError, ConfigurationError
from indelible.registry import registry_url
from indelible.resolution import check_address

__all__ = [
    "Addresses",
    "HostNames",
    "KeyName",
    "RegistryUrls",
    "expected",
    "from_text",
    "from_toml",
]

_KEY_SERVICE: Final = re.compile(r"[a-z][a-z0-9-]+:(?!\\)")


class KeyName(str):
    """Name of a private key: an absolute path, or ``scheme:name`` of a token or key service."""

    __slots__ = ()


class RegistryUrls(tuple[str, ...]):
    """URLs of registries, as `indelible.registry.open_registry` takes them; paths are absolute."""

    __slots__ = ()


class HostNames(tuple[str, ...]):
    """Names of hosts, as `indelible.network.Fetcher` takes them."""

    __slots__ = ()


class Addresses(tuple[str, ...]):
    """Addresses of resolvers, as `indelible.resolution.Resolver` takes them."""

    __slots__ = ()


def from_toml(value: object, hint: object, where: str, folder: Path) -> object:
    """Check a value of a file; no conversion is guessed, but texts become paths."""
    kind = _plain(hint)
    if kind is RegistryUrls and isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            parsed = (_parsed(item, kind, where, folder) for item in value)
            return RegistryUrls(
                url for urls in parsed if isinstance(urls, RegistryUrls) for url in urls
            )
    elif kind in (HostNames, Addresses) and isinstance(value, list):
        if all(isinstance(item, str) and item for item in value):
            between = "," if kind is HostNames else " "
            return _parsed(between.join(value), kind, where, folder) if value else ()
    elif kind in (str, Path, KeyName, RegistryUrls, SourceType):
        if isinstance(value, str):
            return _parsed(value, kind, where, folder)
    elif kind is tuple and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return tuple(_parsed(item, Path, where, folder) for item in value)
    elif isinstance(kind, tuple):
        if value in kind:
            return value
    elif isinstance(kind, type) and type(value) is kind:
        return value
    raise ConfigurationError(f"{where} must be {_expected(kind)}.")


def from_text(text: str, hint: object, variable: str) -> object:
    """Convert an environment variable to the setting's type."""
    kind = _plain(hint)
    if isinstance(kind, tuple):
        if text in kind:
            return text
        raise ConfigurationError(f"{variable} must be {_expected(kind)}.")
    return _parsed(text, kind, variable, Path())


def _parsed(text: str, kind: object, where: str, folder: Path) -> object:
    try:
        value = _PARSERS[kind](text, folder) if text.strip() else None
    except ArgumentError as error:
        raise ConfigurationError(f"{where}: {error.message}", hint=error.hint) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigurationError(f"{where} is not a usable path: {error}.") from error
    if value is None:
        raise ConfigurationError(f"{where} must be {_expected(kind)}.")
    return value


def expected(hint: object) -> str:
    """Say what a setting of this type must be."""
    return _expected(_plain(hint))


def _flag(text: str, _: Path) -> bool | None:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
        text.lower()
    )


def _number(text: str, _: Path) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text, re.ASCII) else None


def _paths(text: str, folder: Path) -> tuple[Path, ...]:
    return tuple(_absolute(item, folder) for item in text.split(os.pathsep) if item)


def _plain(hint: object) -> object:
    """Reduce a type hint to str, Path, int, bool, tuple, or the values of a Literal."""
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    origin = typing.get_origin(hint)
    if origin is Literal:
        return typing.get_args(hint)
    return tuple if origin is tuple else hint


def _expected(kind: object) -> str:
    if isinstance(kind, tuple):
        return "one of: " + ", ".join(map(str, kind))
    names = {
        str: "text",
        Path: "a path",
        KeyName: "a path or a key's name",
        RegistryUrls: "a path or a URL, or a list of them",
        HostNames: "a list of hosts",
        Addresses: "a list of https addresses",
        int: "a whole number",
        bool: "true or false",
        SourceType: "one of: " + ", ".join(kind.short_name for kind in SourceType),
    }
    return names.get(kind, "a list of paths") if isinstance(kind, type) else "another value"


def _key_name(text: str, folder: Path) -> KeyName:
    # A drive letter is no scheme: those have two letters at least.
    return KeyName(text if _KEY_SERVICE.match(text) else str(_absolute(text, folder)))


def _registry_url(text: str, folder: Path) -> RegistryUrls:
    place = text if "://" in text else _absolute(text, folder)
    return RegistryUrls((registry_url(place, folder=folder),))


def _hosts(text: str, _: Path) -> HostNames:
    return HostNames(name.strip() for name in text.split(",") if name.strip())


def _addresses(text: str, _: Path) -> Addresses:
    return Addresses(check_address(one) for one in text.split())


def _absolute(text: str, folder: Path) -> Path:
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    return (folder / Path(text).expanduser()).absolute()


_PARSERS: Final[dict[object, Callable[[str, Path], object]]] = {
    str: lambda text, _: text,
    Path: _absolute,
    KeyName: _key_name,
    RegistryUrls: _registry_url,
    HostNames: _hosts,
    Addresses: _addresses,
    tuple: _paths,
    bool: _flag,
    int: _number,
    SourceType: lambda text, _: SourceType.named(text),
}
