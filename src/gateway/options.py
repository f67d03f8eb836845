"""How a gateway behaves: one frozen value, whose defaults refuse where there is doubt."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from indelible.errors import ArgumentError

__all__ = ["Options", "OverrideToken"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEADER: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
# Of the operator's own header; these would put a secret into records.
_SECRET_HEADERS: Final = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


@dataclass(frozen=True, slots=True)
class OverrideToken:
    """A token with which somebody may let a refused input pass; its digest is all that is kept.

    Attributes
    ----------
    sha256 : str
        SHA-256 of the token, 64 hexadecimal digits.
    scope : str
        What the gate is told; its policy has to name it in ``override_scopes``.
    by : str
        Whose it is, for the audit.
    """

    sha256: str = field(repr=False)
    scope: str
    by: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise ArgumentError(
                "sha256", "An override token is kept as 64 hexadecimal digits of its SHA-256."
            )
        if not self.scope.strip() or not self.by.strip():
            raise ArgumentError("scope", "An override token needs a scope, and a name.")

    @classmethod
    def parse(cls, text: str) -> tuple[OverrideToken, ...]:
        """Read lines of "DIGEST SCOPE NAME"; ``#`` begins a comment.

        Raises
        ------
        ArgumentError
            If a line is none.
        """
        found = []
        for line in text.splitlines():
            parts = line.partition("#")[0].split(maxsplit=2)
            if len(parts) == 3:
                found.append(cls(parts[0].lower(), parts[1], parts[2].strip()))
            elif parts:
                raise ArgumentError(
                    "override_tokens",
                    "A line of override tokens is none.",
                    hint="Write: SHA-256 of the token, scope, name of who has it.",
                )
        return tuple(found)

    def is_token(self, token: str) -> bool:
        """Whether this is the token, compared in constant time."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        return hmac.compare_digest(digest, self.sha256)


@dataclass(frozen=True, slots=True)
class Options:
    """How a gateway behaves.

    Attributes
    ----------
    allow_hosts : tuple of str
        Hosts, besides the upstream's own, from which pictures that an answer only names by address
        are fetched; as `indelible.network.Fetcher` takes them.
    input_hosts : tuple of str
        Hosts from which input pictures that a request names by address are fetched; ``"*"`` for any
        host on the public internet. By default there are none, and such requests are refused.
    allow_private : bool
        Let hosts of both lists be on private networks or this machine.
    partial : {"drop", "mark"}
        What becomes of partial pictures in streams: left out, or protected as any other.
    rehost : bool
        Give a picture that was asked for as an address an address of the gateway; otherwise it is
        sent in the answer (``b64_json``).
    public_url : str, optional
        How clients reach the gateway, for such addresses; by default as the request names it.
    rehost_seconds, rehost_bytes : int
        How long such a picture can be fetched, and how many bytes of them are held in memory.
    account_header : str, optional
        Header with the operator's own reference to an account, set by a proxy in front that
        clients cannot get round; it goes into generation records. By default they hold a digest of
        the caller's key.
    overrides : tuple of OverrideToken
        Who may let a refused input pass.
    stored_inputs : bool
        Let requests refer to pictures that the upstream keeps (``previous_response_id``, ids of
        earlier calls), which the gate does not see. Files (``file_id``) are fetched and checked.
    keep_metadata : bool
        Keep EXIF, XMP and texts that the upstream wrote; by default all but the ICC profile goes,
        because a preview in it would be a picture without a mark.
    max_request_bytes, max_answer_bytes, max_picture_bytes : int
        Largest body of a request, of an answer (a stream as a whole), and largest picture.
    max_inputs, max_outputs : int
        Pictures of one request, and of one answer.
    body_seconds, upstream_seconds : float
        Until a request has arrived, and until the upstream has answered all of it.
    concurrency, queue : int
        Requests at a time, and how many more may wait; beyond, 503.
    queue_seconds : float
        How long one may wait.
    workers : int, optional
        Pictures that are worked on at a time; by default one for each core.
    """

    allow_hosts: tuple[str, ...] = ()
    input_hosts: tuple[str, ...] = ()
    allow_private: bool = False
    partial: Literal["drop", "mark"] = "drop"
    rehost: bool = False
    public_url: str | None = None
    rehost_seconds: int = 3600
    rehost_bytes: int = 256 << 20
    account_header: str | None = None
    overrides: tuple[OverrideToken, ...] = ()
    stored_inputs: bool = False
    keep_metadata: bool = False
    max_request_bytes: int = 64 << 20
    max_answer_bytes: int = 128 << 20
    max_picture_bytes: int = 50 << 20
    max_inputs: int = 16
    max_outputs: int = 10
    body_seconds: float = 60.0
    upstream_seconds: float = 300.0
    concurrency: int = 32
    queue: int = 64
    queue_seconds: float = 10.0
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.partial not in ("drop", "mark"):
            raise ArgumentError(
                "partial", f"partial is {self.partial!r}.", hint='Give "drop" or "mark".'
            )
        for name in ("allow_hosts", "input_hosts"):
            _check_hosts(name, getattr(self, name))
        header = self.account_header
        if header is not None and (
            not _HEADER.fullmatch(header.lower()) or header.lower() in _SECRET_HEADERS
        ):
            raise ArgumentError(
                "account_header",
                f"{header!r} is no header for a reference to an account.",
                hint="Name one that your proxy sets, such as X-Account.",
            )
        for name in (
            "rehost_seconds", "rehost_bytes", "max_request_bytes", "max_answer_bytes",
            "max_picture_bytes", "max_inputs", "max_outputs", "body_seconds", "upstream_seconds",
            "concurrency", "queue_seconds",
        ):  # fmt: skip
            if getattr(self, name) <= 0:
                raise ArgumentError(name, f"{name} is {getattr(self, name)}.", hint="Give more.")


def _check_hosts(name: str, hosts: Iterable[str]) -> None:
    if isinstance(hosts, str) or not all(
        isinstance(one, str) and one and "/" not in one for one in hosts
    ):
        raise ArgumentError(
            name, f"{name} are no names of hosts.", hint='Give names: ("cdn.example.org",).'
        )
