"""Settings of this user, and the folders that everything of theirs lives in.

A setting comes from, in this order: the environment (``INDELIBLE_<SECTION>_<NAME>``, such as
``INDELIBLE_SIGNER_CERTIFICATE``), the configuration file, the default. The file is
``config.toml`` in the user's configuration folder, or the one that ``INDELIBLE_CONFIG`` names::

    [signer]
    certificate = "acme-chain.pem"        # leaf first; paths are relative to this file
    private_key = "acme-key.pem"          # or a token or key service: docs/certificates.md
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
    abuse_contact = "abuse@acme.example"  # signed into every manifest
    source_type = "generated"             # what pictures are, where the command line does not say

    [limits]
    max_pixels = 100_000_000

What is configured nowhere comes from the development identity: see `indelible.settings.defaults`.
"""

from __future__ import annotations

import dataclasses
import difflib
import errno
import os
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from indelible.credentials.manifests.request import is_contact
from indelible.credentials.source_types import SourceType
from indelible.errors import ConfigurationError
from indelible.files import read_file
from indelible.imaging import Limits
from indelible.settings.values import MEANINGS, KeyName, expected, from_text, from_toml

__all__ = [
    "OTHER_VARIABLES",
    "SECRET_VARIABLES",
    "Folders",
    "GeneratorSettings",
    "KeyName",
    "LimitSettings",
    "RegistrySettings",
    "Setting",
    "Settings",
    "SignerSettings",
    "TrustSettings",
    "WatermarkSettings",
    "load_settings",
    "load_with_origins",
    "schema",
    "settings_file",
    "user_folders",
]

Strength = Literal["standard", "high"]

_PREFIX: Final = "INDELIBLE_"
_MAX_DOTS: Final = 200
_MAX_FILE_BYTES: Final = 1 << 16  # reading TOML takes a time that grows faster than its size
SECRET_VARIABLES: Final = frozenset({"INDELIBLE_KEY_PASSPHRASE", "INDELIBLE_PKCS11_PIN"})

OTHER_VARIABLES: Final = {
    "INDELIBLE_CONFIG": "Configuration file to read instead of the user's.",
    "INDELIBLE_HOME": "One folder for everything: settings, keys, identity, registry.",
    "INDELIBLE_KEY_PASSPHRASE": "Passphrase of the private key (a secret).",
    "INDELIBLE_PKCS11_PIN": "PIN of the token that holds the private key (a secret).",
}
"""Variables that are no settings, and what each is for."""


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

    The key is a path, or the name of a token or key service (``docs/certificates.md``); the
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
    abuse_contact: str | None = None
    source_type: SourceType | None = None


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Sizes above which a picture is refused from its header; None keeps the default."""

    max_pixels: int | None = None
    max_bytes: int | None = None
    max_decoded_bytes: int | None = None


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
        for limit in dataclasses.fields(self.limits):
            value = getattr(self.limits, limit.name)
            if value is not None and value <= 0:
                raise ConfigurationError(f"limits.{limit.name} must be positive, not {value}.")
        contact = self.generator.abuse_contact
        if contact is not None and not is_contact(contact):
            raise ConfigurationError(
                f"generator.abuse_contact must be an e-mail address or an https URL, not "
                f"{contact!r}."
            )


def user_folders(environ: Mapping[str, str] | None = None) -> Folders:
    """Return the user's folders; ``INDELIBLE_HOME`` puts both below one folder.

    Raises
    ------
    ConfigurationError
        If the system does not tell where the user's home is.
    """
    home = _variables(environ).get(_PREFIX + "HOME")
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


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it is called, and what it is for.

    Attributes
    ----------
    section, name : str
        "signer", "certificate".
    kind : str
        What it must be ("a path").
    default : str
        What holds where it is not set; empty: see the meaning.
    meaning : str
        What it is for.
    """

    section: str
    name: str
    kind: str
    default: str
    meaning: str

    @property
    def key(self) -> str:
        """As files and messages call it ("signer.certificate")."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it ("INDELIBLE_SIGNER_CERTIFICATE")."""
        return f"{_PREFIX}{self.section}_{self.name}".upper()


def schema() -> Iterator[Setting]:
    """Yield every setting that there is."""
    for section, kind in _SECTIONS.items():
        hints = typing.get_type_hints(kind)
        for item in dataclasses.fields(kind):
            value = getattr(Limits(), item.name) if kind is LimitSettings else item.default
            default = "" if value in (None, ()) else str(value)
            default = default.lower() if isinstance(value, bool) else default
            meaning = MEANINGS.get(f"{section}.{item.name}", "")
            yield Setting(section, item.name, expected(hints[item.name]), default, meaning)


