"""Requests of the image routes, as the upstream gets them: with pictures that were looked at."""

from __future__ import annotations

import json

from indelible.gateway.arriving import json_of
from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError

__all__ = ["as_form", "as_json"]


async def as_json(call: Call) -> tuple[bytes, str]:
    """Return the body for the upstream, and its type."""
    call.asked = json_of(call.body)
    return json.dumps(call.asked).encode(), "application/json"


async def as_form(call: Call) -> tuple[bytes, str]:
    """Return the body for the upstream, and its type."""
    raise GatewayError(415, "unsupported_type", "Not yet.")
