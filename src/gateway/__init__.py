"""The gateway: in front of a server that makes pictures, so that none leaves it unprotected.

It speaks to clients as OpenAI's API does, and to servers of OpenAI's, vLLM-Omni's and SGLang's
dialect. What it does not know it refuses. Needs the extra ``gateway``. `run` starts it;
`create_app` returns the ASGI application for a server of one's own. Importing the package loads
nothing heavy. docs/gateway.md has all of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from indelible.gateway.app import Gateway, create_app
    from indelible.gateway.options import Options, OverrideToken
    from indelible.gateway.running import run

__all__ = ["Gateway", "Options", "OverrideToken", "create_app", "run"]

_HOMES: Final = {
    "Gateway": "app",
    "Options": "options",
    "OverrideToken": "options",
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
