"""Settings of this user, and the folders that everything of theirs lives in.

A setting comes from, in this order: the environment (``INDELIBLE_<SECTION>_<NAME>``, such as
``INDELIBLE_SIGNER_CERTIFICATE``), the configuration file, the default. The file is
``config.toml`` in the user's configuration folder, or the one that ``INDELIBLE_CONFIG`` names::

    [signer]
    certificate = "acme-chain.pem"        # leaf first; paths are relative to this file
    private_key = "acme-key.pem"          # or a token or key service: indelible.private_keys
    timestamp_url = "http://tsa.example.com"

    [watermark]
    keys = "keys"                         # a key file, or a folder of them (a key ring)
    strength = "standard"                 # or "high": less visible, less robust

    [registry]
    path = "registry.sqlite3"

    [trust]
    anchors = ["partner-ca.pem"]          # besides the official C2PA trust list
    official = true

    [generator]
    name = "Acme Images"
    version = "2.1"
    source_type = "generated"             # what is claimed about pictures where no option says it

    [limits]
    max_pixels = 100_000_000

What is configured nowhere comes from the development identity: see `indelible.defaults`.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from indelible.errors import ConfigurationError

__all__ = [
    "Folders",
    "GeneratorSettings",
    "KeyName",
    "LimitSettings",
    "RegistrySettings",
    "Settings",
    "SignerSettings",
    "TrustSettings",
    "WatermarkSettings",
    "load_settings",
    "user_folders",
]

Strength = Literal["standard", "high"]
_KEY_SERVICE: Final = re.compile(r"[a-z][a-z0-9-]+:(?!\\)")


class KeyName(str):
    """Name of a private key: an absolute path, or ``scheme:name`` of a token or key service."""

    __slots__ = ()


_PREFIX: Final = "INDELIBLE_"
_MAX_FILE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Folders:
    """Where this user's configuration (identity, keys) and data (registry) live."""

    config: Path
    data: Path

    @property
    def settings_file(self) -> Path:
        """The configuration file that is read unless another is named."""
        return self.config / "config.toml"

    @property
    def identity(self) -> Path:
        """The development certificate authority and signing certificate."""
        return self.config / "development"

    @property
    def keys(self) -> Path:
        """The watermark key ring."""
        return self.config / "keys"

    @property
    def trust(self) -> Path:
        """Trust lists and anchors that this user added."""
        return self.config / "trust"

    @property
    def registry(self) -> Path:
        """The SQLite registry."""
        return self.data / "registry.sqlite3"


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """The signing certificate and its key: both, or neither for the development identity.

    The key is a path, or the name of a token or key service (`indelible.private_keys`); the
    passphrase of an encrypted file comes from ``INDELIBLE_KEY_PASSPHRASE``.
    """

    certificate: Path | None = None
    private_key: KeyName | None = None
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class WatermarkSettings:
    """The watermark keys, and how strongly new marks are embedded."""

    keys: Path | None = None
    strength: Strength = "standard"


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The registry's database file."""

    path: Path | None = None


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """Trust anchors (PEM files) and whether the official C2PA trust list counts."""

    anchors: tuple[Path, ...] = ()
    official: bool = True


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """Who makes the claims in new manifests; see `indelible.credentials.Generator`.

    The source type is what the command line claims about a picture where no option says it:
    "generated", "captured", ... (`indelible protect --help` lists them).
    """

    name: str | None = None
    version: str | None = None
    provider: str | None = None
    model: str | None = None
    model_version: str | None = None
    model_identifier: str | None = None
    source_type: str | None = None


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Sizes above which a picture is refused from its header; None keeps the default."""

    max_pixels: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured, checked and with absolute paths."""

    signer: SignerSettings = field(default_factory=SignerSettings)
    watermark: WatermarkSettings = field(default_factory=WatermarkSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    generator: GeneratorSettings = field(default_factory=GeneratorSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)

    def __post_init__(self) -> None:
        signer = self.signer
        if (signer.certificate is None) != (signer.private_key is None):
            given, missing = (
                ("certificate", "private_key")
                if signer.private_key is None
                else ("private_key", "certificate")
            )
            raise ConfigurationError(
                f"signer.{given} is set, but signer.{missing} is not.",
                hint="A signer needs both; set neither to use the development identity.",
            )
        for name in ("max_pixels", "max_bytes"):
            value = getattr(self.limits, name)
            if value is not None and value <= 0:
                raise ConfigurationError(f"limits.{name} must be positive, not {value}.")


def user_folders(environ: Mapping[str, str] | None = None) -> Folders:
    """Return the user's folders; ``INDELIBLE_HOME`` puts both below one folder.

    Raises
    ------
    ConfigurationError
        If the system does not tell where the user's home is.
    """
    environ = os.environ if environ is None else environ
    home = environ.get(_PREFIX + "HOME")
    try:
        if home:
            base = Path(home).expanduser().absolute()
            return Folders(base / "config", base / "data")
        return Folders(
            platformdirs.user_config_path("indelible", appauthor=False).absolute(),
            platformdirs.user_data_path("indelible", appauthor=False).absolute(),
        )
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"Cannot find the user's folders: {error}.",
            hint="Set INDELIBLE_HOME to a folder of your own.",
        ) from error


