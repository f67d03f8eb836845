"""The diffusers hook: with stubs of its outputs, and with real pipelines of random weights.

The real ones need torch and diffusers, which are no part of the lock: `make integrations`.
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import Verdict, imaging
from indelible.credentials import read
from indelible.errors import (
    ArgumentError,
    InputDeniedError,
    UnmarkableImageError,
    UnsupportedImageError,
)
from indelible.integrations import diffusers as hook
from indelible.protection import ProtectedImage
from indelible.registry.private import GenerationRecord
from tests.integrations import pipelines
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]

HAS_TORCH = all(importlib.util.find_spec(name) is not None for name in ("torch", "diffusers"))
WITHOUT = pytest.mark.skipif(
    not HAS_TORCH, reason="torch and diffusers are not installed here: make integrations"
)


def real(test: Any) -> Any:
    """Mark a test of real pipelines, whose own warnings are not ours."""
    return WITHOUT(pytest.mark.filterwarnings("ignore")(test))


# --- stubs: the shapes that outputs of diffusers have ---------------------------------------------


class StubOutput(dict[str, Any]):
    """Like `diffusers.utils.BaseOutput`: a dictionary whose items are attributes."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self:
            self[name] = value
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class StubPipeline:
    """A pipeline that returns what it was made with."""

    output: Any
    calls: int = 0

    def __call__(
        self, prompt: str = "", image: Any = None, output_type: str = "pil", **kwargs: Any
    ) -> Any:
        self.calls += 1
        return self.output


def test_every_way_out(house: House, photograph: Pixels) -> None:
    image = Image.fromarray(photograph)
    floats = photograph[None].astype(np.float32) / 255
    kept: list[ProtectedImage] = []
    for output, of in (
        (StubOutput(images=[image, image]), lambda out: [np.asarray(i) for i in out.images]),
        (StubOutput(image=image), lambda out: [np.asarray(out.image)]),
        (StubOutput(images=floats), lambda out: [(out.images[0] * 255).round().astype(np.uint8)]),
        (([image], [False]), lambda out: [np.asarray(out[0][0])]),
        ([photograph[None]], lambda out: [out[0][0]]),
    ):
        kept.clear()
        pipe = hook.protect(StubPipeline(output), house.protector, on_protected=kept.append)
        out = pipe("a face")
        for pixels, made in zip(of(out), kept, strict=True):
            assert np.array_equal(imaging.decode(made.data).pixels, pixels)
            assert not np.array_equal(pixels, photograph)
            assert house.verdict(made.data) is Verdict.AUTHENTIC
            assert house.verdict(pixels) is Verdict.RECOVERED


def test_results_beside_the_pictures(house: House, photograph: Pixels) -> None:
    output = StubOutput(images=[Image.fromarray(photograph)], nsfw_content_detected=[False])
    pipe = hook.protect(StubPipeline(output), house.protector, format="webp", lossless=True)
    out = pipe("a face")
    (made,) = out.protected
    assert out.images[0].protected is made
    assert made.format == "webp"
    assert out.nsfw_content_detected == [False]


@pytest.mark.parametrize(
    "output",
    [
        StubOutput(frames=np.zeros((1, 4, 8, 8, 3))),
        StubOutput(images=[[]]),
        StubOutput(images=None, depth=np.zeros((1, 8, 8, 1))),
        StubOutput(images=[Image.new("RGB", (8, 8))], preview=Image.new("RGB", (8, 8))),
        StubOutput(images=np.zeros((1, 4, 8, 8, 3))),
        StubOutput(images=["picture.png"]),
        ([Image.new("RGB", (8, 8))], [Image.new("RGB", (8, 8))]),
        "picture",
        None,
    ],
)
def test_what_is_not_known_is_not_passed_on(house: House, output: Any) -> None:
    with pytest.raises(UnsupportedImageError):
        hook.protect(StubPipeline(output), house.protector)("a face")


