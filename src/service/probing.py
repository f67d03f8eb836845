"""Whether the registry answers, asked often and found out seldom."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from indelible.registry import Registry

__all__ = ["RegistryProbe"]

_log: Final = logging.getLogger("indelible.service")

_KEPT_SECONDS: Final = 2.0
_PROBE_SECONDS: Final = 2.0


class RegistryProbe:
    """Asks now and then whether the registry answers; never more than one question at a time.

    Parameters
    ----------
    registry : Registry or None
        Which; None is always there.
    """

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self._question: asyncio.Task[bool] | None = None
        self._answered = (-_KEPT_SECONDS, True)  # when, and what

    async def is_there(self) -> bool:
        """Return whether it answers, within a bounded time; an answer is kept for a moment."""
        if self._registry is None:
            return True
        asked, answer = self._answered
        if time.monotonic() - asked < _KEPT_SECONDS:
            return answer
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(asyncio.to_thread(self._ask, self._registry))
        done, _ = await asyncio.wait({self._question}, timeout=_PROBE_SECONDS)
        answer = bool(done) and self._question.result()
        self._answered = (time.monotonic(), answer)
        return answer

    @staticmethod
    def _ask(registry: Registry) -> bool:
        try:
            registry.has("org.indelible.probe", b"\0" * 8)
        except Exception as error:  # noqa: BLE001 - whatever it is, it does not answer
            _log.warning("the registry does not answer: %s", type(error).__name__)
            return False
        return True
