"""Functions for Gradio: alone, and in a real interface where Gradio is installed."""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import Verdict, imaging
from indelible.credentials import read
from indelible.errors import ArgumentError, InputDeniedError, UnsupportedImageError
from indelible.integrations.gradio import protected
from indelible.registry.private import GenerationRecord
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]

HAS_GRADIO = importlib.util.find_spec("gradio") is not None


def test_paths_of_signed_files(house: House, photograph: Pixels, tmp_path: Path) -> None:
    @protected(house.protector, folder=tmp_path, format="webp")
    def generate(prompt: str) -> Any:
        return [photograph, Image.fromarray(photograph)], f"made for {prompt}"

    (first, second), text = generate("me")
    assert text == "made for me"
    for path in (first, second):
        assert Path(path).parent == tmp_path
        assert house.verdict(Path(path).read_bytes()) is Verdict.AUTHENTIC
    assert generate.__name__ == "generate"


def test_async_and_generators(house: House, photograph: Pixels, tmp_path: Path) -> None:
    @protected(house.protector, folder=tmp_path)
    async def later(prompt: str) -> Pixels:
        return photograph

    assert house.verdict(Path(asyncio.run(later("x"))).read_bytes()) is Verdict.AUTHENTIC

    def steps() -> Iterator[Pixels]:
        yield photograph

    with pytest.raises(ArgumentError, match="yields"):
        protected(house.protector)(steps)


def test_the_gate_and_records(house: House, photograph: Pixels, tmp_path: Path) -> None:
    upload = tmp_path / "upload.png"
    upload.write_bytes(imaging.encode(photograph, "png"))
    seen: list[bytes] = []

    def gate(data: bytes) -> bool:
        seen.append(data)
        return len(seen) < 4

    @protected(
        house.protector,
        folder=tmp_path,
        gate=gate,
        record=lambda given: GenerationRecord.of_prompt(given["prompt"], account="42"),
    )
    def edit(prompt: str, picture: Any, layers: Any = None) -> Pixels:
        return photograph

    made = Path(edit("redder", str(upload), {"composite": photograph})).read_bytes()
    assert seen[0] == upload.read_bytes()  # with its manifest, if it has one
    assert read(made).source_type == "compositeWithTrainedAlgorithmicMedia"
    edit("x", Image.fromarray(photograph))
    with pytest.raises(InputDeniedError):
        edit("x", photograph)


def test_what_is_not_known(house: House, photograph: Pixels) -> None:
    with pytest.raises(UnsupportedImageError):
        protected(house.protector)(lambda: {"image": photograph})()


@pytest.mark.skipif(not HAS_GRADIO, reason="Gradio is not installed here: make integrations")
@pytest.mark.filterwarnings("ignore")
def test_an_interface_hands_out_the_signed_file(house: House, photograph: Pixels) -> None:
    import gradio

    made: list[str] = []

    def generate(prompt: str) -> str:
        made.append(protected(house.protector)(lambda: photograph)())
        return made[-1]

    output = gradio.Image(format="webp")  # which encodes arrays anew, and not files
    with gradio.Blocks() as blocks:
        prompt = gradio.Textbox()
        gradio.Button().click(generate, prompt, output)
    shown = asyncio.run(blocks.process_api(0, ["a face"]))["data"][0]
    path = shown["path"] if isinstance(shown, dict) else shown.path
    assert Path(path).read_bytes() == Path(made[0]).read_bytes()
    assert house.verdict(Path(path).read_bytes()) is Verdict.AUTHENTIC


@pytest.mark.skipif(not HAS_GRADIO, reason="Gradio is not installed here: make integrations")
@pytest.mark.filterwarnings("ignore")
def test_the_example() -> None:
    from examples import gradio_app

    assert indelible.verify(gradio_app.draw(1)).verdict == "authentic"
