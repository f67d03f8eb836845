"""Many files: what a folder stands for, where results go, and what a run says at its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible.cli
from indelible import imaging
from indelible.watermark import Key
from tests.cli.conftest import Run
from tests.cli.test_process import HEARING


@pytest.fixture
def jpeg(photograph: NDArray[np.uint8]) -> bytes:
    return imaging.encode(np.ascontiguousarray(photograph[:256, :256]), "jpeg")


@pytest.fixture
def tree(tmp_path: Path, jpeg: bytes) -> Path:
    """A folder with pictures of all kinds of names, and what is none."""
    folder = tmp_path / "tree"
    for name in ("a.jpg", "noname", "b.jpg_large", "below/c.pjpeg", "below/deeper/d.mpo"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "e.jpg").write_bytes(jpeg)
    (folder / ".f.jpg").write_bytes(jpeg)
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    (folder / "below" / "empty").write_bytes(b"")
    (folder / "g.jxl").write_bytes(b"\xff\x0a" + bytes(20))
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
    return folder


NAMES = ["a.jpg", "b.jpg", "below/c.jpg", "below/deeper/d.jpg", "noname.jpg"]


def names_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_becomes_a_folder_without_a_slash(run: Run, tmp_path: Path, jpeg: bytes) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.jpg").write_bytes(jpeg)
    output = tmp_path / "signed"
    answer = run("sign", tmp_path / "one", "-o", output, "--source-type", "captured")
    assert answer.code == 0, answer.err
    assert names_below(output) == ["a.jpg"]


def test_a_folder_does_not_become_a_picture(run: Run, tree: Path) -> None:
    answer = run("sign", tree, "-o", tree.with_name("a.jpg"), "--source-type", "captured")
    assert answer.code == 2
    assert "cannot all become" in answer.err


def test_an_output_in_a_folder_that_is_not_there_is_said_before_any_work(
    run: Run, tree: Path
) -> None:
    output = tree / "missing" / "a.jpg"
    answer = run("sign", tree / "a.jpg", "-o", output, "--source-type", "captured")
    assert answer.code == 2
    assert f"There is no folder {output.parent}." in answer.err


def test_a_tree_is_mirrored_and_what_was_passed_over_is_counted(run: Run, tree: Path) -> None:
    output = tree.with_name("signed")
    answer = run("sign", tree, "-o", f"{output}/", "--source-type", "captured")
    assert answer.code == 0, answer.err
    assert names_below(output) == NAMES
    assert "Skipped 3 files that are no pictures." in answer.err
    assert "Skipped 1 picture of kinds" in answer.err
    assert "5 signed." in answer.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("command", ["protect", "sign", "embed", "verify", "inspect", "detect"])
def test_a_pipe_in_place_of_a_picture_is_refused_at_once(tmp_path: Path, command: str) -> None:
    """In a process of its own: opening a pipe that nobody writes to would wait for ever."""
    os.mkfifo(tmp_path / "pipe.jpg")
    key = ["--key", str(write_key(tmp_path / "a.key"))]
    options = {
        "protect": ["--source-type", "captured"],
        "sign": ["--source-type", "captured"],
        "embed": ["--payload", "00" * 8, "-o", "marked/", *key],
        "detect": key,
    }.get(command, [])
    done = subprocess.run(
        [sys.executable, "-m", "indelible.cli", command, "pipe.jpg", *options],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "pipe" in done.stderr


def write_key(path: Path) -> Path:
    Key.generate().save(path)
    return path


def test_results_are_passed_over_and_existing_ones_skipped(run: Run, tree: Path) -> None:
    output = tree / "signed"
    options = ("-o", f"{output}/", "--source-type", "captured", "--skip-existing")
    assert run("sign", tree, *options).code == 0
    before = {name: (output / name).read_bytes() for name in NAMES}
    (output / "a.jpg").unlink()
    answer = run("sign", tree, *options)
    assert answer.code == 0, answer.err
    assert "1 signed, 4 skipped" in answer.err
    assert names_below(output) == NAMES
    assert all((output / name).read_bytes() == before[name] for name in NAMES[1:])
    assert run("sign", tree, *options).code == 0


def test_one_bad_file_does_not_stop_the_rest(run: Run, tree: Path) -> None:
    (tree / "broken.png").write_bytes(b"broken")
    answer = run("sign", tree, "-o", f"{tree}-out/", "--source-type", "captured")
    assert answer.code == 4
    assert "5 signed, 1 failed." in answer.err
    assert names_below(Path(f"{tree}-out")) == NAMES


def test_a_jpeg_without_a_suffix_stays_one(run: Run, tree: Path) -> None:
    answer = run("protect", tree / "noname")
    assert answer.code == 0, answer.err
    assert imaging.identify((tree / "noname.protected.jpg").read_bytes()) == "jpeg"


def test_the_content_names_the_result_not_the_name(run: Run, tmp_path: Path, jpeg: bytes) -> None:
    path = tmp_path / "really-a-jpeg.png"
    path.write_bytes(jpeg)
    assert run("protect", path).code == 0
    assert imaging.identify((tmp_path / "really-a-jpeg.protected.jpg").read_bytes()) == "jpeg"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interruption_says_how_much_is_done(tmp_path: Path, jpeg: bytes) -> None:
    folder, output = tmp_path / "many", tmp_path / "out"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03d}.jpg").write_bytes(jpeg)
    arguments = ("sign", str(folder), "-o", f"{output}/", "--source-type", "captured", "-j", "2")
    worker = subprocess.Popen(
        [sys.executable, "-c", HEARING, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 100
    while not (output.is_dir() and any(output.glob("*.jpg"))) and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.send_signal(signal.SIGINT)
    said = worker.communicate(timeout=120)[1].decode()
    assert worker.returncode == 130, said
    done = len(names_below(output))
    assert 0 < done < 400
    assert f"Interrupted: {done} of 400 done, {400 - done} left." in said
    assert "Traceback" not in said


class Interrupting:
    """An import hook during which somebody presses Ctrl-C."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "indelible.cli._app":
            raise KeyboardInterrupt


def test_an_interruption_while_importing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "indelible.cli._app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        indelible.cli.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"
