"""Timings within one process: every operation beside a JPEG of the same picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft

from benchmarks import images
from benchmarks._measures import timed
from benchmarks._running import Record, Task, single_thread
from benchmarks._systems import key_bytes, open_system
from benchmarks.attacks import Pixels, get
from indelible import watermark

__all__ = [
    "JPEG_Q90",
    "SIZES",
    "PeerTimings",
    "Timings",
    "mosaic",
    "picture",
    "time_operations",
]

SIZES = {"512": (512, 512), "1024": (1024, 1024), "2048": (2048, 2048), "12 MP": (3000, 4000)}
"""Measured sizes (height, width)."""

_RING = 16
_PART = 300
_PAYLOAD = b"8 bytes."
JPEG_Q90 = [cv2.IMWRITE_JPEG_QUALITY, 90]
"""OpenCV's options for the JPEG that times are multiples of."""


@dataclass(frozen=True)
class Timings(Task):
    """Every operation at one size, in turns, `rounds` times."""

    size: str
    rounds: int
    seed: int


@dataclass(frozen=True)
class PeerTimings(Task):
    """A peer's embedding and detection at one size."""

    method: str
    size: str
    seed: int


def picture(size: str, seed: int) -> Pixels:
    """Return what is timed: a mosaic of photographs' parts, none of them resized.

    An enlarged photograph would have little detail, and a JPEG of it would be too cheap a measure.
    """
    return mosaic(*SIZES[size], seed)


def mosaic(height: int, width: int, seed: int) -> Pixels:
    """Return a mosaic of photographs' parts; see `picture`."""
    rng = np.random.default_rng(seed)
    parts = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _PART):
        for left in range(0, width, _PART):
            place = parts[top : top + _PART, left : left + _PART]
            source = images.photograph(int(rng.integers(0, len(images.PHOTOGRAPHS))))
            y = rng.integers(0, source.shape[0] - place.shape[0] + 1)
            x = rng.integers(0, source.shape[1] - place.shape[1] + 1)
            place[:] = source[y : y + place.shape[0], x : x + place.shape[1]]
    return parts


def time_operations(task: Timings | PeerTimings) -> list[Record]:
    """Time one size, or a peer."""
    single_thread()
    if isinstance(task, PeerTimings):
        return _peer(task)
    return _sizes(task)


def _sizes(task: Timings) -> list[Record]:
    image = picture(task.size, task.seed)
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    ring = [watermark.Key.from_bytes(key_bytes(task.seed + index)) for index in range(_RING)]
    marked = watermark.embed(image, _PAYLOAD, key)
    turned = get("rotate 30")(marked).pixels
    jpeg = cv2.imencode(".jpg", image, JPEG_Q90)[1]
    luma = image.mean(axis=2, dtype=np.float32)
    operations: dict[str, Callable[[], object]] = {
        "JPEG q90 encode": lambda: cv2.imencode(".jpg", image, JPEG_Q90),
        "JPEG q90 decode": lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR),
        "FFT (rfft2, float32)": lambda: scipy.fft.rfft2(luma, workers=1),
        "embed": lambda: watermark.embed(image, _PAYLOAD, key),
        "detect, upright": lambda: watermark.detect(marked, key),
        "detect, turned 30 degrees": lambda: watermark.detect(turned, key),
        "reject, unmarked": lambda: watermark.detect(image, key),
        f"reject, ring of {_RING}": lambda: watermark.detect(image, ring),
    }
    for call in operations.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in operations}
    # In turns: a busy machine slows neighbours alike, so that ratios within a round hold.
    for _ in range(task.rounds):
        for name, call in operations.items():
            seconds[name].append(timed(call)[1])
    encode, decode = np.array(seconds["JPEG q90 encode"]), np.array(seconds["JPEG q90 decode"])
    return [
        {
            "size": task.size,
            "operation": name,
            "milliseconds": 1e3 * float(np.median(values)),
            "per_encode": float(np.median(np.array(values) / encode)),
            "per_decode": float(np.median(np.array(values) / decode)),
        }
        for name, values in seconds.items()
    ]


def _peer(task: PeerTimings) -> list[Record]:
    image = picture(task.size, task.seed)
    peer = open_system(task.method, task.seed)
    peer.detect(peer.embed(image[:256, :256], _PAYLOAD[: peer.payload_bytes])[0])
    marked, embed = peer.embed(image, _PAYLOAD[: peer.payload_bytes])
    detect = peer.detect(marked).seconds
    encode = min(timed(lambda: cv2.imencode(".jpg", image, JPEG_Q90))[1] for _ in range(3))
    jpeg = cv2.imencode(".jpg", image, JPEG_Q90)[1]
    decode = min(timed(lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR))[1] for _ in range(3))
    return [
        {
            "size": task.size,
            "operation": f"{task.method}: {name}",
            "milliseconds": 1e3 * seconds,
            "per_encode": seconds / encode,
            "per_decode": seconds / decode,
        }
        for name, seconds in (("embed", embed), ("detect", detect))
    ]
