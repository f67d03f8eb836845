"""The examples for a generator, a platform and an individual work as they stand, together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import indelible
from examples import (
    ask_about_picture,
    gateway_client,
    image_generator,
    picture_server,
    upload_check,
)
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


def test_a_shop_serves_sizes(photograph: np.ndarray, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    indelible.protect(photograph, folder / "photo.png")
    serve = picture_server.application(folder, tmp_path / "cache")
    told: list[str] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.append(status)

    environ: Mapping[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/media/photo.png",
        "QUERY_STRING": "w=320&f=webp",
    }
    (body,) = serve(environ, start)
    assert told == ["200 OK"]
    assert imaging.read_header(body).width == 320
    assert indelible.verify(body).verdict == "authentic"


def test_a_model_behind_a_gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway_client.main(tmp_path)
    said = capsys.readouterr().out
    assert said.count("authentic Acme Images 2.1") == 2
    assert "consent_denied" in said
    assert len({path.read_bytes() for path in tmp_path.glob("*.png")}) == 2
