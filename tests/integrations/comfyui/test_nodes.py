"""The node pack, copied into a folder and loaded as ComfyUI loads it, over a stub of ComfyUI."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import Verdict, Verifier, imaging
from indelible.errors import ArgumentError, InputDeniedError, UnmarkableImageError
from indelible.integrations.comfyui import work
from tests.integrations.comfyui.stub_comfy import install
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]

PACK = Path(indelible.__file__).parent / "integrations" / "comfyui"
PROMPT = {"3": {"class_type": "KSampler"}}
WORKFLOW = {"workflow": {"nodes": [3]}}


@pytest.fixture
def batch(photograph: Pixels) -> NDArray[np.float32]:
    """What ComfyUI calls an IMAGE: (B, H, W, C) of values from 0 to 1."""
    whole = np.stack([photograph, photograph[:, ::-1]])
    return np.asarray(whole / 255, np.float32)


@pytest.fixture(autouse=True)
def protector(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    work.set_protector(house.protector)
    monkeypatch.setattr(Verifier, "from_settings", lambda: house.verifier)
    yield
    work.set_protector(None)
    work.set_gate(None)


def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Copy the pack, and load it as ComfyUI does: by its path."""
    folder = tmp_path / "custom_nodes" / "indelible-nodes"
    shutil.copytree(PACK, folder)
    monkeypatch.delitem(sys.modules, "indelible.integrations.comfyui.v3", raising=False)
    name = str(folder).replace(".", "_x_")
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def v1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    options = install(monkeypatch, tmp_path, api=False)
    return SimpleNamespace(pack=loaded(tmp_path, monkeypatch), options=options)


def as_bytes(batch: Any) -> Pixels:
    return np.asarray((batch * 255).round(), np.uint8)


def test_the_table_of_version_1(v1: SimpleNamespace) -> None:
    names = v1.pack.NODE_DISPLAY_NAME_MAPPINGS
    assert set(names) == set(v1.pack.NODE_CLASS_MAPPINGS)
    assert {"Mark", "Save with Content Credentials", "Check"} < set(names.values())
    assert not hasattr(v1.pack, "comfy_entrypoint")
    for kind in v1.pack.NODE_CLASS_MAPPINGS.values():
        assert "images" in kind.INPUT_TYPES()["required"]
        assert callable(getattr(kind(), kind.FUNCTION))


def test_mark(v1: SimpleNamespace, house: House, batch: NDArray[np.float32]) -> None:
    (marked,) = v1.pack.NODE_CLASS_MAPPINGS["IndelibleMark"]().run(batch)
    assert marked.shape == batch.shape
    assert marked.dtype == np.float32
    for pixels in as_bytes(marked):
        assert house.verdict(pixels) is Verdict.RECOVERED
    with pytest.raises(UnmarkableImageError):
        v1.pack.NODE_CLASS_MAPPINGS["IndelibleMark"]().run(batch[:, :12, :12])


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_save(
    v1: SimpleNamespace, house: House, batch: NDArray[np.float32], tmp_path: Path, format: str
) -> None:
    node = v1.pack.NODE_CLASS_MAPPINGS["IndelibleSave"]()
    told = node.run(batch[:1], "face", format, 90, prompt=PROMPT, extra_pnginfo=WORKFLOW)
    (file,) = told["ui"]["images"]
    suffix = {"png": "png", "jpeg": "jpg", "webp": "webp"}[format]
    assert file == {"filename": f"face_00001_.{suffix}", "subfolder": "", "type": "output"}
    data = (tmp_path / "output" / file["filename"]).read_bytes()
    assert house.verdict(data) is Verdict.AUTHENTIC
    with Image.open(tmp_path / "output" / file["filename"]) as image:
        if format == "png":
            kept = {name: json.loads(image.info[name]) for name in ("prompt", "workflow")}
        else:
            exif = image.getexif()
            pairs = (exif[tag].split(":", 1) for tag in (0x0110, 0x010F))
            kept = {name: json.loads(text) for name, text in pairs}
    assert kept == {"prompt": PROMPT, **WORKFLOW}


def test_without_metadata(
    v1: SimpleNamespace, house: House, batch: NDArray[np.float32], tmp_path: Path
) -> None:
    v1.options.disable_metadata = True
    node = v1.pack.NODE_CLASS_MAPPINGS["IndelibleSave"]()
    node.run(batch[:1], "face", "png", 90, prompt=PROMPT, extra_pnginfo=WORKFLOW)
    data = (tmp_path / "output" / "face_00001_.png").read_bytes()
    assert imaging.decode(data).metadata.text == ()
    assert house.verdict(data) is Verdict.AUTHENTIC


def test_check(v1: SimpleNamespace, house: House, photograph: Pixels, tmp_path: Path) -> None:
    node = v1.pack.NODE_CLASS_MAPPINGS["IndelibleCheck"]()
    made = house.protector.protect(photograph, tmp_path / "input" / "face.png")
    pixels = imaging.decode(made.data).pixels[None] / 255
    assert node.run(pixels)[0].startswith("recovered:")
    assert node.run(pixels, "face.png")[0].startswith("authentic:")
    resembling = node.run(photograph[None] / 255)[0]  # it only looks like a registered one
    assert resembling.startswith("unverified:")
    for name in ("../registry.sqlite3", "/etc/passwd", "missing.png"):
        with pytest.raises(ArgumentError):
            node.run(pixels, name)


def test_the_gate(v1: SimpleNamespace, batch: NDArray[np.float32]) -> None:
    node = v1.pack.NODE_CLASS_MAPPINGS["IndelibleGate"]()
    with pytest.raises(InputDeniedError, match="no gate"):
        node.run(batch)
    work.set_gate(lambda _: True)
    assert node.run(batch)[0] is batch
    work.set_gate(lambda _: False)
    with pytest.raises(InputDeniedError):
        node.run(batch)


def test_version_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House, batch: NDArray[np.float32]
) -> None:
    install(monkeypatch, tmp_path, api=True)
    pack = loaded(tmp_path, monkeypatch)
    assert not hasattr(pack, "NODE_CLASS_MAPPINGS")

    async def nodes() -> Any:
        return await (await pack.comfy_entrypoint()).get_node_list()

    found = {node.define_schema().display_name: node for node in asyncio.run(nodes())}
    mark, save, check = (found[n] for n in ("Mark", "Save with Content Credentials", "Check"))
    marked = mark.execute(batch[:1]).args[0]
    assert check.execute(marked).args[0].startswith("recovered:")
    assert save.define_schema().is_output_node
    save.hidden = SimpleNamespace(prompt=PROMPT, extra_pnginfo=WORKFLOW)
    (result,) = save.execute(batch[:1], "face").ui.results
    data = (tmp_path / "output" / result.filename).read_bytes()
    assert house.verdict(data) is Verdict.AUTHENTIC
    assert dict(imaging.decode(data).metadata.text)["prompt"] == json.dumps(PROMPT)
