"""Where everything of one user lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.errors import ConfigurationError
from indelible.settings import settings_file, user_folders


def test_one_folder_for_everything(tmp_path: Path) -> None:
    folders = user_folders({"INDELIBLE_HOME": str(tmp_path)})
    assert folders.identity.is_relative_to(tmp_path)
    assert folders.keys.is_relative_to(tmp_path)
    assert folders.registry.is_relative_to(tmp_path)


def test_a_home_that_the_system_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="Cannot find the user's folders") as caught:
        user_folders({"INDELIBLE_HOME": "~nobody-of-this-name/x"})
    assert "INDELIBLE_HOME" in (caught.value.hint or "")


def test_which_settings_file(tmp_path: Path) -> None:
    home = {"INDELIBLE_HOME": str(tmp_path)}
    assert settings_file(home) == (user_folders(home).settings_file, False)
    named = home | {"INDELIBLE_CONFIG": "mine.toml"}
    assert settings_file(named) == (Path("mine.toml"), True)
