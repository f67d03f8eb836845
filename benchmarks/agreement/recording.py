"""What one version answers for drawn pictures: half of them marked, all of them treated mildly.

A picture is decided by its number and the seed alone; marks and manifests are the version's own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks import attacks, images
from benchmarks._running import Record, Task
from benchmarks._systems import key_bytes, payload_for
from benchmarks.attacks import Pixels
from benchmarks.images import Source
from indelible import credentials, imaging, registry, watermark
from indelible.credentials import Generator, ManifestRequest, SoftBinding
from indelible.errors import UnmarkableImageError
from indelible.registry import Registry
from indelible.verification import Verifier

__all__ = ["TREATMENTS", "Answer", "House", "answer", "house"]

# What honest people do, and two pastes, which a verifier has to notice.
_KEPT: Final = (
    *("none", "jpeg 90", "jpeg 75", "jpeg 50", "webp 80", "resize 0.5", "resize 0.75"),
    *("resize 1.5", "crop 75 %", "crop 50 %", "rotate 2", "rotate 10 expanded", "flip h"),
    *("brightness 0.5", "contrast 1.5", "blur 1", "noise 5", "sharpen 3"),
)
_PASTED: Final = ("overlay 30 %", "replace 30 %")
TREATMENTS: Final = _KEPT + _PASTED
"""Attacks that are drawn, by their names in `benchmarks.attacks`."""

_SIDES: Final = (512, 1024)  # roots of the areas, px: .26 to 1 MP
_LEAST_PART: Final = 0.7  # of the sides, which are cut first: one photograph gives many pictures


@dataclass(frozen=True)
class Answer(Task):
    """One picture that is drawn, treated and verified."""

    number: int
    source: Source
    seed: int


@dataclass(frozen=True)
class House:
    """An owner: who signs, marks, registers and verifies."""

    identity: credentials.DevelopmentIdentity
    key: watermark.Key
    registry: Registry
    verifier: Verifier


@contextmanager
def house(seed: int) -> Iterator[House]:
    """Yield an owner whose files go when the block ends."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        identity = credentials.create_identity(folder / "identity")
        key = watermark.Key.from_bytes(key_bytes(seed))
        held = registry.open_registry(registry.sqlite_url(folder / "registry.sqlite3"))
        verifier = Verifier(keys=key, registry=held, trust=identity.trust())
        yield House(identity, key, held, verifier)


def answer(task: Answer, owner: House) -> list[Record]:
    """Draw, mark, treat and verify one picture; return what the verifier said."""
    rng = np.random.default_rng([task.seed, task.number])
    picture = _drawn(task.source.load(), rng)
    treatment = TREATMENTS[int(rng.integers(len(TREATMENTS)))]
    quality = int(rng.integers(75, 95))
    payload: bytes | None = payload_for(f"{task.source.name} {task.number}", task.seed)
    expected = "none"
    shown = picture
    signed: bytes | None = None
    if task.number % 2:
        payload = None
    else:
        try:
            shown = watermark.embed(picture, payload or b"", owner.key)
            signed = _registered(shown, payload or b"", owner)
            expected = "altered" if treatment in _PASTED else "recovered"
        except UnmarkableImageError:
            payload = None
    if treatment == "none" and signed is not None:
        data, expected = signed, "authentic"
    else:
        seen = attacks.get(treatment)(shown, task.seed).pixels
        data = _jpeg(seen, quality)
    return [_said(task, data, treatment, payload, expected, owner)]


def _said(
    task: Answer, data: bytes, treatment: str, payload: bytes | None, expected: str, owner: House
) -> Record:
    result = owner.verifier.verify(data)
    found = result.watermark.detection
    read = None if found is None or found.payload is None else found.payload
    header = imaging.open_image(data).header
    geometry: Sequence[float] | None = None
    if found is not None and found.geometry is not None:
        geometry = [float(f"{value:.7g}") for value in found.geometry.ravel()]
    return {
        "number": task.number,
        "picture": task.source.name,
        "treatment": treatment,
        "size": [header.height, header.width],
        "verdict": str(result.verdict),
        "expected": expected,
        "true_payload": None if payload is None else payload.hex(),
        "payload": None if read is None else read.hex(),
        "geometry": geometry,
        "probability": None if found is None else found.false_positive_probability,
    }


def _drawn(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Cut a part, mirror it by chance, and bring it to a size."""
    height, width = picture.shape[:2]
    rows, columns = (max(64, int(n * rng.uniform(_LEAST_PART, 1))) for n in (height, width))
    top, left = (
        int(rng.integers(0, max(n - m, 0) + 1)) for n, m in ((height, rows), (width, columns))
    )
    part = picture[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    return images.resize_area(np.ascontiguousarray(part), float(rng.uniform(*_SIDES)))


def _jpeg(picture: Pixels, quality: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), options)[1].tobytes()


def _registered(marked: Pixels, payload: bytes, owner: House) -> bytes:
    """Sign a marked picture as `protect` does, with an id that is given; return the file."""
    request = ManifestRequest(
        credentials.new_manifest_id(),
        Generator("Benchmark"),
        soft_binding=SoftBinding(watermark.ALGORITHM, payload, key_id=owner.key.id),
    )
    signed = credentials.sign(_jpeg(marked, 92), request, owner.identity.signer)
    record = registry.Record(
        manifest_id=signed.manifest_id,
        algorithm=watermark.ALGORITHM,
        payload=payload,
        manifest_store=signed.manifest_store,
        media_type="image/jpeg",
    )
    owner.registry.put(record)
    return signed.data
