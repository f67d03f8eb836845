"""A scan that is killed at any moment goes on where it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scan.killing import kill_and_compare

TIMES = 3  # make kill-scans does fifty: each takes two starts of the engine


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    assert kill_and_compare(tmp_path, TIMES, count=30 * TIMES) >= 1
