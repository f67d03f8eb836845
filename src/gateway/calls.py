"""One request on its way: what the gateway is made of, and what is known of the request so far."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
import anyio.to_thread
from starlette.requests import Request

from indelible.consent import ConsentGate
from indelible.credentials import SourceType, has_manifest
from indelible.errors import CredentialError
from indelible.gateway.errors import GatewayError, not_protected, unprotected
from indelible.gateway.hidden import shown
from indelible.gateway.keeping import Shelf
from indelible.gateway.options import Options
from indelible.gateway.pictures import Tail
from indelible.gateway.records import account_of, record_of
from indelible.gateway.routes import Match
from indelible.gateway.slots import Slots
from indelible.gateway.upstream import Upstream, credentials_of
from indelible.imaging import identify
from indelible.protection import Protector
from indelible.registry.private import InputPicture

__all__ = ["Call", "Parts", "Protected"]

_log: Final = logging.getLogger("indelible.gateway")

_KEPT_FORMATS: Final = frozenset({"png", "jpeg", "webp", "avif", "tiff", "gif", "heic"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What a gateway is made of.

    Attributes
    ----------
    upstream : Upstream
        The server behind it.
    protector : Protector
        Who marks, signs and registers.
    gate : ConsentGate or None
        Who is asked about inputs.
    options : Options
        How it behaves.
    shelf : Shelf
        Pictures that have an address here.
    made : Shelf
        Protected pictures by the digests of those that they were made from.
    requests, workers : Slots
        Places for requests, and for pictures that are worked on.
    """

    upstream: Upstream
    protector: Protector
    gate: ConsentGate | None
    options: Options
    shelf: Shelf
    made: Shelf
    requests: Slots
    workers: Slots


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected file.

    Attributes
    ----------
    data : bytes
        The file.
    format : str
        Its format's name: "png".
    """

    data: bytes = field(repr=False)
    format: str


@dataclass(slots=True)
class Call:
    """A request, and what is learnt of it.

    Attributes
    ----------
    parts : Parts
        What the gateway is made of.
    request : Request
        What was asked.
    match : Match
        Which route it is of.
    query : str
        That the upstream is asked with.
    request_id : str
        What the log and the generation record call it.
    body : bytes
        The request's, until it is read.
    asked : dict
        The fields of the request, once they are read.
    inputs : list of InputPicture
        The pictures that it came with.
    parents : list of bytes
        The files among them that the answer is an edit of.
    stream : bool
        Whether the answer is to be a stream.
    tail : Tail
        What the words of a stream were so far.
    counts : dict
        For the log: pictures in and out, and what went wrong.
    """

    parts: Parts
    request: Request
    match: Match
    query: str
    request_id: str
    body: bytes = field(default=b"", repr=False)
    asked: dict[str, Any] = field(default_factory=dict)
    inputs: list[InputPicture] = field(default_factory=list)
    parents: list[bytes] = field(default_factory=list, repr=False)
    stream: bool = False
    counts: dict[str, Any] = field(default_factory=dict)
    tail: Tail = field(default_factory=Tail, repr=False)
    _done: dict[bytes, Protected] = field(default_factory=dict, repr=False)

    @property
    def options(self) -> Options:
        """How the gateway behaves."""
        return self.parts.options

    def headers(self, **more: str) -> dict[str, str]:
        """Return the headers that the upstream is asked with."""
        own = {"x-request-id": self.request_id}
        return {**credentials_of(self.request), **own, **more}

    async def protect(self, pictures: Sequence[bytes]) -> list[Protected]:
        """Protect the pictures of an answer, several at a time; all of them, or none.

        Parameters
        ----------
        pictures : sequence of bytes
            Files. One that came before in this request gets the mark that it has.

        Raises
        ------
        GatewayError
            If one of them cannot be protected.
        """
        digests = [hashlib.sha256(data).digest() for data in pictures]
        new = {
            digest: data
            for digest, data in zip(digests, pictures, strict=True)
            if digest not in self._done
        }
        if len(self._done) + len(new) > self.options.max_outputs + self._partials():
            raise GatewayError(
                502, "too_many_pictures", "The server sent more pictures than the gateway takes."
            )
        failures: list[Exception] = []
        async with anyio.create_task_group() as group:

            async def work(digest: bytes, data: bytes) -> None:
                try:
                    async with self.parts.workers.place():
                        self._done[digest] = await anyio.to_thread.run_sync(self._protected, data)
                except Exception as error:  # noqa: BLE001 - whatever it is, nothing passes
                    failures.append(error)
                    group.cancel_scope.cancel()

            for digest, data in new.items():
                group.start_soon(work, digest, data)
        if failures:
            raise not_protected(failures[0])
        self.counts["out"] = len(self._done)
        return [self._done[digest] for digest in digests]

    def formats(self) -> set[str]:
        """Return the formats of what was protected so far."""
        return {one.format for one in self._done.values()}

    def _partials(self) -> int:
        return 4 * self.options.max_outputs if self.options.partial == "mark" else 0

    def _protected(self, data: bytes) -> Protected:
        """Protect one picture, in a thread."""
        if len(data) > self.options.max_picture_bytes:
            raise GatewayError(
                502, "picture_too_large", "The server sent a picture larger than the gateway takes."
            )
        if identify(data) not in _KEPT_FORMATS:
            raise unprotected("it is of a format that cannot be protected")
        clean = shown(data)
        options: dict[str, Any] = {
            "strip": not self.options.keep_metadata,
            "format": clean.format,
        }
        if clean.came is not None and has_manifest(clean.came):
            options["parent"] = clean.came
        elif self.parents:
            options["parent"] = self.parents[0]
        if self.inputs:
            options["source_type"] = SourceType.AI_EDITED
        if self.parts.protector.keeps_records:
            options["record"] = record_of(
                self.asked,
                account=account_of(self.request, self.options),
                request_id=self.request_id,
                inputs=self.inputs,
            )
        protect = self.parts.protector.protect
        try:
            made = protect(clean.data, **options)
        except CredentialError as error:
            if options.get("parent") is None or clean.came is not None:
                raise
            # A stranger's damaged manifest is no reason to make nothing; the record has its hash.
            _log.warning("the parent of an edit was left out: %s", error.reason())
            made = protect(clean.data, **{**options, "parent": None})
        return Protected(made.data, made.format)
