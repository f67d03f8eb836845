"""Signing and reading Content Credentials, beside the C2PA library that does the cryptography.

The bare library gets the same manifest, key and picture, and makes no thumbnail either; its signer
and settings are ready before the clock runs.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks._measures import timed
from benchmarks._running import Record, Task, single_thread
from benchmarks.speed.timings import JPEG_Q90, picture

__all__ = ["SIZE", "CredentialTimings", "available", "time_credentials"]

SIZE = "1024"
"""Size of the picture that is signed."""

_KIND = "image/jpeg"


@dataclass(frozen=True)
class CredentialTimings(Task):
    """Signing and reading one JPEG, by us and by the bare library, in turns."""

    rounds: int
    seed: int


def available() -> bool:
    """Return whether the C2PA library is installed."""
    return importlib.util.find_spec("c2pa") is not None


def time_credentials(task: CredentialTimings) -> list[Record]:
    """Time signing and reading; ``per_bare`` is the ratio to the bare library."""
    single_thread()
    image = picture(SIZE, task.seed)
    jpeg = cv2.imencode(".jpg", image, JPEG_Q90)[1].tobytes()
    with tempfile.TemporaryDirectory() as folder:
        operations = _operations(jpeg, Path(folder))
    operations |= {
        "JPEG q90 encode": lambda: cv2.imencode(".jpg", image, JPEG_Q90),
        "JPEG q90 decode": lambda: cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR),
    }
    for call in operations.values():
        call()
    names = ("sign", "sign, bare library", "read", "read, bare library")
    rounds = [
        {name: timed(operations[name])[1] for name in _turned(list(operations), index)}
        for index in range(task.rounds)
    ]
    return [
        {
            "size": SIZE,
            "operation": f"credentials: {name}",
            "milliseconds": 1e3 * float(np.median([each[name] for each in rounds])),
            "per_encode": _ratio(rounds, name, "JPEG q90 encode"),
            "per_decode": _ratio(rounds, name, "JPEG q90 decode"),
            "per_bare": _ratio(rounds, name, f"{name.partition(',')[0]}, bare library"),
        }
        for name in names
    ]


def _turned(names: list[str], steps: int) -> list[str]:
    """Begin each round elsewhere: what ran before leaves the caches as it likes."""
    steps %= len(names)
    return names[steps:] + names[:steps]


def _ratio(rounds: list[dict[str, float]], above: str, below: str) -> float:
    # Within a round: a busy machine slows neighbours alike.
    return float(np.median([each[above] / each[below] for each in rounds]))


def _operations(jpeg: bytes, folder: Path) -> dict[str, Callable[[], object]]:
    c2pa: Any = importlib.import_module("c2pa")
    credentials: Any = importlib.import_module("indelible.credentials")
    # A key of this run alone; the identity's files go with the folder.
    signer = credentials.create_identity(folder / "identity").signer
    generator = credentials.Generator("Acme Images", "2.1", provider="Acme", model="acme-1")

    def request() -> Any:  # noqa: ANN401 -- imported late
        return credentials.ManifestRequest(credentials.new_manifest_id(), generator)

    info = c2pa.C2paSignerInfo(signer.algorithm.encode(), signer.certificates, signer.pkcs8(), None)
    bare_signer = c2pa.Signer.from_info(info)
    context = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    definition = json.dumps(request().definition(has_parent=False))

    def sign_bare() -> None:
        c2pa.Builder(definition, context).sign(bare_signer, _KIND, io.BytesIO(jpeg), io.BytesIO())

    def read_bare() -> None:
        with c2pa.Reader(_KIND, io.BytesIO(signed)) as reader:
            reader.json()

    signed = credentials.sign(jpeg, request(), signer).data
    return {
        "sign": lambda: credentials.sign(jpeg, request(), signer),
        "sign, bare library": sign_bare,
        "read": lambda: credentials.read(signed),
        "read, bare library": read_bare,
    }
