"""The demo tells its whole story, and every way out of it is a clean one."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import indelible
from examples import contact_sheet, demo
from indelible import imaging


def test_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "authentic" in said
    assert "recovered" in said
    assert "Demo Generator 1.0" in said
    assert "urn:c2pa:" in said
    assert str(tmp_path / "demo.png") in said
    assert "development" in said
    assert indelible.verify(tmp_path / "protected.jpg").verdict == "authentic"
    assert indelible.verify(tmp_path / "reposted.jpg").verdict == "recovered"
    sheet = imaging.decode((tmp_path / "demo.png").read_bytes()).pixels
    assert sheet.shape[0] > 1000
    assert sheet.shape[1] > 1000


def test_a_picture_of_ones_own(
    tmp_path: Path, photograph_path: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main([str(photograph_path["coffee"]), "--output", str(tmp_path)]) == 0
    assert "coffee.png" in capsys.readouterr().out


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    assert demo.main(["--output", str(tmp_path)]) == 0
    assert demo.main(["--output", str(tmp_path)]) == 0


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x89PNG\r\n\x1a\n"])
def test_errors_are_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    picture = tmp_path / "picture.png"
    if content is not None:
        picture.write_bytes(content)
    assert demo.main([str(picture), "--output", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "error:" in said
    assert "Traceback" not in said


def test_an_output_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert demo.main(["--output", str(tmp_path / "file")]) == 1
    assert "error:" in capsys.readouterr().err


def test_without_the_photographs_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "skimage":
            raise ImportError("No module named 'skimage'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert demo.main(["--output", str(tmp_path)]) == 1
    assert "make demo" in capsys.readouterr().err


def test_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "tell", interrupt)
    assert demo.main(["--output", str(tmp_path)]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_mark_that_is_lost_is_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = np.full((200, 200, 3), 128, np.uint8)
    monkeypatch.setattr(demo, "repost", lambda data: imaging.encode(flat, "jpeg"))
    assert demo.main(["--output", str(tmp_path)]) == 1
    assert "did not survive" in capsys.readouterr().err


def test_sheet_of_odd_sizes() -> None:
    grey = np.zeros((40, 90), np.uint8)
    alpha = np.zeros((90, 40, 4), np.uint8)
    large = np.zeros((3000, 2000, 3), np.uint8)
    panels = [
        (name, "caption", contact_sheet.as_rgb(p))
        for name, p in (("grey", grey), ("alpha", alpha), ("large", large))
    ]
    assert contact_sheet.draw(panels).shape[2] == 3
    assert contact_sheet.as_rgb(alpha).min() == 255  # transparent shows white paper
    assert contact_sheet.psnr(panels[0][2], panels[0][2]) == float("inf")
