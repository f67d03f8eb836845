"""Running the service on this machine."""

from __future__ import annotations

import os
from dataclasses import replace

import uvicorn

from indelible.protection import Protector
from indelible.service.app import create_app
from indelible.service.connections import PatientProtocol
from indelible.service.parts import Parts
from indelible.service.worker import Tools
from indelible.service.workers import Pool
from indelible.settings import ServiceSettings, current
from indelible.verification import Verifier

__all__ = ["make_pool", "run", "serve"]


def run() -> None:
    """Serve until told to stop, by the user's settings."""
    configuration = current()
    settings = configuration.settings.service
    registry = configuration.registry() if configuration.has_registry() else None
    limits = replace(
        configuration.limits,
        max_pixels=min(configuration.limits.max_pixels, settings.max_pixels),
        max_bytes=min(configuration.limits.max_bytes, settings.max_bytes),
    )
    verifier = Verifier.from_settings(registry=registry, limits=limits, changes=True)
    protector = Protector.from_settings(limits=limits)
    serve(Parts(verifier, registry, settings, protector))


def serve(parts: Parts) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    parts : Parts
        What the service is made of; its verifier and its protector have to travel to other
        processes.
    """
    settings = parts.settings
    pool = make_pool(parts)
    config = uvicorn.Config(
        create_app(parts, workers=pool),
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ws="none",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        h11_max_incomplete_event_size=32 * 1024,
    )
    pool.start()
    try:
        uvicorn.Server(config).run()
    finally:
        pool.close(settings.shutdown_seconds)


def make_pool(parts: Parts) -> Pool:
    """Return the worker processes of a service, not started yet."""
    settings: ServiceSettings = parts.settings
    return Pool(
        Tools(parts.verifier, parts.protector),
        workers=settings.workers or os.cpu_count() or 1,
        places=settings.queue,
        size=settings.queue_bytes,
        memory=settings.worker_memory,
        seconds=settings.job_seconds,
    )
