"""The service that is measured, in a process of its own: ``python -m benchmarks.load.server PORT``.

With the key and the settings of the benchmark, no registry, and quotas out of the way.
"""

from __future__ import annotations

import sys
from typing import Final

from indelible import Verifier
from indelible.service import Parts, running
from indelible.settings import ServiceSettings
from indelible.watermark import Key

__all__ = ["verifier"]

_NO_QUOTA: Final = "1000000000/minute"


def verifier() -> Verifier:
    """Return what both the service and the bare loop verify with."""
    return Verifier(keys=Key(bytes(range(32))), registry=None, trust=None, changes=True)


if __name__ == "__main__":
    settings = ServiceSettings(
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        public_quota=_NO_QUOTA,
        similar_quota=_NO_QUOTA,
    )
    running.serve(Parts(verifier(), None, settings))
