"""The Python blocks of docs/watermark.md run, each by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "watermark.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def _parameter(number: int) -> object:
    """A block that searches pictures takes minutes where nothing is compiled."""
    searches = "detect(" in BLOCKS[number]
    return pytest.param(number, marks=[pytest.mark.compiled] if searches else [])


@pytest.mark.parametrize("number", [_parameter(number) for number in range(len(BLOCKS))])
def test_a_block_runs(number: int) -> None:
    exec(compile(BLOCKS[number], f"{PAGE.name}, block {number}", "exec"), {"__name__": "docs"})
