"""Whole processes of the command line: what a small command costs from its start to its end."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import cv2

from benchmarks._running import SettingsError
from benchmarks.speed.timings import JPEG_Q90, picture

__all__ = ["COMMANDS", "process_ratios"]

_PROGRAM: Final = "import sys; from indelible.cli import script; script()"
_TRIO: Final = ("-c", "import numpy, numba, scipy.fft")
COMMANDS: Final = {
    "--version": ("--version",),
    "--help": ("--help",),
    "verify, unmarked": ("verify", "plain.jpg"),
    "verify, protected": ("verify", "protected.jpg"),
    "protect": ("protect", "plain.jpg", "-o", "again.jpg", "--force"),
}
"""The measured commands, on JPEGs of 1024 x 1024 px, by name."""


def process_ratios(rounds: int, seed: int) -> dict[str, dict[str, float]]:
    """Return each command's processor time as multiples of two small processes' of Python.

    Returns
    -------
    dict
        By command: ``per_imports`` (to a process that imports numpy, numba and scipy.fft) and
        ``per_python`` (to one that does nothing): ratios of the least of `rounds` rounds in turns.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        cv2.imwrite(str(place / "plain.jpg"), picture("1024", seed)[..., ::-1], JPEG_Q90)
        programs = {"imports": _TRIO, "python": ("-c", "pass")} | {
            name: ("-c", _PROGRAM, *arguments) for name, arguments in COMMANDS.items()
        }
        _seconds(("-c", _PROGRAM, "protect", "plain.jpg", "-o", "protected.jpg"), place)
        for program in programs.values():  # warm: the disk's cache and the compiled kernels
            _seconds(program, place)
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                times[name].append(_seconds(program, place))
    least = {name: min(values) for name, values in times.items()}
    return {
        name: {
            "per_imports": least[name] / least["imports"],
            "per_python": least[name] / least["python"],
        }
        for name in COMMANDS
    }


def _seconds(program: tuple[str, ...], folder: Path) -> float:
    """Run a process to its end, and return its processor time, that of the system included."""
    surroundings = os.environ | {
        "INDELIBLE_HOME": str(folder / "home"),
        "INDELIBLE_GENERATOR_SOURCE_TYPE": "generated",
    }
    # An installed package is compiled to bytecode; without this, sources would be, every time.
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603
        [sys.executable, *program], cwd=folder, env=surroundings, capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:  # 1: nothing was found
        raise SettingsError(f"{program} failed:\n{done.stderr.decode()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