def settings_file(environ: Mapping[str, str] | None = None) -> tuple[Path, bool]:
    """Return the configuration file, and whether ``INDELIBLE_CONFIG`` names it."""
    named = _variables(environ).get(_PREFIX + "CONFIG")
    if named:
        return Path(named), True
    return user_folders(environ).settings_file, False


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
        If a file that was named is missing, or a setting, or a variable that begins with
        ``INDELIBLE_``, is unknown or of the wrong type. The message names it and where it comes
        from.
    """
    return load_with_origins(file, environ=environ)[0]


def load_with_origins(
    file: Path | None = None, *, environ: Mapping[str, str] | None = None
) -> tuple[Settings, dict[str, str]]:
    """Read the settings, and say of each that is set where it comes from: see `load_settings`."""
    variables = _variables(environ)
    _refuse_unknown_variables(variables)
    source, named = settings_file(environ) if file is None else (file, True)
    tables = _read_toml(source, must_exist=named)
    unknown = sorted(set(tables) - set(_SECTIONS))
    if unknown:
        raise ConfigurationError(
            f"{source}: unknown section [{unknown[0]}].",
            hint=_suggestion(unknown[0], _SECTIONS) or f"Sections are: {', '.join(_SECTIONS)}.",
        )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, kind in _SECTIONS.items():
        table = tables.get(name, {})
        if not isinstance(table, dict):
            raise ConfigurationError(f"{source}: [{name}] must be a table.")
        values[name] = _section(kind, name, table, source, variables, origins)
    return Settings(**values), origins


def _variables(environ: Mapping[str, str] | None) -> dict[str, str]:
    """Return the variables of this package that are set, without the secrets among them."""
    return {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if name.startswith(_PREFIX) and value and name not in SECRET_VARIABLES
    }


def _refuse_unknown_variables(variables: Iterable[str]) -> None:
    known = [*OTHER_VARIABLES, *(setting.variable for setting in schema())]
    for name in sorted(variables):
        if name not in known:
            raise ConfigurationError(
                f"The environment variable {name} is no setting of Indelible.",
                hint=_suggestion(name, known, _PREFIX)
                or "`indelible config show` lists all of them.",
            )


def _suggestion(name: str, known: Iterable[str], prefix: str = "") -> str | None:
    """Return what was likely meant; a prefix that all have in common says nothing."""
    rest = [item.removeprefix(prefix) for item in known]
    close = difflib.get_close_matches(name.removeprefix(prefix), rest, 1, 0.6)
    return f"Did you mean {prefix}{close[0]}?" if close else None


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
        content = read_file(file.expanduser(), _MAX_FILE_BYTES)
        # A key of many parts takes a time that grows with their square.
        if max(line.count(b".") for line in content.split(b"\n")) > _MAX_DOTS:
            raise ConfigurationError(f"{file}: a line has more than {_MAX_DOTS} dots.")
        return tomllib.loads(content.decode())
    except (FileNotFoundError, NotADirectoryError) as error:
        if not must_exist:
            return {}
        raise ConfigurationError(
            f"The configuration file {file} does not exist.",
            hint="It was named by --config, by INDELIBLE_CONFIG or by the caller.",
        ) from error
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise ConfigurationError(f"{file} is too large for a configuration file.") from error
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"Cannot read the configuration {file}: {reason}.",
            hint="Give every object in the call, or set INDELIBLE_HOME to a folder of your own.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error


def _section(
    kind: type[Any],
    name: str,
    table: Mapping[str, Any],
    source: Path,
    variables: Mapping[str, str],
    origins: dict[str, str],
) -> object:
    """Build one section, the environment before the file."""
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        raise ConfigurationError(
            f"{source}: unknown setting {name}.{unknown[0]}.",
            hint=_suggestion(unknown[0], hints) or f"Settings of [{name}] are: {', '.join(hints)}.",
        )
    values: dict[str, Any] = {}
    for setting, hint in hints.items():
        variable = f"{_PREFIX}{name}_{setting}".upper()
        if variable in variables:
            values[setting] = from_text(variables[variable], hint, variable)
            origins[f"{name}.{setting}"] = variable
        elif setting in table:
            where = f"{source}: {name}.{setting}"
            values[setting] = from_toml(table[setting], hint, where, source.parent)
            origins[f"{name}.{setting}"] = str(source)
    return kind(**values)
