"""The README does what it says: every block runs, and every output shown is the real one.

``python`` blocks share one namespace, ``console`` blocks show commands after ``$`` and what they
print, ``sh`` blocks name make targets, and a ``text`` block after a ``python`` block is what that
block prints. Ids, times and probabilities differ from run to run and are compared by their form.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

# What differs from run to run, and what stands for it in a comparison.
VARIABLE = {
    r"urn:c2pa:[0-9a-f-]{36}": "<manifest>",
    r"\b[0-9a-f]{16}\b|\b[0-9a-f]{8}\b": "<id>",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z|[+-]\d\d:\d\d)?": "<time>",
    r"\b\d(\.\d+)?e-\d+\b": "<probability>",
    r"\b\d+(\.\d+)? (ms|s)\b": "<duration>",
    r"\s+": " ",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a Markdown file."""

    line: int
    language: str
    text: str


def blocks_of(path: Path) -> Iterator[Block]:
    """Read the fenced blocks of a Markdown file, in order."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(text[: match.start()].count("\n") + 1, match[1], match[2])


def normalised(text: str) -> str:
    """Replace what differs from run to run."""
    for pattern, replacement in VARIABLE.items():
        text = re.sub(pattern, replacement, text)
    return text.strip()


def make_targets() -> set[str]:
    """Name the targets that `make help` lists."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))


def run_command(line: str, folder: Path) -> tuple[str, int]:
    """Run one `indelible` command as a shell user would; return what a terminal shows."""
    words = shlex.split(line, comments=True)
    assert words[0] == "indelible", f"the README shows a command that no test can run: {line}"
    program = "import sys; sys.argv[0] = 'indelible'; from indelible.cli import main; main()"
    answer = subprocess.run(
        [sys.executable, "-c", program, *words[1:]],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return answer.stdout, answer.returncode


def check_console(block: Block, folder: Path) -> None:
    """Run the commands of a `console` block and compare what they print; `echo $?` is known."""
    status = 0
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if command == "echo $?":
            output = str(status)
        else:
            output, status = run_command(command, folder)
        assert normalised(output) == normalised(expected), f"$ {command}\n{output}"


@pytest.fixture
def workplace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photograph_path: dict[str, Path]
) -> Path:
    """Give the README a folder with what it takes for granted: a photograph."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    shutil.copy(photograph_path["coffee"], tmp_path / "photo.png")
    shutil.copy(photograph_path["motorcycle"], tmp_path / "holiday.png")
    return tmp_path


def test_every_block_runs(workplace: Path) -> None:
    namespace: dict[str, object] = {"__name__": "readme"}
    printed = ""
    for block in blocks_of(README):
        where = f"{README.name}:{block.line}"
        if block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile("\n" * block.line + block.text, str(README), "exec"), namespace)
            printed = stream.getvalue()
        elif block.language == "text":
            assert normalised(printed) == normalised(block.text), f"{where} shows:\n{printed}"
        elif block.language == "console":
            check_console(block, workplace)
        elif block.language == "sh":
            for line in block.text.splitlines():
                words = shlex.split(line, comments=True)
                assert words[0] == "make", f"{where}: {line}"
                assert words[1] in make_targets(), f"{where}: {line}"
        else:
            pytest.fail(f"{where} is of a kind that no test runs: {block.language!r}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_hold(path: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    relative = [t.partition("#")[0] for t in targets if not re.match(r"[a-z]+:|#", t)]
    assert [t for t in relative if not (path.parent / t).exists()] == []


def test_every_page_is_listed() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = sorted((ROOT / "docs").glob("*.md"))
    assert [p.name for p in pages if p.name != "README.md" and f"]({p.name})" not in listed] == []
