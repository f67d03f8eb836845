"""Hostile bytes: no bytes lead anywhere but to a verdict or to one of our errors."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import indelible
from indelible import imaging, watermark
from indelible.errors import ImageError, ImageTooLargeError, IndelibleError, UnreadableImageError
from indelible.imaging import Limits
from indelible.registry import open_registry, sqlite_url
from indelible.verification import Verification, Verifier, pixel_leg
from indelible.verification.coverage import Coverage
from indelible.watermark import Key

Pixels = NDArray[np.uint8]


@pytest.mark.parametrize("source", [b"", b"text", Path("/nonexistent.jpg"), "/", "\0"], ids=repr)
def test_what_is_no_picture(source: Any) -> None:
    with pytest.raises(UnreadableImageError):
        indelible.verify(source)


def test_a_huge_picture_is_refused_from_its_header(photograph: Pixels) -> None:
    with pytest.raises(ImageTooLargeError):
        indelible.verify(imaging.encode(photograph, "png"), limits=Limits(max_pixels=1000))


@dataclass(frozen=True)
class Corpus:
    """Small protected pictures by format, and what verifies them."""

    pictures: dict[str, bytes]
    verifier: Verifier


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, photograph: Pixels) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    key, registry = Key.generate(), open_registry(sqlite_url(folder / "registry.sqlite3"))
    small = photograph[:256, 100:356].copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDELIBLE_HOME", str(folder))
        pictures = {
            name: indelible.protect(small, format=name, key=key, registry=registry).data
            for name in ("jpeg", "png", "webp")
        }
    return Corpus(pictures, Verifier(keys=key, registry=registry, trust=None))


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Damage a file the way that transfers, disks and attackers do."""
    kind = draw.randrange(6)
    at = draw.randrange(len(data))
    damaged = bytearray(data)
    if kind == 0:
        return data[:at]
    if kind == 1:
        for _ in range(draw.randrange(1, 20)):
            damaged[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif kind == 2:
        damaged[at : at + draw.randrange(1, 200)] = draw.randbytes(draw.randrange(200))
    elif kind == 3:
        length = draw.randrange(1, 1000)
        damaged[at:at] = damaged[draw.randrange(len(data)) :][:length]
    elif kind == 4:
        head = draw.randrange(min(2000, len(data)))  # where lengths and types stand
        damaged[head : head + 4] = draw.choice(
            [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"]
        )
    else:
        damaged += draw.randbytes(draw.randrange(1, 500))
    return bytes(damaged)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_mutated_files_raise_only_our_errors(
    corpus: Corpus, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corpus.pictures[format]
    found = corpus.verifier.verify(whole).watermark.detection
    draw = random.Random(f"mutations of {format}")
    refused = 0
    for number in range(100):
        damaged = mutated(whole, draw)
        with monkeypatch.context() as patch:
            if number % 10:
                # Bytes are what is hostile here: nine of ten skip the search of the pixels, and
                # always go on to the registry.
                patch.setattr(watermark, "detect", lambda *_, **__: found)
                patch.setattr(
                    pixel_leg, "measure_coverage", lambda *_, **_regions: Coverage(0.9, False)
                )
            try:
                result = corpus.verifier.verify(damaged)
            except ImageError:
                refused += 1
            else:
                assert isinstance(result, Verification)
                json.dumps(result.to_dict(), allow_nan=False)
    assert 0 < refused < 100


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x01\x00WEBPVP8 "):
        with pytest.raises(IndelibleError):
            indelible.verify(prefix + data)
