"""The HTTP service: C2PA's resolution API, protecting and verifying, and a page for everybody.

Needs the extra ``service``. `run` starts it; `create_app` returns the ASGI application for a server
of one's own. Importing the package loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from indelible.service.app import create_app
    from indelible.service.checking import Finding
    from indelible.service.parts import Parts
    from indelible.service.running import run

__all__ = ["Finding", "Parts", "create_app", "run"]

_HOMES: Final = {
    "Finding": "checking",
    "Parts": "parts",
    "create_app": "app",
    "run": "running",
}

if not TYPE_CHECKING:  # a type checker would take any name for an existing one

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
