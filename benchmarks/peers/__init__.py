"""Other packages' watermarks, in an environment of their own.

The peers pin old dependencies and one asks for PyTorch, so they are never installed beside
Indelible: `environment` makes a virtual environment under the user's cache folder, and `Peer` talks
to a process in it. Times are taken inside that process, so the transport does not count.
"""

from __future__ import annotations

import atexit
import os
import struct
import subprocess
import sys
import venv
from pathlib import Path
from typing import IO

import numpy as np
from platformdirs import user_cache_path

from benchmarks._interface import Outcome
from benchmarks._running import SettingsError, write_text
from benchmarks.attacks import Pixels
from indelible.errors import UnmarkableImageError

__all__ = ["METHODS", "VERSIONS", "Peer", "environment"]

METHODS = {
    "dwtDct": 4,
    "dwtDctSvd": 8,
    "blind-watermark": 8,
}
"""The peers' methods, with the bytes of payload that each is measured with.

The first two are invisible-watermark's.
"""

# Without their declared dependencies: PyTorch serves only a third method, which is not measured.
_PEERS = ("invisible-watermark==0.2.0", "blind-watermark==0.4.4")
_NEEDS = ("numpy==2.4.6", "opencv-python-headless==5.0.0.93", "PyWavelets==1.9.0")
VERSIONS = (*_PEERS, *_NEEDS)
"""What the environment holds: results depend on it."""

_WORKER = Path(__file__).with_name("worker.py")
_ENCODE, _DECODE = b"E", b"D"


def environment(cache: Path | None = None) -> Path:
    """Return the Python of the peers' environment, made on first use and for other versions.

    Parameters
    ----------
    cache : Path, optional
        Folder for the environment; by default one in the user's cache folder.

    Raises
    ------
    SettingsError
        If pip cannot install the peers.
    """
    folder = (cache or user_cache_path("indelible")) / "benchmark-peers"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = folder / "complete"
    wanted = "\n".join(VERSIONS)
    if complete.exists() and complete.read_text("utf-8") == wanted:
        return python
    print(f"Installing the other packages into {folder} (once) ...", file=sys.stderr)
    venv.EnvBuilder(with_pip=True, clear=True).create(folder)
    for packages in (_NEEDS, ("--no-deps", *_PEERS)):
        command = [str(python), "-m", "pip", "install", "--quiet", *packages]
        installed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if installed.returncode != 0:
            last = (installed.stderr.strip().splitlines() or ["no message"])[-1]
            raise SettingsError(f"The peers cannot be installed: {last}")
    write_text(complete, wanted)
    return python


class Peer:
    """A peer that runs in a process of its own environment.

    Parameters
    ----------
    method : str
        A name in `METHODS`.
    python : Path, optional
        Interpreter to run the worker with; by default the peers' environment.
    """

    def __init__(self, method: str, python: Path | None = None) -> None:
        self.payload_bytes = METHODS[method]
        command = [str(python or environment()), str(_WORKER), method]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr
        )
        atexit.register(self.close)

    def embed(self, image: Pixels, payload: bytes) -> tuple[Pixels, float]:
        """Return the marked picture and the processor seconds that it took."""
        answer, seconds = self._ask(_ENCODE, image, payload)
        if len(answer) != image.size:
            raise UnmarkableImageError("The peer refuses this picture.")
        return np.frombuffer(answer, np.uint8).reshape(image.shape), seconds

    def detect(self, image: Pixels) -> Outcome:
        """Read a payload; a peer always answers, except where it fails."""
        answer, seconds = self._ask(_DECODE, image, b"")
        return Outcome(answer or None, seconds=seconds)

    def close(self) -> None:
        """End the worker."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _ask(self, what: bytes, image: Pixels, payload: bytes) -> tuple[bytes, float]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise SettingsError("The peer's process has no pipes.")
        height, width = image.shape[:2]
        header = struct.pack("<cIII", what, height, width, len(payload))
        stdin.write(header + payload + image.tobytes())
        stdin.flush()
        seconds, length = struct.unpack("<dI", _exactly(stdout, 12))
        return _exactly(stdout, length), seconds


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise SettingsError("The peer's process ended unexpectedly; its messages are above.")
    return data