def test_a_picture_that_cannot_be_marked_stops_all(house: House, photograph: Pixels) -> None:
    tiny = Image.fromarray(photograph[:12, :12])
    pipe = StubPipeline(StubOutput(images=[Image.fromarray(photograph), tiny]))
    with pytest.raises(UnmarkableImageError):
        hook.protect(pipe, house.protector)("a face")


def test_what_a_safety_checker_blackened(house: House, photograph: Pixels) -> None:
    black = Image.new("RGB", (64, 64))
    output = StubOutput(images=[black, Image.fromarray(photograph), black])
    out = hook.protect(StubPipeline(output), house.protector)("a face")
    assert [made is None for made in out.protected] == [True, False, True]
    assert np.asarray(out.images[2]).max() == 0


def test_latents(house: House) -> None:
    latents = np.zeros((1, 4, 8, 8))
    pipe = StubPipeline(StubOutput(images=latents))
    with pytest.raises(UnsupportedImageError, match="Latents"):
        hook.protect(pipe, house.protector)("a face", output_type="latent")
    assert pipe.calls == 0
    passing = hook.protect(
        StubPipeline(StubOutput(images=latents)), house.protector, latents="pass"
    )
    assert passing("a face", output_type="latent").images is latents


def test_the_gate_sees_every_picture(house: House, photograph: Pixels) -> None:
    seen: list[bytes] = []

    def refuses(data: bytes) -> bool:
        seen.append(data)
        return len(seen) < 3

    image = Image.fromarray(photograph)
    pipe = StubPipeline(StubOutput(images=[image]))
    with pytest.raises(InputDeniedError):
        hook.protect(pipe, house.protector, gate=refuses)(
            "x", image, mask_image=photograph / 255, more={"adapters": [image]}
        )
    assert pipe.calls == 0
    assert len(seen) == 3
    assert all(np.array_equal(imaging.decode(one).pixels, photograph) for one in seen)
    pipe = StubPipeline(StubOutput(images=[image]))
    with pytest.raises(UnsupportedImageError, match="latents"):
        hook.protect(pipe, house.protector, gate=lambda _: True)("x", np.zeros((1, 8, 8, 4)))


def test_an_edit_says_so(house: House, photograph: Pixels) -> None:
    image = Image.fromarray(photograph)
    out = hook.protect(StubPipeline(StubOutput(images=[image])), house.protector)("x", image)
    assert read(out.protected[0].data).source_type == "compositeWithTrainedAlgorithmicMedia"


def test_records(house: House, photograph: Pixels) -> None:
    def record(call: Any) -> GenerationRecord:
        return GenerationRecord.of_prompt(call["prompt"], account="42")

    pipe = StubPipeline(StubOutput(images=[Image.fromarray(photograph)]))
    out = hook.protect(pipe, house.protector, record=record)("a face")
    manifest_id = out.protected[0].manifest_id
    assert list(house.registry.sealed_records([manifest_id])) == [manifest_id]


def test_once_and_in_place(house: House) -> None:
    pipe = StubPipeline(None)
    same = hook.protect(pipe, house.protector)
    assert same is pipe
    assert isinstance(pipe, StubPipeline)
    with pytest.raises(ArgumentError, match="already"):
        hook.protect(pipe, house.protector)
    with pytest.raises(ArgumentError):
        hook.protect(StubPipeline(None), house.protector, latents="yes")  # type: ignore[arg-type]


# --- real pipelines -------------------------------------------------------------------------------


@real
def test_ddpm(house: House) -> None:
    pipe = hook.protect(pipelines.ddpm(), house.protector)
    out = pipe(batch_size=2, num_inference_steps=2)
    for image, made in zip(out.images, out.protected, strict=True):
        assert house.verdict(made.data) is Verdict.AUTHENTIC
        saved = io.BytesIO()
        image.save(saved, "PNG")
        assert house.verdict(saved.getvalue()) is Verdict.RECOVERED
    (pictures,) = pipe(num_inference_steps=2, output_type="np", return_dict=False)
    assert pictures.shape == (1, 160, 160, 3)
    assert house.verdict((pictures[0] * 255).round().astype(np.uint8)) is Verdict.RECOVERED


