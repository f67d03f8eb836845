"""A service of its own process for the tests: python -m tests.service.serving PORT [name=value]."""

from __future__ import annotations

import sys
from typing import Any

from indelible import Verifier
from indelible.imaging import Limits
from indelible.service import Parts, running
from indelible.settings import ServiceSettings
from indelible.watermark import Key

if __name__ == "__main__":
    given: dict[str, Any] = dict(argument.split("=", 1) for argument in sys.argv[2:])
    values: dict[str, Any] = {
        name: int(text) if text.isdigit() else text for name, text in given.items()
    }
    settings = ServiceSettings(port=int(sys.argv[1]), **values)
    limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)
    key = Key(bytes(range(32)))
    verifier = Verifier(keys=key, registry=None, trust=None, changes=True, limits=limits)
    running.serve(Parts(verifier, None, settings))
