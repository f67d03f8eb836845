"""Whether the service lives and is ready, and how it does: for who supervises it."""

from __future__ import annotations

import ipaddress
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from indelible.service.access import needs
from indelible.service.metrics import MEDIA_TYPE
from indelible.service.runtime import runtime_of

__all__ = ["is_local", "router"]

router = APIRouter(include_in_schema=False)

_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


@router.get("/livez")
async def livez() -> Response:
    """Answer as long as the event loop turns."""
    return Response("ok", media_type="text/plain")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Say whether pictures can be verified now: a worker is up, and the registry answers."""
    runtime = runtime_of(request)
    workers = runtime.workers.state()["up"] > 0
    registry = await runtime.probe.is_there()
    ready = workers and registry
    return JSONResponse(
        {"ready": ready, "workers": workers, "registry": registry}, 200 if ready else 503
    )


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Give the counters to this machine, and to tokens with the scope ``metrics``."""
    if not is_local(request):
        await run_in_threadpool(needs("metrics"), request)
    return Response(runtime_of(request).metrics.text(), media_type=MEDIA_TYPE)


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine itself, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
