"""The folders and the file that everything of one user lives in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from indelible.errors import ConfigurationError
from indelible.settings.environment import PREFIX, variables

__all__ = ["Folders", "settings_file", "user_folders"]


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
        """The SQLite file of the registry."""
        return self.data / "registry.sqlite3"


def user_folders(environ: Mapping[str, str] | None = None) -> Folders:
    """Return the user's folders; ``INDELIBLE_HOME`` puts both below one folder.

    Parameters
    ----------
    environ : mapping, optional
        Environment to read; by default the process's own.

    Raises
    ------
    ConfigurationError
        If the system does not say where the user's home is.
    """
    home = variables(environ).get(PREFIX + "HOME")
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


def settings_file(environ: Mapping[str, str] | None = None) -> tuple[Path, bool]:
    """Return the configuration file, and whether ``INDELIBLE_CONFIG`` names it."""
    named = variables(environ).get(PREFIX + "CONFIG")
    if named:
        return Path(named), True
    return user_folders(environ).settings_file, False
