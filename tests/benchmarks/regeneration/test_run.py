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
from benchmarks._visibility import Visibility
from benchmarks.regeneration import networks
from benchmarks.regeneration import run as command
from benchmarks.robustness import trials


class Session:
    """Stands for an ONNX session: the picture itself, a blurred one, or half of an auto-encoder."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input")]

    def run(self, _: None, feed: dict[str, npt.NDArray[np.float32]]) -> list[object]:
        values = feed["input"]
        if self.name == "second-half":
            return [values.repeat(8, axis=2).repeat(8, axis=3)]
        if values.shape[:2] != (1, 3):
            raise RuntimeError("Got invalid dimensions for input: input")
        assert values.shape[2] % 32 == values.shape[3] % 32 == 0
        if self.name == "first-half":
            return [values[:, :, ::8, ::8]]
        blurs = self.name == "blur"
        return [values.mean(axis=(2, 3), keepdims=True) + 0 * values if blurs else values]


_real_session = networks._session


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_session", Session)


def _given(**paths: Path) -> Namespace:
    none: dict[str, Path | None] = dict.fromkeys(("encoder", "decoder", "denoiser"))
    return Namespace(**(none | paths), range=(0, 1), noise=[0, 0.15], sigma=25)


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


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "networks"
    folder.mkdir()
    for name in ("same", "blur", "first-half", "second-half"):
        (folder / f"{name}.onnx").write_text(name)
    return folder


@pytest.mark.parametrize("seen", [True, False], ids=["butteraugli", "without"])
def test_run(
    tmp_path: Path,
    files: Path,
    open_fake: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    seen: bool,
) -> None:
    trials._mark.cache_clear()
    open_fake("benchmarks.robustness.trials")
    for module in (command, trials):
        monkeypatch.setattr(module, "has_butteraugli", lambda: seen)
    monkeypatch.setattr(trials, "butteraugli", lambda *_: Visibility(1.5, 3.0))
    same, blur = str(files / "same.onnx"), str(files / "blur.onnx")
    line = ["--encoder", same, "--denoiser", blur, "--limit", "2", "--jobs", "1"]
    line += ["--out", str(tmp_path)]
    command.run(line)
    table, misses = json.loads((tmp_path / "result.json").read_text())["tables"]
    rows = {row["attack"]: row for row in table["rows"]}
    assert rows["auto-encoder, noise 0"]["exact"] == 1
    assert rows["auto-encoder, noise 0"]["promised"] is None
    assert rows["auto-encoder, noise 0"]["PSNR"] > 40
    assert rows["noise 25, denoiser"]["exact"] == 0
    assert rows["noise 25, denoiser"]["promised"] == 0.93
    assert rows["noise 25, denoiser"]["PSNR"] < 25
    assert len(rows) == 4
    assert rows["noise 25, denoiser"].get("3-norm") == (1.5 if seen else None)
    missed = {row["attack"]: row["pictures"] for row in misses["rows"]}
    assert len(missed["noise 25, denoiser"].split(", ")) == 2
    assert "auto-encoder, noise 0" not in missed
    assert (tmp_path / "regeneration.png").exists()

    # The same path with other contents is another run.
    command.run(line)
    (files / "blur.onnx").write_text("trained again")
    with pytest.raises(SettingsError, match="other settings"):
        command.run(line)


def test_fingerprint_knows_the_weights_beside_the_file(files: Path) -> None:
    network = networks.Network(files / "same.onnx")
    before = network.fingerprint()
    assert before.startswith("same.onnx ")
    assert before == network.fingerprint()
    (files / "same.onnx.data").write_text("weights")
    assert network.fingerprint() != before


def test_only_what_was_promised_is_held_against_the_promise(files: Path) -> None:
    half = {"encoder": files / "first-half.onnx", "decoder": files / "second-half.onnx"}
    attacks = command.attacks_of(_given(**half, denoiser=files / "blur.onnx"))
    shared = {"unmarkable": False, "exact": True, "wrong": False, "received": 30.0, "norm": 2.0}
    records = [shared | {"attack": attack.name} for attack in attacks]
    report = command.table(records, [attack.name for attack in attacks])
    promised = {str(row[0]) for row in report.rows if row is not None and row[4] is not None}
    assert promised == {
        "auto-encoder, noise 0.15",
        "auto-encoder, noise 0.15, half size",
        "noise 25, denoiser",
    }
    assert len(report.rows) == 7


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, "--encoder"),
        ({"decoder": "second-half"}, "give the first with --encoder"),
        ({"encoder": "first-half"}, "needs the second with --decoder"),
        ({"encoder": "same", "decoder": "second-half"}, "the decoder that belongs to"),
        ({"denoiser": "first-half"}, "where a picture has"),
        ({"encoder": "second-half", "decoder": "blur"}, "where a picture has"),
    ],
)
def test_networks_that_do_not_fit_are_refused(
    files: Path, paths: dict[str, str], message: str
) -> None:
    given = {option: files / f"{name}.onnx" for option, name in paths.items()}
    with pytest.raises(SettingsError, match=message):
        command.attacks_of(_given(**given))


def test_network_that_takes_no_pictures_is_refused(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Got invalid dimensions for input: input\n index: 1")

    monkeypatch.setattr(Session, "run", fail)
    with pytest.raises(SettingsError, match=r"dimensions for input: input\).*free sides"):
        command.attacks_of(_given(denoiser=files / "same.onnx"))


def test_files_that_are_no_networks_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    monkeypatch.setattr(networks, "_session", _real_session)
    _real_session.cache_clear()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Protobuf parsing failed.")

    runtime = SimpleNamespace(SessionOptions=SimpleNamespace, InferenceSession=fail)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    with pytest.raises(SettingsError, match="There is no network"):
        command.attacks_of(_given(encoder=files / "missing.onnx"))
    with pytest.raises(SettingsError, match=r"parsing failed\).*Export"):
        command.attacks_of(_given(denoiser=files / "same.onnx"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match="pip install onnxruntime"):
        command.attacks_of(_given(denoiser=files / "same.onnx"))
