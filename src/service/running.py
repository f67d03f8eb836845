"""Running the service on this machine."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import uvicorn

from indelible.errors import ConfigurationError, RegistryUnavailableError
from indelible.imaging import Limits
from indelible.protection import Protector
from indelible.registry import Registry, SqlRegistry, own_registry, upkeep
from indelible.service import logs
from indelible.service.app import create_app
from indelible.service.checking import Finding, check
from indelible.service.connections import PatientProtocol
from indelible.service.desk import ConsentDesk
from indelible.service.parts import Parts
from indelible.service.sandbox import sandbox_parts
from indelible.service.worker import Tools
from indelible.service.workers import Pool
from indelible.settings import Configuration, ServiceSettings, current
from indelible.verification import Verifier

__all__ = ["check_config", "make_pool", "run", "serve"]

_CLOSING_SECONDS: Final = 5.0  # to end workers that have nothing to do any more

_log: Final = logging.getLogger("indelible.service")


def run(
    *,
    host: str | None = None,
    port: int | None = None,
    public_manifests: bool | None = None,
    sandbox: bool = False,
    announce: Callable[[str], object] = print,
) -> None:
    """Serve until told to stop, by the user's settings.

    Parameters
    ----------
    host, port, public_manifests
        In the place of those settings.
    sandbox : bool
        Serve a registry of no worth instead of the user's; see `indelible.service.sandbox`.
    announce : callable
        Is told where the service is, and the sandbox's token, once.

    Raises
    ------
    ConfigurationError
        If the settings contradict each other; a sandbox goes with no registry.
    """
    configuration = current()
    settings = configuration.settings.service
    given: dict[str, Any] = {"host": host, "port": port, "public_manifests": public_manifests}
    settings = replace(settings, **{k: v for k, v in given.items() if v is not None})
    if sandbox:
        if configuration.settings.registry.url is not None:
            raise ConfigurationError(
                "A sandbox takes anything for a manifest: it is not opened beside a registry.",
                hint="Leave --sandbox out, or registry.url.",
            )
        with sandbox_parts(settings) as (parts, secret):
            announce(f"The sandbox's token: {secret.reveal().decode()}")
            announce(f"It is at {_address(settings)}")
            serve(parts)
        return
    registry = _existing(configuration.registry())
    limits = replace(
        configuration.limits,
        max_pixels=min(configuration.limits.max_pixels, settings.max_pixels),
        max_bytes=min(configuration.limits.max_bytes, settings.max_bytes),
    )
    protector = Protector.from_settings(limits=limits)  # makes the first key, where there is none
    verifier = Verifier.from_settings(registry=registry, limits=limits, changes=True, resolvers=())
    desk = _desk(configuration, registry, limits) if settings.consent_desk else None
    announce(f"The page is at {_address(settings)} (end with Ctrl-C)")
    serve(Parts(verifier, registry, settings, protector, configuration.tokens(), desk))


def _address(settings: ServiceSettings) -> str:
    """Return what to open in a browser."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{settings.url or f'http://{host}:{settings.port}'}/"


def _desk(configuration: Configuration, registry: Registry, limits: Limits) -> ConsentDesk:
    """Return where strangers have photographs signed.

    Raises
    ------
    ConfigurationError
        If their wishes could not be kept.
    """
    own = own_registry(registry)
    if not isinstance(own, SqlRegistry):
        raise ConfigurationError(
            "service.consent_desk is set, and the first registry is not one of this machine.",
            hint="Name a database in registry.url: what people ask is kept there.",
        )
    return ConsentDesk(configuration.development_signer(), own, limits)


def _existing(registry: Registry) -> Registry:
    """Return a registry, made where there is none: what is stored here has to go somewhere."""
    own = own_registry(registry)
    if isinstance(own, SqlRegistry):
        try:
            upkeep.initialise(own)
        except RegistryUnavailableError as error:
            _log.warning("the registry cannot be used just now: %s", error.reason())
    return registry


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
        Tools(parts.verifier, parts.protector, parts.desk),
        workers=settings.workers or os.cpu_count() or 1,
        places=settings.queue,
        size=settings.queue_bytes,
        memory=settings.worker_memory,
        seconds=settings.job_seconds,
    )
