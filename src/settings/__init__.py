"""The user's configuration: settings, folders, watermark keys, and what they lead to.

Only this package reads the user's configuration, environment and home folder; `current` returns
what holds now. Importing it loads nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from indelible.settings.configuration import (
        Configuration,
        current,
        load_trust_list,
        with_timestamp,
    )
    from indelible.settings.environment import (
        OTHER_VARIABLES,
        SECRET_VARIABLES,
        secrets_set,
        variables,
    )
    from indelible.settings.folders import Folders, settings_file, user_folders
    from indelible.settings.key_ring import KeyFile, KeyRing
    from indelible.settings.loading import load_settings, load_with_origins
    from indelible.settings.schema import ServiceSettings, Setting, Settings, every_setting

__all__ = [
    "OTHER_VARIABLES",
    "SECRET_VARIABLES",
    "Configuration",
    "Folders",
    "KeyFile",
    "KeyRing",
    "ServiceSettings",
    "Setting",
    "Settings",
    "current",
    "every_setting",
    "load_settings",
    "load_trust_list",
    "load_with_origins",
    "secrets_set",
    "settings_file",
    "user_folders",
    "variables",
    "with_timestamp",
]

_MODULES: Final = {
    "configuration": ("Configuration", "current", "load_trust_list", "with_timestamp"),
    "environment": ("OTHER_VARIABLES", "SECRET_VARIABLES", "secrets_set", "variables"),
    "folders": ("Folders", "settings_file", "user_folders"),
    "key_ring": ("KeyFile", "KeyRing"),
    "loading": ("load_settings", "load_with_origins"),
    "schema": ("ServiceSettings", "Setting", "Settings", "every_setting"),
}
_HOMES: Final = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take any name for an existing one

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
