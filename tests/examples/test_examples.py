"""The examples for a generator, a platform and an individual work as they stand, together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from examples import ask_about_picture, image_generator, upload_check
from indelible import imaging
from indelible.settings import current


def test_generator_platform_individual(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image_generator.main(tmp_path)
    pictures = sorted(tmp_path.glob("*.jpg"))
    assert len(pictures) == 3
    assert capsys.readouterr().out.count("urn:c2pa:") == 3

    pixels = imaging.decode(pictures[0].read_bytes()).pixels
    crop = np.ascontiguousarray(pixels[40:480, 30:470])
    reposted = tmp_path / "reposted.jpg"
    reposted.write_bytes(imaging.encode(crop, "jpeg", quality=75))
    upload_check.main([str(pictures[1]), str(reposted)])
    said = capsys.readouterr().out
    assert said.count("publish, labelled (made with AI: Acme Images 2.1") == 2

    ask_about_picture.main([str(reposted)])
    said = capsys.readouterr().out
    assert "Acme Images 2.1" in said
    assert "not whether" in said
    assert "development identity" in said


def test_uploads_that_are_no_pictures(tmp_path: Path) -> None:
    assert upload_check.check(b"")[0] == "refuse"
    missing = ask_about_picture.ask(tmp_path / "missing.jpg")
    assert "cannot be read" in missing


def test_a_picture_that_nobody_marked(photograph: np.ndarray, tmp_path: Path) -> None:
    action, label = upload_check.check(imaging.encode(photograph, "png"))
    assert "nobody could look" in action
    assert label == "Nobody looked for a watermark"
    current().marking_keys()
    action, label = upload_check.check(imaging.encode(photograph, "png"))
    assert action == "publish without a label"
    path = tmp_path / "plain.png"
    path.write_bytes(imaging.encode(photograph, "png"))
    assert label == "Nothing found"
    assert "Absence proves nothing" in ask_about_picture.ask(path)
