"""A finder that does to its process what a picture says after its end."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indelible.imaging import ImageFile
from indelible.scan import ScanOptions
from indelible.verification import Verifier
from tests.scan.pictures import picture

__all__ = ["Hostile", "hostile", "options"]


class Hostile:
    """Dies, hangs, grows or fails, as a picture's last bytes say; matches nothing."""

    def match(self, image: ImageFile, verifier: Verifier) -> Mapping[str, Any]:
        word, _, rest = image.data.rpartition(b"||")[2].partition(b" ")
        if word == b"exit":
            os._exit(1)
        elif word == b"segfault":
            ctypes.string_at(0)
        elif word == b"once":  # dies the first time alone, as the system ends the wrong one
            place = Path(os.fsdecode(rest))
            if not place.exists():
                place.touch()
                os._exit(1)
        elif word == b"hang":
            time.sleep(600)
        elif word == b"grow":
            kept = [bytearray(b"x" * (8 << 20)) for _ in range(400)]
            time.sleep(len(kept))
        elif word == b"raise":
            raise KeyError("a secret of the picture's")
        elif word == b"pid":
            return {"match_entry": str(os.getpid())}
        return {}

    def __str__(self) -> str:
        return "hostile"


def hostile(word: str, number: int = 0) -> bytes:
    """Return a picture that tells `Hostile` what to do."""
    return picture(number) + b"||" + os.fsencode(word)


def options(**given: Any) -> ScanOptions:
    """Return options that decode nothing."""
    verifier = Verifier(keys=(), registry=None, trust=None, pixels=False)
    return ScanOptions(verifier, **{"only": "credentials", "scan_id": "test", **given})
