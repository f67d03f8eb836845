"""What the service answers where it does not do what it was asked: RFC 9457 bodies.

A `RefusedError` carries a status, a code for machines and a sentence for people; an error of the
library is turned into one by `refusal_of`.
"""

from __future__ import annotations

import json
import logging
import math
from typing import Final

from fastapi import Request, Response

from indelible.errors import (
    ArgumentError,
    ImageError,
    ImageTooLargeError,
    IndelibleError,
    RegistryUnavailableError,
    UnsupportedImageError,
    WatermarkError,
    WorkerDiedError,
)

__all__ = ["RefusedError", "internal_failure", "on_refusal", "refusal_of"]

_log: Final = logging.getLogger("indelible.service")

_TITLES: Final = {
    400: "Bad request",
    401: "A token is needed",
    403: "Not allowed",
    404: "Not found",
    408: "The request took too long to arrive",
    413: "Too large",
    415: "Unsupported kind of content",
    429: "Too many requests",
    500: "Internal error",
    503: "Not possible just now",
}
_OF_ERRORS: Final[tuple[tuple[type[IndelibleError], int, str], ...]] = (
    (ImageTooLargeError, 413, "too_large"),
    (UnsupportedImageError, 415, "unsupported_picture"),
    (ImageError, 400, "not_a_picture"),
    (WatermarkError, 400, "cannot_be_marked"),
    (ArgumentError, 400, "invalid_argument"),
    (WorkerDiedError, 503, "worker_died"),
)
_SOON: Final = 5  # seconds until it is worth another try, where nothing is known


class RefusedError(IndelibleError):
    """A request that is answered with a failure.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        What happened, for machines: "busy".
    message : str
        What happened, in one sentence.
    hint : str, optional
        What the reader can do about it.
    retry_after : float, optional
        Seconds until it is worth another try.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    def response(self, request_id: str | None = None) -> Response:
        """Return the answer: ``application/problem+json``."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "Failed"),
            "status": self.status,
            "code": self.code,
            "detail": self.reason(),
        }
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            seconds = max(1, math.ceil(self.retry_after))
            body["retry_after"] = seconds
            headers["Retry-After"] = str(seconds)
        if request_id is not None:
            body["request_id"] = request_id
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        content = json.dumps(body, ensure_ascii=False).encode()
        return Response(content, self.status, headers, "application/problem+json")


def refusal_of(error: IndelibleError) -> RefusedError:
    """Return what an error of the library is answered with.

    What is not the caller's to mend is said without its reason: a message may name a file.
    """
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, RegistryUnavailableError):  # whose message may name a host
        _log.warning("the registry cannot be used: %s", error.reason())
        text = "The registry cannot be asked just now."
        return RefusedError(503, "registry_unavailable", text, retry_after=_SOON)
    for kind, status, code in _OF_ERRORS:
        if isinstance(error, kind):
            later = _SOON if status == 503 else None
            return RefusedError(status, code, error.message, hint=error.hint, retry_after=later)
    return internal_failure()


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer an error of ours; registered with the application."""
    refusal = refusal_of(error) if isinstance(error, IndelibleError) else internal_failure()
    request.state.code = refusal.code
    if refusal.status == 500 and error is not refusal:
        _log.error("a request failed", exc_info=error)
    request_id = getattr(request.state, "request_id", None)
    return refusal.response(request_id if isinstance(request_id, str) else None)


def internal_failure() -> RefusedError:
    """Return the answer where the fault is here; whoever calls this has logged it, or will."""
    return RefusedError(500, "internal", "The service failed. The failure was logged.")
