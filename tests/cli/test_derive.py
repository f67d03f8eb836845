"""``indelible derive``: sizes, crops and formats, with and without a manifest of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import indelible
from indelible import credentials, imaging
from tests.cli.conftest import Run


def test_a_signed_copy(run: Run, protected: Path, tmp_path: Path) -> None:
    output = tmp_path / "small.webp"
    answer = run("derive", protected, "-o", output, "--width", 400, "--json")
    assert answer.code == 0, answer.err
    (copy,) = json.loads(answer.out)["copies"]
    assert copy["width"] == 400
    result = indelible.verify(output)
    assert result.verdict == "authentic"
    assert copy["payload"] == (result.watermark.payload or b"").hex()
    again = run("derive", protected, "-o", output, "--width", 400)
    assert again.code == 2  # exists


def test_unsigned(run: Run, protected: Path, tmp_path: Path) -> None:
    output = tmp_path / "crop.jpg"
    answer = run("derive", protected, "-o", output, "--crop", "20,20,400,300", "--unsigned")
    assert answer.code == 0, answer.err
    assert "only the record" in " ".join(answer.err.split())
    assert not credentials.has_manifest(output.read_bytes())
    assert indelible.verify(output).verdict == "recovered"


def test_srcset(run: Run, protected: Path, tmp_path: Path) -> None:
    answer = run("derive", protected, "-o", tmp_path / "sizes", "--widths", "200,400")
    assert answer.code == 0, answer.err
    names = sorted(path.name for path in (tmp_path / "sizes").iterdir())
    assert names == ["protected-200.jpg", "protected-400.jpg"]
    assert imaging.read_header((tmp_path / "sizes" / names[0]).read_bytes()).width == 200


@pytest.mark.parametrize(
    "options",
    [
        ["--widths", "1,2", "--width", "5", "-o", "x/"],
        ["--widths", "1,2"],
        ["--widths", "a", "-o", "x/"],
        ["--crop", "1,2"],
        ["--width", "0"],
        ["--unsigned", "--cert", "a.pem", "--cert-key", "b.pem"],
    ],
)
def test_contradictions(run: Run, plain: Path, options: list[str]) -> None:
    assert run("derive", plain, *options).code == 2
    assert [path.name for path in plain.parent.iterdir()] == ["plain.png"]
