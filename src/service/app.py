"""The ASGI application, put together from its parts."""

from __future__ import annotations

from fastapi import FastAPI

from indelible.errors import IndelibleError
from indelible.service import runtime
from indelible.service.around import Around
from indelible.service.failures import on_refusal
from indelible.service.health import router as health
from indelible.service.parts import Parts
from indelible.service.protect import router as protect
from indelible.service.verify import router as verify
from indelible.service.workers import Workers

__all__ = ["create_app"]


def create_app(parts: Parts, *, workers: Workers | None = None) -> FastAPI:
    """Return the service as an ASGI application.

    Parameters
    ----------
    parts : Parts
        What it is made of.
    workers : Workers, optional
        Who does the work; by default threads of this very process, which a hostile picture may take
        with it.
    """
    app = FastAPI(title="Indelible", docs_url=None, redoc_url=None)
    app.state.parts = parts
    app.add_middleware(Around, runtime=runtime.install(app, parts, workers))
    app.add_exception_handler(IndelibleError, on_refusal)
    app.include_router(health)
    app.include_router(verify)
    app.include_router(protect)
    return app