def text_to_image(pipe: Any, **more: Any) -> Any:
    given = {"num_inference_steps": 2, "guidance_scale": 1.0, **pipelines.embeddings()}
    return pipe(**given, **more)


@real
@pytest.mark.parametrize("kind", ["sdxl", "flux"])
def test_text_to_image(house: House, kind: str) -> None:
    pipe = hook.protect(getattr(pipelines, kind)(), house.protector)
    out = text_to_image(pipe, height=192, width=192, output_type="pt")
    assert tuple(out.images.shape) == (1, 3, 192, 192)
    pixels = (out.images[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    assert house.verdict(pixels) is Verdict.RECOVERED
    assert house.verdict(out.protected[0].data) is Verdict.AUTHENTIC
    with pytest.raises(UnsupportedImageError, match="Latents"):
        text_to_image(pipe, height=192, width=192, output_type="latent")


@real
def test_the_watermark_of_the_sdxl_family(house: House) -> None:
    pipe = pipelines.sdxl()
    kept: list[ProtectedImage] = []
    pipe.watermark = hook.Watermarker(house.protector, on_protected=kept.append)
    image = text_to_image(pipe, height=192, width=192).images[0]
    assert np.array_equal(np.asarray(image), imaging.decode(kept[0].data).pixels)
    assert house.verdict(kept[0].data) is Verdict.AUTHENTIC
    with pytest.raises(ArgumentError, match="watermark"):
        hook.protect(pipe, house.protector)


@real
def test_image_to_image_asks_the_gate(house: House, photograph: Pixels) -> None:
    pipe = pipelines.sdxl("StableDiffusionXLImg2ImgPipeline")
    answers = iter([True, False])
    pipe = hook.protect(pipe, house.protector, gate=lambda _: next(answers))
    given = {"image": Image.fromarray(photograph), "strength": 0.5, "output_type": "pil"}
    out = text_to_image(pipe, **given)
    report = read(out.protected[0].data)
    assert report.source_type == "compositeWithTrainedAlgorithmicMedia"
    with pytest.raises(InputDeniedError):
        text_to_image(pipe, **given)


@real
def test_a_block_of_a_modular_pipeline(house: House) -> None:
    import torch
    from diffusers.modular_pipelines.modular_pipeline import SequentialPipelineBlocks
    from diffusers.modular_pipelines.stable_diffusion_xl.decoders import StableDiffusionXLDecodeStep

    blocks = SequentialPipelineBlocks.from_blocks_dict({"decode": StableDiffusionXLDecodeStep()})
    blocks.sub_blocks.insert("protect", hook.block(house.protector), 1)
    blocks.sub_blocks.insert("gate", hook.gate_block(lambda _: False, "image"), 0)
    pipe = blocks.init_pipeline()
    pipe.update_components(vae=pipelines.vae(4))
    latents = torch.randn(1, 4, 96, 96)
    state = pipe(latents=latents)
    (made,) = state.get("protected")
    assert house.verdict(made.data) is Verdict.AUTHENTIC
    assert np.array_equal(np.asarray(state.get("images")[0]), imaging.decode(made.data).pixels)
    with pytest.raises(InputDeniedError):
        pipe(latents=latents, image=Image.new("RGB", (8, 8), "red"))
    with pytest.raises(ArgumentError, match="modular"):
        hook.protect(pipe, house.protector)


@real
def test_the_example(tmp_path: Path) -> None:
    from examples import diffusers_pipeline

    diffusers_pipeline.main(tmp_path)
    verdicts = {str(indelible.verify(path).verdict) for path in tmp_path.iterdir()}
    assert verdicts == {"authentic", "recovered"}
