"""A small run of every benchmark: about five minutes on two cores (``make bench-quick``)."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks._running import main
from benchmarks.false_positives.run import run as false_positives
from benchmarks.quality.run import run as quality
from benchmarks.robustness.run import run as robustness
from benchmarks.security.run import run as security
from benchmarks.speed.run import run as speed

__all__ = ["run"]

_PARTS = {
    "quality": (quality, "--limit 6 --strength balanced --groups photographs flat --no-lengths"),
    "robustness": (robustness, "--limit 3 --draws 6"),
    "speed": (speed, "--sizes 512 1024 --rounds 3"),
    "false_positives": (false_positives, "--count 100"),
    "security": (security, "--limit 3 --averages 100 --targets 6"),
}


def run(argv: Sequence[str] | None) -> None:
    """Run every benchmark on a small sample."""
    parser = ArgumentParser(prog="python -m benchmarks.quick", description=__doc__)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parent / "results" / "quick",
        help="folder for records, JSON and plots",
    )
    parser.add_argument("--images", type=Path, default=None, help="folder of pictures")
    given = parser.parse_args(argv)
    console = Console()
    for name, (part, line) in _PARTS.items():
        console.rule(name)
        arguments = [*line.split(), "--restart", "--out", str(given.out / name)]
        if given.images is not None and name != "speed":
            arguments += ["--images", str(given.images)]
        part(arguments)


if __name__ == "__main__":
    main(run)
