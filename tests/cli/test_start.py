"""What a command imports before it does anything, and how its process ends."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from indelible.cli._app import app
from indelible.cli._commands import SUMMARIES

HEAVY = {
    "numpy", "numba", "llvmlite", "scipy", "cv2", "PIL", "c2pa", "cryptography", "sqlalchemy",
    "pydantic",
}  # fmt: skip
PROGRAM = """
import sys
from indelible.cli import main
try:
    main()
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""


def modules_of(*arguments: object) -> set[str]:
    """Run a command in a process of its own, and name what it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_version_draws_nothing_and_computes_nothing() -> None:
    loaded = modules_of("--version")
    assert loaded & (HEAVY | {"rich", "importlib.metadata"}) == set()
    assert {name for name in loaded if name.startswith("indelible.")} == {
        "indelible.cli",
        "indelible.cli._app",
        "indelible.cli._commands",
        "indelible.cli._console",
        "indelible.cli._errors",
        "indelible.errors",
    }


def test_the_help_imports_no_command() -> None:
    loaded = modules_of("--help")
    assert loaded & HEAVY == set()
    assert not any(f"indelible.cli.{name.replace('-', '_')}" in loaded for name in SUMMARIES)


def test_looking_imports_neither_protection_nor_other_commands(plain: Path) -> None:
    loaded = modules_of("verify", plain)
    assert "indelible.verification" in loaded
    unwanted = {"rich.progress", "indelible.protection", "cv2", "sqlalchemy", "matplotlib"}
    assert loaded & unwanted == set()
    others = {f"indelible.cli.{name}" for name in SUMMARIES if name != "verify"}
    assert loaded & others == set()


def test_a_database_is_loaded_only_where_there_is_one_to_ask(
    plain: Path, request: pytest.FixtureRequest
) -> None:
    assert "sqlalchemy" not in modules_of("verify", plain)
    request.getfixturevalue("protected")  # which makes one
    assert "sqlalchemy" in modules_of("verify", plain)


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_what_the_command_says_of_itself(name: str) -> None:
    module = importlib.import_module(f"indelible.cli.{name.replace('-', '_')}")
    text = module.app.info.help if hasattr(module, "app") else module.command.__doc__
    assert text.split("\n\n")[0] == SUMMARIES[name]


def test_every_command_has_a_summary() -> None:
    folder = Path(importlib.import_module("indelible.cli._app").__file__ or "").parent
    commands = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    assert set(SUMMARIES) == commands - {"certificates"}  # of which `keys` is made


def test_completion_knows_commands_and_their_options() -> None:
    group = get_group(app)
    context = group.make_context("indelible", [], resilient_parsing=True)
    assert [item.value for item in group.shell_complete(context, "det")] == ["detect"]
    name, command, rest = group.resolve_command(context, ["detect", "--js"])
    assert (name, rest) == ("detect", ["--js"])
    assert command is not None
    options = command.shell_complete(command.make_context(name, [], resilient_parsing=True), "--js")
    assert [item.value for item in options] == ["--json"]
    assert group.list_commands(context) == list(SUMMARIES)


ENDING = """
import atexit, sys, threading, time
from indelible.cli import script
def late():
    time.sleep(0.3)
    print("thread")
import indelible.cli
def main():
    threading.Thread(target=late).start()
    atexit.register(print, "registered")
    sys.stdout.write("written ")
    raise SystemExit({code})
indelible.cli.main = main
class Freed:
    def __del__(self):
        sys.__stderr__.write("freed one by one")
kept = Freed()
script()
"""


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_ends_with_everything_done_but_the_freeing(code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(code=code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code
    assert done.stdout == "written thread\nregistered\n"
    assert done.stderr == ""


def test_a_code_that_has_to_be_said_is_left_to_python() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(code="'words'")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "words" in done.stderr
