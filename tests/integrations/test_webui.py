"""The script for A1111, Forge and SD.Next, over a stub of what these give a script."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from indelible import Verdict, imaging
from indelible.credentials import read
from indelible.errors import IndelibleError, InputDeniedError
from indelible.integrations.webui import WebUi
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]


def test_a_picture_in_memory_and_its_file(house: House, photograph: Pixels, tmp_path: Path) -> None:
    stub_pp = SimpleNamespace(image=Image.fromarray(photograph))
    hooks = WebUi(house.protector)
    hooks.postprocess(SimpleNamespace(init_images=[stub_pp.image]), stub_pp)
    assert house.verdict(np.asarray(stub_pp.image)) is Verdict.RECOVERED

    path = tmp_path / "00001-1.png"
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a face\nSteps: 20")
    stub_pp.image.save(path, pnginfo=info)
    hooks.saved(SimpleNamespace(filename=str(path)))
    data = path.read_bytes()
    assert house.verdict(data) is Verdict.AUTHENTIC
    assert dict(imaging.decode(data).metadata.text)["parameters"] == "a face\nSteps: 20"
    (parent,) = read(data).ingredients
    assert parent.manifest is not None  # the one that was registered when the picture was marked
    assert parent.manifest.source_type == "compositeWithTrainedAlgorithmicMedia"


def test_a_grid(house: House, photograph: Pixels, tmp_path: Path) -> None:
    hooks = WebUi(house.protector)
    cells = [
        SimpleNamespace(image=Image.fromarray(one))
        for one in (photograph, photograph[:, ::-1].copy())
    ]
    for cell in cells:
        hooks.postprocess(SimpleNamespace(), cell)
    path = tmp_path / "grid.jpg"
    Image.fromarray(np.hstack([np.asarray(cell.image) for cell in cells])).save(path, quality=85)
    hooks.saved(SimpleNamespace(filename=str(path)))
    assert house.verdict(path.read_bytes()) is Verdict.AUTHENTIC


def test_nothing_unprotected_is_left(house: House, photograph: Pixels, tmp_path: Path) -> None:
    hooks = WebUi(house.protector)
    stub_pp = SimpleNamespace(image=Image.fromarray(photograph[:12, :12]))
    with pytest.raises(IndelibleError):
        hooks.postprocess(SimpleNamespace(), stub_pp)
    assert not np.asarray(stub_pp.image).any()
    path = tmp_path / "00001-1.png"
    Image.fromarray(photograph[:12, :12]).save(path)
    with pytest.raises(IndelibleError):
        hooks.saved(SimpleNamespace(filename=str(path)))
    assert not path.exists()


def test_the_gate(house: House, photograph: Pixels) -> None:
    image = Image.fromarray(photograph.copy())
    stub_p = SimpleNamespace(init_images=[image], image_mask=None)
    WebUi(house.protector, gate=lambda _: True).process(stub_p)
    assert np.asarray(image).any()
    with pytest.raises(InputDeniedError):
        WebUi(house.protector, gate=lambda _: False).process(stub_p)
    assert not np.asarray(image).any()  # these programs go on after an exception

    def broken(_: bytes) -> bool:
        raise OSError

    with pytest.raises(InputDeniedError):
        WebUi(house.protector, gate=broken).process(stub_p)


def test_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[Any] = []
    stub_scripts = ModuleType("modules.scripts")
    stub_scripts.Script = object  # type: ignore[attr-defined]
    stub_scripts.AlwaysVisible = object()  # type: ignore[attr-defined]
    stub_callbacks = ModuleType("modules.script_callbacks")
    stub_callbacks.on_image_saved = registered.append  # type: ignore[attr-defined]
    stub = ModuleType("modules")
    stub.scripts = stub_scripts  # type: ignore[attr-defined]
    stub.script_callbacks = stub_callbacks  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modules", stub)
    script = importlib.import_module("examples.webui_script")
    assert registered == [script.hooks.saved]
    assert script.Script().show(True) is stub_scripts.AlwaysVisible
