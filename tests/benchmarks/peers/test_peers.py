"""The peers' environment and their worker process, with packages that are made up here."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks._running import SettingsError

_BLIND_WATERMARK = """
import numpy as np

class bw_notes:
    show = True

    @classmethod
    def close(cls):
        cls.show = False

class WaterMark:
    def __init__(self, password_wm, password_img):
        print("Welcome!" if bw_notes.show else "", end="")

    def read_img(self, img):
        self.image = img.copy()

    def read_wm(self, bits, mode):
        self.bits = np.array(bits, np.uint8)

    def embed(self):
        self.image[0, : self.bits.size, 0] = self.bits
        return self.image.astype(float)

    def extract(self, embed_img, wm_shape, mode):
        if embed_img.shape[1] < wm_shape:
            raise ValueError("too small")
        return embed_img[0, :wm_shape, 0]
"""


class Installer:
    """Stands for pip."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[list[str]] = []
        self.fails = False
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(venv.EnvBuilder, "create", self.create)

    def create(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, command: list[str], **_: Any) -> SimpleNamespace:
        self.commands.append(command)
        return SimpleNamespace(returncode=int(self.fails), stderr="pip says\nno such release\n")


def test_environment_is_made_once_for_its_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pip = Installer(monkeypatch)
    peers.environment(tmp_path)
    assert "Installing" in capsys.readouterr().err
    installed = {word for command in pip.commands for word in command if "==" in word}
    assert installed == set(peers.VERSIONS)

    peers.environment(tmp_path)
    assert len(pip.commands) == 2
    assert not capsys.readouterr().err

    (complete,) = tmp_path.rglob("complete")
    complete.write_text("blind-watermark==0.1")
    peers.environment(tmp_path)
    assert len(pip.commands) == 4


def test_environment_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Installer(monkeypatch)
    pip.fails = True
    with pytest.raises(SettingsError, match="no such release"):
        peers.environment(tmp_path)
    assert not list(tmp_path.rglob("complete"))


def test_every_version_is_pinned() -> None:
    assert all(name.count("==") == 1 for name in peers.VERSIONS)


def test_worker_answers_without_greetings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "blind_watermark.py").write_text(_BLIND_WATERMARK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    peer = peers.Peer("blind-watermark", Path(sys.executable))
    try:
        picture = np.random.default_rng(0).integers(0, 256, (40, 90, 3), dtype=np.uint8)
        marked, seconds = peer.embed(picture, b"8 bytes.")
        assert seconds >= 0
        assert marked.shape == picture.shape
        assert peer.detect(marked).payload == b"8 bytes."
        assert peer.detect(marked[:, :20]).payload is None
    finally:
        peer.close()
    assert capfd.readouterr() == ("", "")
