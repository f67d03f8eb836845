"""No small file costs much, whatever is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_costly_files_are_read_or_refused_quickly() -> None:
    """In a process of its own, since memory is measured at its peak."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.credentials.costly"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
