"""Reading the settings: the environment before the file, the file before the default."""

from __future__ import annotations

import difflib
import errno
import tomllib
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from indelible.errors import ConfigurationError
from indelible.files import read_file
from indelible.settings.environment import OTHER_VARIABLES, PREFIX, variables
from indelible.settings.folders import settings_file
from indelible.settings.schema import SECTIONS, Settings, every_setting
from indelible.settings.values import from_text, from_toml

__all__ = ["load_settings", "load_with_origins"]

_MAX_DOTS: Final = 200
_MAX_FILE_BYTES: Final = 1 << 16  # reading TOML takes a time that grows faster than its size


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
    found = variables(environ)
    _refuse_unknown_variables(found)
    source, named = settings_file(environ) if file is None else (file, True)
    tables = _read_toml(source, must_exist=named)
    unknown = sorted(set(tables) - set(SECTIONS))
    if unknown:
        raise ConfigurationError(
            f"{source}: unknown section [{unknown[0]}].",
            hint=_suggestion(unknown[0], SECTIONS) or f"Sections are: {', '.join(SECTIONS)}.",
        )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, kind in SECTIONS.items():
        table = tables.get(name, {})
        if not isinstance(table, dict):
            raise ConfigurationError(f"{source}: [{name}] must be a table.")
        values[name] = _section(kind, name, table, source, found, origins)
    return Settings(**values), origins


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    known = [*OTHER_VARIABLES, *(setting.variable for setting in every_setting())]
    for name in sorted(names):
        if name not in known:
            raise ConfigurationError(
                f"The environment variable {name} is not a setting of Indelible.",
                hint=_suggestion(name, known, PREFIX)
                or "`indelible config show` lists all of them.",
            )


def _suggestion(name: str, known: Iterable[str], prefix: str = "") -> str | None:
    """Return what was likely meant; a prefix that all have in common says nothing."""
    rest = [item.removeprefix(prefix) for item in known]
    close = difflib.get_close_matches(name.removeprefix(prefix), rest, 1, 0.6)
    return f"Did you mean {prefix}{close[0]}?" if close else None


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
    found: Mapping[str, str],
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
        variable = f"{PREFIX}{name}_{setting}".upper()
        if variable in found:
            values[setting] = from_text(found[variable], hint, variable)
            origins[f"{name}.{setting}"] = variable
        elif setting in table:
            where = f"{source}: {name}.{setting}"
            values[setting] = from_toml(table[setting], hint, where, source.parent)
            origins[f"{name}.{setting}"] = str(source)
    return kind(**values)
