"""Other values of a constant: put into the right place, and really in force."""

from __future__ import annotations

import pytest

from benchmarks import constants
from benchmarks._running import SettingsError

SOURCE = "é = 1\nA = (  # why\n    1,\n    2,\n)  # é\nB = 3  # last\n"


def test_one_constant_changes() -> None:
    assert constants.changed(SOURCE, "B", "A[0] * 2") == SOURCE.replace("B = 3", "B = A[0] * 2")
    assert constants.changed(SOURCE, "A", "(4,)") == "é = 1\nA = (4,)  # é\nB = 3  # last\n"
    assert constants.changed(SOURCE, "é", "2").startswith("é = 2\n")


def test_an_annotated_constant_is_changed() -> None:
    assert constants.changed("A: Final[int] = 1\n", "A", "2") == "A: Final[int] = 2\n"


def test_what_is_no_constant() -> None:
    with pytest.raises(SettingsError, match="no constant C"):
        constants.changed(SOURCE, "C", "1")
    with pytest.raises(SettingsError, match="no constant LEAST_SCORE"):
        constants.run(["detection.LEAST_SCORE_", "1"])
    with pytest.raises(SettingsError, match="no module"):
        constants.run(["nowhere.A", "1"])


def test_values_are_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    """With a gate that nothing passes, nothing is found; with less to spend, less is seen."""
    constants.run(
        [
            "probability.LIMIT",
            "-1.0",
            "--limit",
            "1",
            "--draws",
            "1",
            "--side",
            "256",
            "--below",
            "301",
        ]
    )
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if " of " in line]
    assert len(rows) == 2
    assert "0 of" not in rows[0]
    assert "│ 0 of" in rows[1]
