"""docs/settings.md says of every setting what the code says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from indelible.settings import OTHER_VARIABLES, Settings, every_setting, load_settings
from tests.settings.files import write

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def documented(prefix: str) -> list[str]:
    return [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(prefix)]


def test_the_page_names_every_setting() -> None:
    """docs/settings.md is compared with what is read: no more, no less, in the same words."""
    rows = [
        f"| `{item.key}` | `{item.variable}` | {item.kind} | "
        f"{f'`{item.default}`' if item.default else ''} | {item.meaning} |"
        for item in every_setting()
    ]
    sections = tuple(f"| `{item.name}." for item in dataclasses.fields(Settings))
    assert [line for line in documented("| `") if line.startswith(sections)] == rows
    assert documented("| `INDELIBLE_") == [
        f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items()
    ]
    assert all(item.meaning and item.kind for item in every_setting())


def test_the_page_s_example_is_a_settings_file(tmp_path: Path) -> None:
    example = PAGE.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    settings = load_settings(write(tmp_path / "c.toml", example))
    assert settings.generator.name == "Acme Images"


def test_the_blocks_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out.startswith("Indelible ")
