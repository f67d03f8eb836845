"""Where the registries of these tests lie."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def registry_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "registry.sqlite"
