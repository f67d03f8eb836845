"""Addresses of the service, as others reach it."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request

from indelible.service.parts import parts_of

__all__ = ["api_endpoint", "manifest_address"]


def api_endpoint(request: Request) -> str:
    """Return the address that the resolution API has, without a slash at its end.

    It is that of the settings, else the one that the request came to: whoever asks may have made
    that up, but nobody else is told.
    """
    origin = parts_of(request).settings.url or str(request.base_url).rstrip("/")
    return f"{origin}/v1"


def manifest_address(request: Request, manifest_id: str) -> str:
    """Return the address of a manifest."""
    return f"{api_endpoint(request)}/manifests/{quote(manifest_id, safe='')}"
