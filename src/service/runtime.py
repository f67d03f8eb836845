"""What requests share: workers, quotas, counters; one of each application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import FastAPI, Request

from indelible.registry import own_registry
from indelible.service import limits
from indelible.service.arriving import Arrival, picture_of
from indelible.service.limits import Counters, Quota
from indelible.service.metrics import Metrics
from indelible.service.parts import Parts
from indelible.service.probing import RegistryProbe
from indelible.service.queueing import Hold
from indelible.service.similar import SimilarQueries
from indelible.service.worker import Job, Options, Result, Tools
from indelible.service.workers import InProcess, Workers, unless_gone

__all__ = ["Runtime", "runtime_of"]


class Runtime:
    """What requests share.

    Parameters
    ----------
    parts : Parts
        What the service is made of.
    workers : Workers, optional
        Who does the work; by default threads of this process.

    Raises
    ------
    ConfigurationError
        If a quota or a network of the settings is none.
    """

    def __init__(self, parts: Parts, workers: Workers | None = None) -> None:
        settings = parts.settings
        self.settings = settings
        self.workers: Workers = workers or InProcess(
            Tools(parts.verifier, parts.protector, parts.desk),
            places=settings.queue,
            size=settings.queue_bytes,
        )
        self.proxies = limits.networks(settings.trusted_proxies)
        self.arrival = Arrival(settings.max_bytes, settings.body_seconds)
        self._counters = Counters()
        self.public_quota = self._quota("public_quota")
        self.token_quota = self._quota("token_quota")
        self.metrics = Metrics(self.workers)
        self.probe = RegistryProbe(own_registry(parts.registry))
        self.similar = SimilarQueries(settings.similar_quota, self._counters)

    def address(self, request: Request) -> str:
        """Return the address that a request counts for."""
        return limits.address_of(request, self.proxies)

    def spend(self, request: Request, token_id: str | None) -> str:
        """Count a request for its token, or else its address; return whom it was counted for.

        Raises
        ------
        RefusedError
            429, if it is one too many.
        """
        if token_id is not None:
            client = f"token {token_id}"
            self.token_quota.spend(client, "This token was used too often.")
        else:
            client = f"address {self.address(request)}"
            self.public_quota.spend(client, "There were too many questions from your address.")
        return client

    async def picture(self, request: Request, client: str) -> tuple[bytes, dict[str, str], Hold]:
        """Return the picture of a request, the fields beside it, and what it takes of the room.

        Hand the hold to `run`, which gives it back.

        Raises
        ------
        RefusedError
            As `indelible.service.arriving.picture_of`.
        """
        self.workers.room.check(client)
        hold = self.workers.room.hold(client)
        try:
            return (*await picture_of(request, self.arrival, hold), hold)
        except BaseException:
            hold.release()
            raise

    async def run(
        self, request: Request, job: Job, data: bytes, options: Options, *, hold: Hold
    ) -> Result:
        """Have a job done for a request; given up where its client goes away.

        Raises
        ------
        IndelibleError
            As `Workers.run`.
        """
        receive = cast("Callable[[], Awaitable[Any]]", request.receive)
        return await unless_gone(receive, self.workers.run(job, data, options, hold=hold))

    async def look(
        self,
        request: Request,
        job: Job,
        data: bytes,
        options: Options,
        *,
        hold: Hold,
        stranger: bool,
    ) -> Result:
        """Have a picture looked at; a stranger's question also counts against those about its like.

        Raises
        ------
        IndelibleError
            As `run`; RefusedError (429) also where a stranger asked too often.
        """
        result = await self.run(request, job, data, options | {"hashes": stranger}, hold=hold)
        if stranger:
            self.similar.spend(hold.client, result.meta["hashes"], result.meta["digest"])
        return result

    def _quota(self, name: str) -> Quota:
        rule = getattr(self.settings, name)
        return Quota(rule, setting=f"service.{name}", storage=self._counters, name=name)


def install(app: FastAPI, parts: Parts, workers: Workers | None) -> Runtime:
    """Give an application what its requests share, and return it."""
    runtime = Runtime(parts, workers)
    app.state.runtime = runtime
    return runtime


def runtime_of(request: Request) -> Runtime:
    """Return what the requests of an application share."""
    return cast("Runtime", request.app.state.runtime)
