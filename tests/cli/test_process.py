"""The command as a real process: pipes, signals, and bugs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import indelible
from tests.cli.conftest import ProcessAnswer, Run

Process = Callable[..., ProcessAnswer]

COMMANDS = ["protect", "verify", "sign", "inspect", "embed", "detect", "keys", "trust"]


def test_version(process: Process) -> None:
    answer = process("--version")
    assert answer.out.decode().strip() == f"indelible {indelible.__version__}"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_with_examples(run: Run, command: str) -> None:
    answer = run(command, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert f"indelible {command}" in answer.out


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    for arguments in ((), ("verify",), ("keys",)):
        answer = run(*arguments)
        assert "Usage" in answer.out + answer.err


def test_a_whole_pipeline(process: Process, plain: Path) -> None:
    protected = process("protect", "-", "-o", "-", "--format", "jpeg", stdin=plain.read_bytes())
    assert protected.code == 0
    assert protected.out.startswith(b"\xff\xd8\xff")
    assert protected.err.count("Created a development identity") == 1
    assert protected.err.count("Created a watermark key") == 1
    assert process("warm-up").code == 0  # else it may say that it compiles
    verified = process("verify", "-", "--json", stdin=protected.out)
    assert verified.code == 0
    assert json.loads(verified.out)["verdict"] == "authentic"
    assert verified.err == ""


def test_a_reader_that_leaves_early(plain: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        os.link(plain, folder / f"{number}.png")
    worker = subprocess.Popen(
        [sys.executable, "-m", "indelible.cli", "verify", "--json", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdout is not None
    assert worker.stderr is not None
    worker.stdout.readline()
    worker.stdout.close()
    said = worker.stderr.read().decode()
    worker.stderr.close()
    assert worker.wait(timeout=120) == 141
    assert said == ""


# A shell's background job ignores the signal, and its children inherit that.
HEARING = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "runpy.run_module('indelible.cli', run_name='__main__', alter_sys=True)"
)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interruption(plain: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        os.link(plain, folder / f"{number:03d}.png")
    worker = subprocess.Popen(
        [sys.executable, "-c", HEARING, "verify", "--json", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.send_signal(signal.SIGINT)
    _, said = worker.communicate(timeout=120)
    assert worker.returncode == 130, said.decode()
    assert "Traceback" not in said.decode()
    assert "Interrupted" in said.decode()


def test_a_bug_ends_in_a_message(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("indelible.verification.Verifier.verify", broken)
    answer = run("verify", plain)
    assert answer.code == 5
    assert "Internal error: RuntimeError: unforeseen" in answer.err
    assert "report it" in answer.err
    (kept,) = tmp_path.glob("indelible-error-*.txt")
    assert "unforeseen" in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600
    told = json.loads(run("verify", plain, "--json").out)
    assert told["error_type"] == "RuntimeError"


def test_a_home_that_cannot_be_written(process: Process, plain: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder", encoding="utf-8")
    env = {"INDELIBLE_HOME": str(blocked)}
    answer = process("protect", plain, env=env)
    assert answer.code == 5
    assert "cannot be written" in answer.err
    # Looking needs no home.
    assert process("verify", plain, env=env).code == 1


def test_a_terminal_of_few_letters(process: Process, protected: Path) -> None:
    answer = process("verify", protected, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert answer.code == 0
    assert b"authentic" in answer.out


def test_standard_input_has_a_name_in_errors(process: Process) -> None:
    answer = process("verify", "-", stdin=b"no picture")
    assert answer.code == 4
    assert "error: standard input: The file is not an image" in answer.err