def load_settings(
    file: Path | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings of this user.

    Parameters
    ----------
    file : Path, optional
        Configuration file. By default ``INDELIBLE_CONFIG``, else the user's, if it exists.
    environ : mapping, optional
        Environment to read; by default the process's own.

    Raises
    ------
    ConfigurationError
        If a file that was named is missing, or a setting is unknown or of the wrong type. The
        message names the setting and where it comes from.
    """
    environ = os.environ if environ is None else environ
    named = file
    if named is None and environ.get(_PREFIX + "CONFIG"):
        named = Path(environ[_PREFIX + "CONFIG"])
    source = named if named is not None else user_folders(environ).settings_file
    tables = _read_toml(source, must_exist=named is not None)
    values: dict[str, Any] = {}
    for section in dataclasses.fields(Settings):
        table = tables.pop(section.name, {})
        kind = _SECTIONS[section.name]
        if not isinstance(table, dict):
            raise ConfigurationError(f"{source}: [{section.name}] must be a table.")
        values[section.name] = _section(kind, section.name, table, source, environ)
    if tables:
        raise ConfigurationError(
            f"{source}: unknown section [{next(iter(tables))}].",
            hint=f"Sections are: {', '.join(_SECTIONS)}.",
        )
    return Settings(**values)


_SECTIONS: Final[dict[str, type[Any]]] = {
    "signer": SignerSettings,
    "watermark": WatermarkSettings,
    "registry": RegistrySettings,
    "trust": TrustSettings,
    "generator": GeneratorSettings,
    "limits": LimitSettings,
}


def _read_toml(file: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        with file.expanduser().open("rb") as stream:
            content = stream.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            raise ConfigurationError(f"{file} is too large for a configuration file.")
        return tomllib.loads(content.decode())
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise ConfigurationError(
            f"The configuration file {file} does not exist.",
            hint="It was named by INDELIBLE_CONFIG or by the caller.",
        ) from error
    except (OSError, RuntimeError) as error:
        if not must_exist and isinstance(error, NotADirectoryError):
            return {}
        raise ConfigurationError(f"Cannot read the configuration {file}: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error


def _section(
    kind: type[Any],
    name: str,
    table: Mapping[str, Any],
    source: Path,
    environ: Mapping[str, str],
) -> object:
    """Build one section, the environment before the file."""
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        raise ConfigurationError(
            f"{source}: unknown setting {name}.{unknown[0]}.",
            hint=f"Settings of [{name}] are: {', '.join(hints)}.",
        )
    values: dict[str, Any] = {}
    for setting, hint in hints.items():
        variable = f"{_PREFIX}{name}_{setting}".upper()
        if environ.get(variable):
            values[setting] = _from_text(environ[variable], hint, variable)
        elif setting in table:
            where = f"{source}: {name}.{setting}"
            values[setting] = _from_toml(table[setting], hint, where, source.parent)
    return kind(**values)


def _from_toml(value: object, hint: object, where: str, folder: Path) -> object:
    """Check a value of a file; no conversion is guessed, but texts become paths."""
    kind = _plain(hint)
    if kind is Path and isinstance(value, str):
        return _absolute(value, folder)
    if kind is KeyName and isinstance(value, str):
        return _key_name(value, folder)
    if kind is tuple and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return tuple(_absolute(item, folder) for item in value)
    elif isinstance(kind, tuple):
        if value in kind:
            return value
    elif isinstance(kind, type) and type(value) is kind:
        return value
    raise ConfigurationError(f"{where} must be {_expected(kind)}.")


def _from_text(text: str, hint: object, variable: str) -> object:
    """Convert an environment variable to the setting's type."""
    kind, folder = _plain(hint), Path.cwd()
    if isinstance(kind, tuple):
        if text in kind:
            return text
    else:
        parse = _PARSERS.get(kind)
        value = None if parse is None else parse(text, folder)
        if value is not None:
            return value
    raise ConfigurationError(f"{variable} must be {_expected(kind)}.")


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
        str: "a text",
        Path: "a path",
        KeyName: "a path or a key's name",
        int: "a whole number",
        bool: "true or false",
    }
    return names.get(kind, "a list of paths") if isinstance(kind, type) else "another value"


def _key_name(text: str, folder: Path) -> KeyName:
    # A drive letter is no scheme: those have two letters at least.
    return KeyName(text if _KEY_SERVICE.match(text) else str(_absolute(text, folder)))


def _absolute(text: str, folder: Path) -> Path:
    try:
        return (folder / Path(text).expanduser()).absolute()
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"{text!r} is not a usable path: {error}.") from error


_PARSERS: Final[dict[object, Callable[[str, Path], object]]] = {
    str: lambda text, _: text,
    Path: _absolute,
    KeyName: _key_name,
    tuple: _paths,
    bool: _flag,
    int: _number,
}
