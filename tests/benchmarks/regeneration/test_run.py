"""The regeneration benchmark, with networks that are functions."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks import images
from benchmarks._running import SettingsError
from benchmarks.regeneration import networks
from benchmarks.regeneration import run as command
from benchmarks.robustness import trials


class Session:
    """Stands for an ONNX session: the picture itself, or a blurred one."""

    def __init__(self, path: Path) -> None:
        self.blurs = path.name.startswith("blur")

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input")]

    def run(self, _: None, feed: dict[str, npt.NDArray[np.float32]]) -> list[object]:
        values = feed["input"]
        assert values.shape[:2] == (1, 3)
        assert values.shape[2] % 32 == values.shape[3] % 32 == 0
        return [values.mean(axis=(2, 3), keepdims=True) + 0 * values if self.blurs else values]


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_session", Session)


def test_networks_keep_sizes_and_ranges() -> None:
    picture = images.resize_side(images.photograph(3), 150)
    rng = np.random.default_rng(0)
    identity = networks.Network(Path("same.onnx"), low=-1, high=1)
    whole = networks.AutoEncoder(identity)(picture, rng)
    np.testing.assert_array_equal(whole.pixels, picture)
    noisy = networks.AutoEncoder(identity, identity, noise=0.1)(picture, rng)
    assert 0 < np.abs(noisy.pixels.astype(int) - picture).mean() < 20
    small = networks.AutoEncoder(identity, scale=0.5)(picture, rng)
    assert small.pixels.shape == picture.shape
    clean = networks.Denoiser(networks.Network(Path("blur.onnx")), sigma=10)(picture, rng)
    assert clean.pixels.shape == picture.shape
    assert clean.pixels.std(axis=(0, 1)).max() < 1


def test_run(tmp_path: Path, open_fake: Callable[[str], None]) -> None:
    trials._mark.cache_clear()
    open_fake("benchmarks.robustness.trials")
    line = ["--encoder", "same.onnx", "--denoiser", "blur.onnx", "--limit", "2", "--jobs", "1"]
    command.run([*line, "--out", str(tmp_path)])
    (table,) = json.loads((tmp_path / "result.json").read_text())["tables"]
    exact = {row["attack"]: row["exact"] for row in table["rows"]}
    assert exact["auto-encoder, noise 0"] == 1
    assert exact["noise 25, denoiser"] == 0
    assert len(exact) == 4
    assert (tmp_path / "regeneration.png").exists()


def test_networks_are_asked_for() -> None:
    none = Namespace(encoder=None, decoder=None, denoiser=None, range=(0, 1), noise=[0], sigma=25)
    with pytest.raises(SettingsError, match="--encoder"):
        command.attacks_of(none)


def test_missing_runtime_and_missing_file_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    networks._session.cache_clear()

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match="pip install onnxruntime"):
        networks._session(tmp_path / "network.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace())
    with pytest.raises(FileNotFoundError, match="There is no network"):
        networks._session(tmp_path / "network.onnx")
