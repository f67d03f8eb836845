"""A sandbox: made of nothing that is worth anything, and never of a registry that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.errors import ConfigurationError
from indelible.registry import sqlite_url
from indelible.service import running
from indelible.service.sandbox import sandbox_parts
from indelible.settings import ServiceSettings
from tests.registry.records import make_record, open_at
from tests.service.asking import service_at


def test_it_leaves_nothing_behind() -> None:
    with sandbox_parts(ServiceSettings()) as (parts, secret):
        assert parts.store is not None
        assert parts.tokens is not None
        assert parts.tokens.find(secret.reveal().decode()) is not None
        parts.store.put(make_record())
        folder = Path(parts.store.database.name).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_it_refuses_a_registry_that_holds_something(tmp_path: Path) -> None:
    open_at(tmp_path / "registry.sqlite3").put(make_record())
    with pytest.raises(ConfigurationError, match="sandbox"):
        service_at(tmp_path, sandbox=True)


def test_it_refuses_to_be_opened_beside_a_registry_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDELIBLE_REGISTRY_URL", sqlite_url(tmp_path / "r.sqlite3"))
    with pytest.raises(ConfigurationError, match="sandbox"):
        running.run(sandbox=True)
    assert not (tmp_path / "r.sqlite3").exists()
