"""Pictures whose PDQ hashes are in ``data/pdq.json``, the same on every machine.

The file was written by ``python -m tests.fingerprint.pictures`` where the package ``pdqhash`` 0.2.8
was installed, which is built from source and is no dependency of this project.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["VECTORS", "pictures", "reference_hashes"]

VECTORS = Path(__file__).parent / "data" / "pdq.json"
SIZES = (
    (5, 5),
    (5, 900),
    (63, 64),
    (64, 64),
    (65, 64),
    (128, 128),
    (129, 127),
    (300, 451),
    (517, 768),
)


def _smooth(height: int, width: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw blocks and steps, of whole numbers alone."""
    coarse = rng.integers(0, 256, (-(-height // 37) + 1, -(-width // 37) + 1, 3))
    blocks = np.repeat(np.repeat(coarse, 37, axis=0), 37, axis=1)[:height, :width]
    slope = (np.arange(height)[:, None] * 3 + np.arange(width) * 2) % 97
    return ((3 * blocks + slope[..., None]) // 4 % 256).astype(np.uint8)


def pictures() -> dict[str, NDArray[np.uint8]]:
    """Return the pictures by name, uint8 (H, W, 3)."""
    found: dict[str, NDArray[np.uint8]] = {"black": np.zeros((100, 90, 3), np.uint8)}
    for number, (height, width) in enumerate(SIZES):
        rng = np.random.default_rng(number)
        size = f"{height} x {width}"
        found[f"noise {size}"] = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        found[f"blocks {size}"] = _smooth(height, width, rng)
    return found


def reference_hashes(image: NDArray[np.uint8], pdqhash: Any) -> dict[str, Any]:
    """Return what the reference says of a picture."""
    bits, quality = pdqhash.compute(image)
    turned, _ = pdqhash.compute_dihedral(image)
    return {
        "hash": np.packbits(bits).tobytes().hex(),
        "quality": quality,
        "dihedral": [np.packbits(each).tobytes().hex() for each in turned],
    }


if __name__ == "__main__":
    module = importlib.import_module("pdqhash")
    vectors = {name: reference_hashes(image, module) for name, image in pictures().items()}
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n", "utf-8")
