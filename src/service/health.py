"""Whether the service lives, for who supervises it."""

from __future__ import annotations

from fastapi import APIRouter, Response

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> Response:
    """Answer as long as the event loop turns."""
    return Response("ok", media_type="text/plain")
