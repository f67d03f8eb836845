"""Runs one peer's method for `benchmarks.peers`, inside the peers' own environment.

Requests on stdin, answers on stdout; imports nothing of this repository.

Request: one byte (E embed, D detect), height, width, length of the payload (uint32 each), the
payload, the RGB pixels. Answer: processor seconds (float64), length (uint32), then the marked
pixels or the payload that was read; nothing where the peer fails.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import struct
import sys
import time
import types
from typing import Any

import numpy as np


def _load(method: str) -> Any:  # noqa: ANN401 -- peers have no types
    if method == "blind-watermark":
        package: Any = importlib.import_module("blind_watermark")
        package.bw_notes.close()  # its greeting
        return package
    # Its third method alone uses PyTorch, but the package imports it for all.
    sys.modules.setdefault("torch", types.ModuleType("torch"))
    return importlib.import_module("imwatermark")


def _embed(package: Any, method: str, image: Any, payload: bytes) -> bytes:  # noqa: ANN401
    bgr = np.ascontiguousarray(image[..., ::-1])
    if method == "blind-watermark":
        mark = package.WaterMark(password_wm=1, password_img=1)
        mark.read_img(img=bgr)
        mark.read_wm(np.unpackbits(np.frombuffer(payload, np.uint8)).tolist(), mode="bit")
        marked = mark.embed()
    else:
        encoder = package.WatermarkEncoder()
        encoder.set_watermark("bytes", payload)
        marked = encoder.encode(bgr, method)
    pixels = np.clip(np.rint(marked), 0, 255).astype(np.uint8)[..., ::-1]
    return bytes(np.ascontiguousarray(pixels).tobytes())


def _detect(package: Any, method: str, image: Any, length: int) -> bytes:  # noqa: ANN401
    bgr = np.ascontiguousarray(image[..., ::-1])
    if method == "blind-watermark":
        mark = package.WaterMark(password_wm=1, password_img=1)
        bits = mark.extract(embed_img=bgr, wm_shape=8 * length, mode="bit")
        return bytes(np.packbits(np.asarray(bits) > 0.5).tobytes())
    decoder = package.WatermarkDecoder("bytes", 8 * length)
    return bytes(decoder.decode(bgr, method))


def main(method: str) -> None:
    """Answer requests until stdin ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever the peers print, only answers may reach the pipe.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.redirect_stdout(sys.stderr):
        package = _load(method)
        length = 4 if method == "dwtDct" else 8
        while header := requests.read(13):
            what, height, width, size = struct.unpack("<cIII", header)
            payload = requests.read(size)
            pixels = requests.read(height * width * 3)
            image = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            start = time.process_time()
            try:
                if what == b"E":
                    answer = _embed(package, method, image, payload)
                else:
                    answer = _detect(package, method, image, length)
            except Exception:  # noqa: BLE001 -- whatever a peer raises, it has not answered
                answer = b""
            answers.write(struct.pack("<dI", time.process_time() - start, len(answer)) + answer)
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
