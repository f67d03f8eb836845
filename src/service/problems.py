"""Problems (RFC 9457) as the resolution API has them: their codes, and those of the framework."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from indelible.errors import IndelibleError
from indelible.service.failures import RefusedError, on_refusal
from indelible.service.routes import flat_routes

__all__ = ["MEDIA_TYPE", "Problem", "answer_problems", "answers", "refused"]

MEDIA_TYPE: Final = "application/problem+json"

_CODES: Final = {
    400: "invalid",
    401: "token_needed",
    403: "not_allowed",
    404: "not_found",
    405: "unknown_method",
    409: "conflict",
    413: "too_large",
    414: "too_long",
    415: "unsupported_type",
}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Which kind of problem this is: always about:blank")
    title: str = Field(description="The name of the status")
    status: int = Field(description="The HTTP status")
    code: str = Field(description="What happened, for programs")
    detail: str = Field(description="What happened, and what to do about it")
    retry_after: int | None = Field(None, description="Seconds until it is worth another try")
    request_id: str | None = Field(None, description="What the service's log calls this request")


def refused(status: int, detail: str) -> RefusedError:
    """Return the refusal of a request, with the code that its status has in this API.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What happened and what to do about it; shown to whoever asked.
    """
    return RefusedError(status, _CODES[status], detail)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return these statuses as the OpenAPI document describes them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def answer_problems(app: FastAPI) -> None:
    """Let everything that goes wrong in an application end in a problem."""
    app.add_exception_handler(IndelibleError, on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_framework)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Name what is wrong in a request, never what was sent: it may be a secret, and long."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return await on_refusal(request, refused(400, f"{name[:64] or 'the request'}: {first['msg']}"))


async def _on_framework(request: Request, error: Exception) -> Response:
    """Answer for the framework: no such address, or a method that it does not know."""
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    status = error.status_code
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = ", ".join(_methods(request))
        response = await on_refusal(request, refused(405, f"This address knows {methods}."))
        response.headers["Allow"] = methods
        return response
    if status == HTTPStatus.NOT_FOUND:
        return await on_refusal(request, refused(404, "There is nothing at this address."))
    return await on_refusal(request, RefusedError(status, "refused", HTTPStatus(status).phrase))


def _methods(request: Request) -> list[str]:
    """Return all methods of an address, which may be spread over several routes."""
    found: set[str] = set()
    for route in flat_routes(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found | {"HEAD"} if "GET" in found else found)
