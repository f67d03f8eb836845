"""For a generator: one call on each picture, in the process that made it.

Run it: ``python -m examples.image_generator OUTPUT_FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indelible import Protector
from indelible.credentials import Generator

ACME = Generator(
    name="Acme Images",
    version="2.1",
    provider="Acme Inc.",
    model="acme-diffusion",
    model_version="7",
)


def generate(seed: int) -> NDArray[np.uint8]:
    """Stand in for a model: smooth random colours and some texture, uint8 (512, 512, 3) RGB."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:512, 0:512] / 512
    picture = np.zeros((512, 512, 3))
    for _ in range(40):
        angle, frequency = random.uniform(0, np.pi), random.uniform(1, 40)
        wave = np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
        picture += wave[:, :, None] * random.normal(size=3) / frequency**0.7
    picture = 128 + 40 * picture / picture.std() + random.normal(scale=4, size=picture.shape)
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def main(folder: Path) -> None:
    """Generate three pictures and protect each as it leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    protector = Protector.from_settings(generator=ACME)  # once; the rest is configured
    for seed in range(3):
        path = folder / f"picture-{seed}.jpg"
        result = protector.protect(generate(seed), path, overwrite=True)
        print(path, result.payload.hex(), result.manifest_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
