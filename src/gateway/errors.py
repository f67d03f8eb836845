"""What the gateway answers where it does not do what it was asked: errors of OpenAI's shape."""

from __future__ import annotations

import json
import logging
import math
from typing import Any, Final

from starlette.responses import Response

from indelible.errors import (
    CredentialError,
    ImageError,
    IndelibleError,
    RegistryError,
    WatermarkError,
)

__all__ = ["GatewayError", "internal", "not_protected", "too_long", "unprotected"]

_log: Final = logging.getLogger("indelible.gateway")

_SOON: Final = 5  # seconds until it is worth another try, where nothing is known


class GatewayError(IndelibleError):
    """A request that ends in an error.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        What happened, for machines: "consent_denied".
    message : str
        What happened, in one sentence.
    kind : str, optional
        OpenAI's ``type``; by default by the status.
    param : str, optional
        The field that it is about.
    hint : str, optional
        What the reader can do about it.
    retry_after : float, optional
        Seconds until it is worth another try.
    reference : str, optional
        Of a decision, for an appeal.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        kind: str | None = None,
        param: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
        reference: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
        self.param = param
        self.retry_after = retry_after
        self.reference = reference

    def body(self) -> dict[str, Any]:
        """Return the object that OpenAI's clients expect."""
        error: dict[str, Any] = {
            "message": self.reason(),
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        if self.reference is not None:
            error["reference"] = self.reference
        return {"error": error}

    def response(self) -> Response:
        """Return the answer."""
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        return Response(json.dumps(self.body()), self.status, headers, "application/json")


def unprotected(what: str) -> GatewayError:
    """Return the answer where the upstream sent a picture in a place that is not known."""
    return GatewayError(
        502,
        "unprotected_picture",
        f"The answer was held back: {what}.",
        hint="Ask for pictures in a form that the gateway knows (docs/gateway.md).",
    )


def not_protected(error: Exception) -> GatewayError:
    """Return the answer where a picture could not be protected; the reason goes to the log.

    A message of the library may name a file or a host, which is not the caller's to know.
    """
    if isinstance(error, GatewayError):
        return error
    reason = error.reason() if isinstance(error, IndelibleError) else type(error).__name__
    _log.warning("a picture could not be protected: %s", reason)
    if isinstance(error, RegistryError):
        return GatewayError(
            503,
            "registry_unavailable",
            "The picture was held back: it could not be registered just now.",
            hint="Try again later.",
            retry_after=_SOON,
        )
    if isinstance(error, CredentialError):
        return GatewayError(
            503,
            "signer_unavailable",
            "The picture was held back: it could not be signed just now.",
            hint="Try again later.",
            retry_after=_SOON,
        )
    if isinstance(error, WatermarkError):
        return GatewayError(
            502,
            "picture_not_markable",
            "The picture was held back: it cannot carry a mark.",
            hint="Ask for a larger one, or for one with more in it.",
        )
    if isinstance(error, ImageError):
        return GatewayError(
            502,
            "unusable_picture",
            "The answer was held back: the server sent a picture that cannot be protected.",
            hint="Ask for a still picture as PNG, WebP or JPEG.",
        )
    return internal()


def internal() -> GatewayError:
    """Return the answer where the fault is here; whoever calls this has logged it, or will."""
    return GatewayError(
        502,
        "protection_failed",
        "The gateway failed. The failure was logged, and nothing was passed on.",
    )


def too_long() -> GatewayError:
    """Return the answer where the upstream took too long."""
    return GatewayError(504, "upstream_timeout", "The server took too long.", hint="Try again.")
