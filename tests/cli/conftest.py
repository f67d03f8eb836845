"""Running the command line: in this process, or as a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from indelible import imaging
from indelible.cli._app import app


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture(autouse=True)
def what_is_claimed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say once what `protect` claims; tests about saying it take this back."""
    monkeypatch.setenv("INDELIBLE_GENERATOR_SOURCE_TYPE", "generated")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process: ``run("verify", path)``."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: object, stdin: bytes | None = None) -> Answer:
        result = CliRunner().invoke(app, [str(item) for item in arguments], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        answer = Answer(result.exit_code, result.stdout, result.stderr)
        assert "Traceback" not in answer.out + answer.err
        return answer

    return call


@dataclass(frozen=True)
class ProcessAnswer:
    """How a process ended."""

    code: int
    out: bytes
    err: str


@pytest.fixture
def process() -> Callable[..., ProcessAnswer]:
    """Run a command as a process of its own."""

    def call(
        *arguments: object, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> ProcessAnswer:
        result = subprocess.run(
            [sys.executable, "-m", "indelible.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=300,
            env={**os.environ, **(env or {})},
        )
        err = result.stderr.decode()
        assert "Traceback" not in err
        return ProcessAnswer(result.returncode, result.stdout, err)

    return call


@pytest.fixture
def plain(tmp_path: Path, photograph: NDArray[np.uint8]) -> Path:
    """A photograph that nobody marked."""
    path = tmp_path / "plain.png"
    path.write_bytes(imaging.encode(photograph, "png"))
    return path


@pytest.fixture
def protected(run: Run, photographs: dict[str, NDArray[np.uint8]], tmp_path: Path) -> Path:
    """Another photograph, protected."""
    path, original = tmp_path / "protected.jpg", tmp_path / "original.png"
    original.write_bytes(imaging.encode(photographs["coffee"], "png"))
    answer = run("protect", original, "-o", path)
    assert answer.code == 0, answer.err
    return path


@pytest.fixture
def reposted(protected: Path, tmp_path: Path) -> Path:
    """The protected photograph after a social network."""
    pixels = imaging.decode(protected.read_bytes()).pixels[30:470, 20:480]
    path = tmp_path / "reposted.jpg"
    path.write_bytes(imaging.encode(np.ascontiguousarray(pixels), "jpeg", quality=75))
    return path
