"""The line to a registry behind a service: asked again where that may help, in a call's time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

from indelible.errors import (
    NetworkError,
    NoRegistryError,
    NotOwnerError,
    RegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.network import Answer, Fetcher, Method
from indelible.registry.urls import RemoteUrl
from indelible.registry.wire import MAX_RECORDS_BYTES
from indelible.secret import Secret

__all__ = ["FIRST_PAUSE", "TOKEN_VARIABLE", "Attempt", "Line", "understood"]

T = TypeVar("T")

TOKEN_VARIABLE: Final = "INDELIBLE_REGISTRY_TOKEN"  # noqa: S105 - a name, not a secret

FIRST_PAUSE: Final = 0.2
"""Seconds until a call is repeated; doubled with each try."""

_JSON: Final = "application/json"
_TRIES: Final = 4
_LONGEST_PAUSE: Final = 5.0
_BUSY: Final = (429, 503)  # nothing was done, and nobody was too bold
_HINT_TOKEN: Final = (
    f"Give a token of the right scope: token=, {TOKEN_VARIABLE}, or the setting "
    "registry.token_file."
)


class Line:
    """Asks one service, with a token.

    Parameters
    ----------
    place : RemoteUrl
        Where it is, and how long a call may take in all.
    token : Secret, optional
        Bearer token; an empty one sends none. By default the environment variable
        ``INDELIBLE_REGISTRY_TOKEN`` has it, which is read where it is sent.
    """

    def __init__(self, place: RemoteUrl, token: Secret | None) -> None:
        self.place = place
        self.token = token
        self._fetcher = Fetcher(
            hosts=(place.host,),
            allow_private=True,  # whoever runs it named it
            timeout=place.timeout,
            max_bytes=MAX_RECORDS_BYTES,
        )

    def read(self, url: str, *, missing: bool = False) -> Answer:
        """Return an answer of success, or, where something may be `missing`, 404.

        Raises
        ------
        RegistryError
            If the registry refuses, or there is no answer.
        """
        expected = (404,) if missing else ()
        attempt = self.attempt()
        while attempt.goes_on():
            answer = self.tried(attempt, "GET", url, expected=expected)
            if answer is not None:
                return answer
        raise attempt.unavailable()

    def attempt(self) -> Attempt:
        """Begin a call: its time runs from here."""
        return Attempt(self.place)

    def tried(
        self,
        attempt: Attempt,
        method: Method,
        url: str,
        *,
        body: bytes | None = None,
        key: str | None = None,
        expected: tuple[int, ...] = (),
    ) -> Answer | None:
        """Ask once; return an answer of success or an expected one, None to ask again.

        Raises
        ------
        RegistryError
            If the registry refuses.
        """
        try:
            answer = self.ask(method, url, attempt.left, body=body, key=key)
        except NetworkError as error:
            attempt.failed(error.reason(), unknown=error.sent)
            return None
        if answer.is_success or answer.status in expected:
            return answer
        if answer.status in _BUSY:
            attempt.failed("it is busy", pause=answer.retry_after)
            return None
        if answer.status >= 500:
            attempt.failed(f"it answered with status {answer.status}", unknown=True)
            return None
        raise _refusal(answer.status, self.place.base)

    def ask(
        self,
        method: Method,
        url: str,
        seconds: float,
        *,
        body: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Ask once, whatever the answer.

        Raises
        ------
        NetworkError
            If there is none.
        """
        return self._fetcher.ask(
            method,
            url,
            body=body,
            content_type=None if body is None else _JSON,
            accept=_JSON,
            token=self._secret(),
            idempotency_key=key,
            timeout=seconds,
        )

    def _secret(self) -> Secret | None:
        found = self.token
        if found is None:
            found = Secret(os.environ.get(TOKEN_VARIABLE, ""))
        return found if len(found) else None


class Attempt:
    """Tries of one call: how many, for how long, and what the last one failed with."""

    def __init__(self, place: RemoteUrl) -> None:
        self._place = place
        self._deadline = time.monotonic() + place.timeout
        self._tries = 0
        self._pause = 0.0
        self._reason = "it took too long"
        self.unknown = False  # whether something may have been done

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._deadline - time.monotonic())

    def goes_on(self) -> bool:
        """Wait for the next try; return whether there is one."""
        if self._tries:
            if self._tries >= _TRIES or self._pause >= self.left:
                return False
            time.sleep(self._pause)
        self._tries += 1
        return self.left > 0

    def failed(self, reason: str, *, unknown: bool = False, pause: float | None = None) -> None:
        """Note why a try failed."""
        self._reason = reason
        self.unknown = self.unknown or unknown
        doubled = min(_LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._tries - 1))
        self._pause = doubled if pause is None else max(pause, doubled)

    def failure(self) -> RegistryUnavailableError:
        """Return the error of a change that was not acknowledged."""
        if not self.unknown:
            return self.unavailable()
        return RegistryOutcomeUnknownError(
            f"the registry {self._place.base} may have done it or not: {self._reason}",
            hint="Ask for the record, repeat the call, or withdraw the record.",
        )

    def unavailable(self) -> RegistryUnavailableError:
        """Return the error of a question without an answer."""
        return RegistryUnavailableError(
            f"the registry {self._place.base} cannot be asked: {self._reason}"
        )


def understood(read: Callable[[], T]) -> T:
    """Return what an answer says.

    Raises
    ------
    RegistryUnavailableError
        If it is none of a registry.
    """
    try:
        return read()
    except RegistryError as error:
        raise RegistryUnavailableError(
            f"the registry answered with something else: {error.message}",
            hint="Check its address, and that both sides are of one version.",
        ) from error


def _refusal(status: int, base: str) -> RegistryError:
    """Return the error of a request that need not be repeated."""
    if status == 401:
        return RegistryUnavailableError(f"the registry {base} asks for a token", hint=_HINT_TOKEN)
    if status == 403:
        return NotOwnerError(
            f"the registry {base} does not let this token do that", hint=_HINT_TOKEN
        )
    if status == 404:
        return NoRegistryError(
            f"there is no registry at {base}",
            hint="Its address ends with /v1, as `indelible serve` prints it.",
        )
    if status == 413:
        return RegistryError("the record is too large for the registry")
    return RegistryError(f"the registry {base} refuses the request with status {status}")
