"""The ASGI application, put together from its parts."""

from __future__ import annotations

from fastapi import FastAPI

from indelible.service.health import router as health
from indelible.service.parts import Parts

__all__ = ["create_app"]


def create_app(parts: Parts) -> FastAPI:
    """Return the service as an ASGI application.

    Parameters
    ----------
    parts : Parts
        What it is made of.
    """
    app = FastAPI(title="Indelible", docs_url=None, redoc_url=None)
    app.state.parts = parts
    app.include_router(health)
    return app
