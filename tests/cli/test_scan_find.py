"""``indelible scan --find``: copies of a picture, and of hashes on a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from indelible.fingerprint import pdq
from indelible.imaging import open_image
from tests.cli.conftest import Run


@pytest.fixture
def uploads(photograph_path: dict[str, Path], tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in ("rocket", "coffee"):
        with Image.open(photograph_path[name]) as picture:
            ImageOps.mirror(picture.convert("RGB")).save(folder / f"{name}.jpg", quality=70)
    return folder


def test_copies_of_a_picture(
    run: Run, uploads: Path, photograph_path: dict[str, Path], tmp_path: Path
) -> None:
    given = ("scan", uploads, "-o", tmp_path / "out", "--jobs", 1)
    answer = run(*given, "--find", photograph_path["coffee"])
    assert answer.code == 0, answer.err
    assert "coffee.jpg" in answer.out
    assert "rocket.jpg" not in answer.out
    assert "Copies found: 1." in answer.err
    told = json.loads(run(*given, "--find", photograph_path["coffee"], "--json").out)
    (found,) = told["matches"]
    assert (found["match_kind"], found["match_orientation"]) == ("pdq", "flip_y")
    # Another question is another scan.
    assert run(*given, "--find", photograph_path["rocket"]).code == 2


def test_copies_of_what_a_list_names(
    run: Run, uploads: Path, photograph_path: dict[str, Path], tmp_path: Path
) -> None:
    hashed = pdq(open_image(photograph_path["rocket"]).decode().pixels)
    (tmp_path / "duty.txt").write_text(f"# one\n{hashed.hex()}\n")
    answer = run(
        *("scan", uploads, "-o", tmp_path / "out", "--jobs", 1, "--json"),
        *("--find", tmp_path / "duty.txt"),
    )
    assert answer.code == 0, answer.err
    (found,) = json.loads(answer.out)["matches"]
    assert (found["match_query"], found["match_entry"]) == ("duty.txt", hashed.hex())


@pytest.mark.parametrize("options", [["--find-crops"], ["--find-distance", "5"]])
def test_nothing_to_find(run: Run, uploads: Path, tmp_path: Path, options: list[str]) -> None:
    assert run("scan", uploads, "-o", tmp_path / "out", *options).code == 2


def test_something_else(run: Run, uploads: Path, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("no hash")
    given = ("scan", uploads, "-o", tmp_path / "out")
    assert run(*given, "--find", tmp_path / "list").code == 2
    assert run(*given, "--find", tmp_path / "absent").code == 2
    assert run(*given, "--find", uploads / "coffee.jpg", "--only", "watermark").code == 2
    assert not (tmp_path / "out").exists()
