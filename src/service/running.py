"""Running the service on this machine."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Final

import uvicorn

from indelible.protection import Protector
from indelible.service import logs
from indelible.service.app import create_app
from indelible.service.checking import Finding, check
from indelible.service.connections import PatientProtocol
from indelible.service.parts import Parts
from indelible.service.worker import Tools
from indelible.service.workers import Pool
from indelible.settings import ServiceSettings, current
from indelible.verification import Verifier

__all__ = ["check_config", "make_pool", "run", "serve"]

_CLOSING_SECONDS: Final = 5.0  # to end workers that have nothing to do any more


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


def check_config() -> tuple[Finding, ...]:
    """Say what the service would be made of by the user's settings; it must not start on a fault.

    Raises
    ------
    ConfigurationError
        If the settings cannot be read.
    """
    return check(current())


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
        log_config=None,
        h11_max_incomplete_event_size=32 * 1024,
    )
    logs.configure()
    # uvicorn finishes what was taken and then raises the signal once more, for its caller.
    signal.signal(signal.SIGTERM, _exit)
    pool.start()
    try:
        uvicorn.Server(config).run()
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code:
            raise
    finally:
        pool.close(_CLOSING_SECONDS)


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)


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
