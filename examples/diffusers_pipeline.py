"""A diffusers pipeline whose every picture is protected, from one line on.

Run it: ``python -m examples.diffusers_pipeline FOLDER``. It needs the extra ``diffusers``; its
pipeline is a tiny one with random weights, so that nothing is downloaded.
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

import sys
from pathlib import Path

import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

from indelible import Protector
from indelible.credentials import Generator
from indelible.integrations.diffusers import protect


def tiny_pipeline() -> DDPMPipeline:
    """Return a pipeline of 160 x 160 px whose pictures are noise."""
    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=160,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    return DDPMPipeline(unet, DDPMScheduler(num_train_timesteps=50, clip_sample_range=0.4))


def main(folder: Path) -> None:
    """Generate two pictures; keep the signed files."""
    folder.mkdir(parents=True, exist_ok=True)
    acme = Generator("Acme Images", "2.1", model="acme-diffusion", model_version="7")
    pipe = protect(tiny_pipeline(), Protector.from_settings(generator=acme))
    out = pipe(batch_size=2, num_inference_steps=4)
    for made in out.protected:
        path = folder / f"{made.payload.hex()}.png"
        path.write_bytes(made.data)  # with the manifest
        print(path, made.manifest_id)
    out.images[0].save(folder / "marked-only.png")  # the mark leads back to the manifest


if __name__ == "__main__":
    main(Path(sys.argv[1]))
