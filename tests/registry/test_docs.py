"""The blocks of docs/registry.md run as they are printed, in order, in a folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indelible import errors
from indelible.errors import RegistryError

PAGE = Path(__file__).parents[2] / "docs" / "registry.md"
TEXT = PAGE.read_text("utf-8")


def test_the_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 5
    names: dict[str, object] = {"__name__": "docs"}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    assert (tmp_path / "registry.sqlite3").exists()


def test_the_page_names_every_error() -> None:
    named = set(re.findall(r"^\| `(\w+Error)`", TEXT, re.MULTILINE))
    kinds = {name for name in errors.__all__ if issubclass(getattr(errors, name), RegistryError)}
    assert named == kinds - {"RegistryError"}
