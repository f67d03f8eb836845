"""``POST /v1/verify/url``: the same about a picture at an address, where the operator allows it.

For the page, and for it alone: a browser may not read from other sites. Only listed hosts are
asked, through the one module that opens connections.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from indelible.errors import NetworkError
from indelible.network import Fetcher
from indelible.service.access import Caller, needs
from indelible.service.arriving import Arrival, read
from indelible.service.bodies import MOST_JSON, json_of, media_type_of
from indelible.service.failures import RefusedError
from indelible.service.parts import parts_of
from indelible.service.queueing import Hold
from indelible.service.runtime import runtime_of
from indelible.service.verify import language_for, told

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_BODY: Final = Arrival(8 * 1024, 10.0)
_SECONDS: Final = 15.0  # of one fetch
_MOST: Final = 8  # fetches at a time: each holds a thread


@router.post("/v1/verify/url")
async def verify_address(
    request: Request,
    caller: Annotated[Caller, Depends(needs("verify", open_by="public_verify"))],
    language: Annotated[str | None, Query(max_length=16)] = None,
    views: Annotated[bool, Query()] = False,
) -> Response:
    """Say whom the picture at an address comes from: ``{"url": "https://..."}``."""
    settings = parts_of(request).settings
    hosts = settings.url_hosts
    if not hosts:
        raise RefusedError(404, "no_addresses", "This service fetches no pictures.")
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise RefusedError(403, "other_site", "Only the page of this service asks for addresses.")
    runtime = runtime_of(request)
    client = runtime.spend(request, caller.token_id)
    runtime.workers.room.check(client)
    hold = runtime.workers.room.hold(client)
    try:
        url = await _url(request, hold)
        fetcher = Fetcher(hosts=hosts, timeout=_SECONDS, max_bytes=settings.max_bytes)
        picture = await _fetched(request, fetcher, url)
        hold.add(size=len(picture))
        options = {
            "language": language_for(request, language),
            "views": views,
            "full": False,
        }
        return await told(request, caller, picture, options, hold=hold)
    finally:
        hold.release()


async def _url(request: Request, hold: Hold) -> str:
    if media_type_of(request) != "application/json":
        raise RefusedError(415, "unsupported_type", 'Send JSON: {"url": "https://..."}.')
    try:
        found = json_of(await read(request, _BODY, hold), MOST_JSON)
    except ValueError:
        found = None
    url = found.get("url") if isinstance(found, dict) else None
    if not isinstance(url, str):
        raise RefusedError(400, "bad_address", 'Send JSON: {"url": "https://..."}.')
    return url


async def _fetched(request: Request, fetcher: Fetcher, url: str) -> bytes:
    """Return what lies at an address.

    What went wrong there is not told: it would say who answers inside an operator's network.
    """
    state = request.app.state
    if getattr(state, "fetching", 0) >= _MOST:
        raise RefusedError(503, "busy", "Too many pictures are being fetched.", retry_after=2)
    state.fetching = getattr(state, "fetching", 0) + 1
    try:
        return await run_in_threadpool(fetcher.get, url)
    except NetworkError:
        raise RefusedError(
            502, "not_fetched", "No picture could be fetched from this address."
        ) from None
    finally:
        state.fetching -= 1
