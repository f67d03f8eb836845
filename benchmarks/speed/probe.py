"""Measurements that need a process of their own: ``python -m benchmarks.speed.probe NAME``.

Prints one JSON object. Imports nothing heavy before the clock runs.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["PROBES"]


def _seconds_to_import(*modules: str) -> float:
    start = time.perf_counter()
    for module in modules:
        importlib.import_module(module)
    return time.perf_counter() - start


def imports_alone() -> dict[str, float]:
    """Time the imports that the engine cannot do without."""
    return {"seconds": _seconds_to_import("numpy", "numba", "scipy.fft")}


def import_engine() -> dict[str, float]:
    """Time ``import indelible.watermark``."""
    return {"seconds": _seconds_to_import("indelible.watermark")}


def first_call() -> dict[str, float]:
    """Time the imports, then the first embedding and detection, of a 1024 x 1024 picture.

    ``processor`` is the processor time of both: compiling takes one core, which may be busy.
    """
    imports = _seconds_to_import("indelible.watermark")
    picture = _picture(1024, 1024)
    watermark: Any = importlib.import_module("indelible.watermark")
    key = watermark.Key.from_bytes(bytes(range(32)))
    start = time.perf_counter()
    marked = watermark.embed(picture, b"8 bytes.", key)
    found = watermark.detect(marked, key).found
    calls = time.perf_counter() - start
    processor = time.process_time()
    return {"imports": imports, "calls": calls, "processor": processor, "found": float(found)}


def memory_embed() -> dict[str, float]:
    """Return the peak memory of embedding 12 megapixels, as a multiple of the picture's bytes."""
    return _peak(lambda watermark, picture, key: watermark.embed(picture, b"8 bytes.", key))


def memory_detect() -> dict[str, float]:
    """Return the peak memory of a detection in 12 megapixels, likewise."""
    return _peak(lambda watermark, picture, key: watermark.detect(picture, key))


def memory_whole(operation: str, folder: str, seed: str, image: str) -> dict[str, float]:
    """Return the peak memory of protecting or verifying a file, or an array that lies in one.

    Parameters
    ----------
    operation : {"protect", "verify"}
    folder : str
        With identity and registry.
    seed : str
        Of the key.
    image : str
        The picture; ``.npy`` is loaded before, and counts as the caller's memory.
    """
    np: Any = importlib.import_module("numpy")
    whole: Any = importlib.import_module("benchmarks.speed.whole")
    imaging: Any = importlib.import_module("indelible.imaging")
    house = whole.House(Path(folder), int(seed))
    small = Path(folder) / "small.jpg"
    small.write_bytes(imaging.encode(_picture(512, 512), "jpeg"))
    given = np.load(image) if image.endswith(".npy") else Path(image)
    house.call(operation, small)  # compiled code and tables are not the picture's memory
    before = _forget_peak()
    house.call(operation, given)
    return {"times_picture": (_peak_bytes() - before) / whole.peak_picture_bytes(Path(image))}


def _picture(height: int, width: int) -> Any:  # noqa: ANN401 -- numpy is imported late
    """Make a picture with edges and noise, from the standard random generator of numpy."""
    np: Any = importlib.import_module("numpy")
    rng = np.random.default_rng(0)
    tile = rng.integers(60, 190, (32, 32, 3)).repeat(16, axis=0).repeat(16, axis=1)
    tile = (tile + rng.integers(-12, 13, tile.shape)).astype(np.uint8)
    rows, columns = -(-height // 512), -(-width // 512)
    return np.ascontiguousarray(np.tile(tile, (rows, columns, 1))[:height, :width])


def _peak(call: Callable[[Any, Any, Any], object]) -> dict[str, float]:
    watermark: Any = importlib.import_module("indelible.watermark")
    key = watermark.Key.from_bytes(bytes(range(32)))
    small, large = _picture(512, 512), _picture(3000, 4000)
    call(watermark, small, key)  # compiled code and tables are not the picture's memory
    before = _forget_peak()
    call(watermark, large, key)
    return {"times_picture": (_peak_bytes() - before) / large.nbytes}


def _forget_peak() -> float:
    """Start a new peak where the system can, and return the memory in use, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak_bytes()
    return _status("VmRSS")


def _peak_bytes() -> float:
    try:
        return _status("VmHWM")
    except OSError:
        resource: Any = importlib.import_module("resource")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak * (1 if sys.platform == "darwin" else 1024))


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024.0 * float(line.split()[1])
    raise OSError(f"no {field}")


PROBES: dict[str, Callable[..., dict[str, float]]] = {
    "imports alone": imports_alone,
    "import engine": import_engine,
    "first call": first_call,
    "memory of embed": memory_embed,
    "memory of detect": memory_detect,
    "memory of a call": memory_whole,
}
"""The probes by name."""

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](*sys.argv[2:])))
