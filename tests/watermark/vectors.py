"""What each version of the mark is, as numbers: ``python -m tests.watermark.vectors`` writes them.

Marks outlive programs. Once a version is released, its vectors never change; another version gets
vectors of its own beside them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from indelible.watermark import Key, coding, embed
from indelible.watermark.carrier import carrier_of, data_lines
from indelible.watermark.pattern import period_of, size_class_for, synthesise, variant_for
from indelible.watermark.versions import CURRENT, CarrierVersion

FOLDER = Path(__file__).parent / "data"
PAYLOADS = (bytes(8), b"\xff" * 8, bytes.fromhex("0123456789abcdef"))
SIZES = ((1, 1), (512, 512), (480, 640), (1024, 1024), (3000, 4000), (8000, 12000))
SAMPLES = 12  # values of each pattern that are kept


def keys_of(version: CarrierVersion) -> tuple[Key, Key]:
    """Return the keys of a version whose marks are described."""
    first = Key(bytes(range(32)), version=version)
    return first, Key(bytes(range(32, 64)), family="another", version=version)


def vectors(version: CarrierVersion) -> dict[str, Any]:
    """Compute everything that a mark of a version depends on."""
    return {
        "version": version.number,
        "algorithm": version.algorithm,
        "data lines": digest(data_lines(), "<i2"),
        "periods": " ".join(str(period_of(size_class)) for size_class in range(16)),
        "size classes": {f"{h}x{w}": size_class_for(h, w) for h, w in SIZES},
        "code words": {
            f"{payload.hex()} {size_class}": digest(coding.encode(payload, size_class), "<i1")
            for payload in PAYLOADS
            for size_class in (0, 15)
        },
        "keys": [_of_key(key) for key in keys_of(version)],
    }


def _of_key(key: Key) -> dict[str, Any]:
    carrier = carrier_of(key)
    return {
        "id": key.id,
        "family": key.family,
        "pilots": " ".join(f"{u},{v}" for u, v in carrier.pilots.lines),
        "pilot phases": digest(np.rint(carrier.pilot_phases * (65536 / (2 * np.pi))), "<u2"),
        "coded bit": digest(carrier.coded_bit, "<u2"),
        "signs": digest(carrier.signs, "<i1"),
        "variants": [variant_for(key, payload) for payload in PAYLOADS],
        "patterns": [
            pattern_samples(synthesise(carrier, variant_for(key, payload), payload, 0))
            for payload in PAYLOADS
        ],
    }


def digest(values: NDArray[Any], kind: str) -> str:
    """SHA-256 of an array in a fixed representation."""
    return hashlib.sha256(np.ascontiguousarray(values.astype(kind)).tobytes()).hexdigest()


def pattern_samples(pattern: NDArray[np.float32]) -> list[float]:
    """Return a few of a pattern's values, from all over it."""
    places = np.arange(SAMPLES) * (pattern.size // SAMPLES) + 17
    return [round(float(value), 4) for value in pattern.ravel()[places]]


def main() -> None:
    """Write the current version's vectors, and a marked picture."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(vectors(CURRENT), indent=1) + "\n"
    (FOLDER / f"version-{CURRENT.number}.json").write_text(text, encoding="utf-8")
    photograph = Path(skimage.__file__).parent / "data" / "astronaut.png"  # NASA: public domain
    with Image.open(photograph) as picture:
        part = np.array(picture.convert("RGB"))[:360, 100:460]
    marked = embed(part, PAYLOADS[2], keys_of(CURRENT)[0])
    Image.fromarray(marked).save(FOLDER / f"version-{CURRENT.number}.jpg", quality=75)


if __name__ == "__main__":
    main()
