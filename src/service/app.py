"""The ASGI application, put together from its parts."""

from __future__ import annotations

from fastapi import FastAPI

from indelible.network import Fetcher
from indelible.service import runtime
from indelible.service.around import Around
from indelible.service.bindings import router as bindings
from indelible.service.bundles import router as bundles
from indelible.service.consents import router as consents
from indelible.service.discovery import router as discovery
from indelible.service.document import describe
from indelible.service.fetching import router as fetching
from indelible.service.health import router as health
from indelible.service.manifests import router as manifests
from indelible.service.methods import CrossOrigin, HeadAsGet
from indelible.service.pages import router as pages
from indelible.service.parts import Parts
from indelible.service.problems import answer_problems
from indelible.service.protect import router as protect
from indelible.service.receipts import router as receipts
from indelible.service.records import router as records
from indelible.service.references import reference_router
from indelible.service.resolution import router as resolution
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
    app = FastAPI(title="Indelible", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.parts = parts
    app.add_middleware(HeadAsGet)
    app.add_middleware(CrossOrigin, settings=parts.settings)
    app.add_middleware(Around, runtime=runtime.install(app, parts, workers))
    answer_problems(app)
    app.include_router(health)
    app.include_router(pages)
    app.include_router(verify)
    app.include_router(bundles)
    app.include_router(fetching)
    app.include_router(protect)
    app.include_router(consents)
    app.include_router(discovery)
    app.include_router(resolution)
    if parts.settings.reference_hosts:
        app.include_router(reference_router(Fetcher.of(parts.settings.reference_hosts)))
    app.include_router(receipts)  # before the manifests, whose ids may hold slashes
    app.include_router(manifests)
    app.include_router(bindings)
    app.include_router(records)
    describe(app)
    return app
