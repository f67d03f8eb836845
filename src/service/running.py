"""Running the service on this machine."""

from __future__ import annotations

import uvicorn

from indelible.service.app import create_app
from indelible.service.parts import Parts
from indelible.settings import current
from indelible.verification import Verifier

__all__ = ["run"]


def run() -> None:
    """Serve until told to stop, by the user's settings."""
    configuration = current()
    settings = configuration.settings.service
    registry = configuration.registry() if configuration.has_registry() else None
    verifier = Verifier.from_settings(registry=registry)
    app = create_app(Parts(verifier, registry, settings))
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False)
