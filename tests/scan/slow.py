"""A finder that takes its time, so that something can happen meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from indelible.imaging import ImageFile
from indelible.verification import Verifier
from tests.scan.hostile import Hostile

__all__ = ["Slow"]


class Slow(Hostile):
    """As hostile as a picture says, after a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def match(self, image: ImageFile, verifier: Verifier) -> Mapping[str, Any]:
        time.sleep(self.seconds)
        return super().match(image, verifier)
