"""One server of the Resolution API: where it is, and what it may be asked."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from typing import Final

from indelible.errors import ArgumentError, NetworkError
from indelible.network import Fetcher
from indelible.network.addresses import parse, port_of
from indelible.resolution.conversation import MAX_MANIFEST_BYTES, Conversation, Place
from indelible.secret import Secret

__all__ = ["Resolver", "check_address"]

_DEFAULT_TIMEOUT: Final = 20.0
_MOST_SECONDS: Final = 600.0
_SILENT: Final = 2
_LEFT_ALONE: Final = 60.0
_HINT: Final = 'Give "https://resolver.example" or "https://resolver.example/v1".'


class Resolver:
    """A server that may be asked, and is never believed.

    Parameters
    ----------
    address : str
        Its host ("https://resolver.example"), which says where its API is or has it at ``/v1``, or
        the API's own address ("https://resolver.example/api/v1").
    hosts : iterable of str
        Further hosts that it may name: where its API or a manifest lies. Nobody else is asked; see
        `indelible.network.Fetcher.hosts`.
    allow_private : bool
        Whether it may be on a private network, and be asked by plain http. This machine
        ("http://localhost:8000") may without.
    timeout : float
        Seconds for all that is asked about one picture.
    token : str or Secret, optional
        Bearer token of the scope ``fetch:manifests``, where it asks for one.

    Raises
    ------
    ArgumentError
        If the address is none, or is plain http of another machine.
    """

    __slots__ = ("_fetcher", "_place", "_private", "_token", "address", "hosts")

    def __init__(
        self,
        address: str,
        *,
        hosts: Iterable[str] = (),
        allow_private: bool = False,
        timeout: float = _DEFAULT_TIMEOUT,
        token: str | Secret | None = None,
    ) -> None:
        self.address = check_address(address, allow_private=allow_private)
        self.hosts = tuple(hosts)
        if not 0 < timeout <= _MOST_SECONDS:
            raise ArgumentError(
                "timeout", f"timeout is {timeout!r}.", hint="Give seconds, 600 at most."
            )
        self._private = allow_private
        self._fetcher = Fetcher(
            hosts=(self.host, *self.hosts),
            allow_private=allow_private or _is_here(parse(self.address).hostname or ""),
            timeout=timeout,
            max_bytes=MAX_MANIFEST_BYTES,
        )
        self._token = None if token is None else Secret(token)
        self._place = Place()

    @property
    def host(self) -> str:
        """Its host and port, as a list of hosts has them."""
        target = parse(self.address)
        name = target.hostname or ""
        return f"[{name}]:{port_of(target)}" if ":" in name else f"{name}:{port_of(target)}"

    @property
    def timeout(self) -> float:
        """Seconds for all that is asked about one picture."""
        return self._fetcher.timeout

    @property
    def is_left_alone(self) -> bool:
        """Whether it is not asked just now, since it kept others waiting in vain."""
        return time.monotonic() < self._place.left_alone_until

    def note(self, *, silent: bool) -> None:
        """Note whether it kept a picture waiting in vain.

        After several in a row it is left alone for a while, so that one that is down does not cost
        each of many pictures a wait. Not after one: that may have been the picture's doing.
        """
        place = self._place
        place.silent = place.silent + 1 if silent else 0
        if place.silent >= _SILENT:
            place.left_alone_until = time.monotonic() + _LEFT_ALONE

    def listing(self, hosts: Iterable[str]) -> Resolver:
        """Return one that may name further hosts: those of other resolvers that are asked, too."""
        return Resolver(
            self.address,
            hosts=dict.fromkeys(one for one in (*self.hosts, *hosts) if one != self.host),
            allow_private=self._private,
            timeout=self.timeout,
            token=self._token,
        )

    def conversation(self) -> Conversation:
        """Begin to ask about one picture; the time runs from here."""
        return Conversation(self.address, self._fetcher, self._place, self._token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resolver) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        """Show where it is."""
        return f"Resolver({self.address!r})"

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes; one with a token cannot."""
        return _remade, self._state()

    def _state(self) -> tuple[object, ...]:
        return self.address, self.hosts, self._private, self.timeout, self._token


def check_address(address: str, *, allow_private: bool = False) -> str:
    """Return the address of a resolver as it is asked, without a slash at its end.

    Raises
    ------
    ArgumentError
        If it is none, or is plain http of another machine.
    """
    if not isinstance(address, str):
        raise ArgumentError(
            "resolvers", f"A resolver is an address, not a {type(address).__name__}.", hint=_HINT
        )
    try:
        target = parse(address)
    except NetworkError as error:
        shown = address.rpartition("@")[2]  # what is before it may be a password
        shown = repr(shown if len(shown) <= 80 else f"{shown[:77]}...")
        raise ArgumentError(
            "resolvers",
            f"{shown} is no address of a resolver: {error.message}.",
            hint=_HINT,
        ) from error
    if target.query or target.fragment or "?" in address or "#" in address:
        raise ArgumentError(
            "resolvers", "The address of a resolver has no query and no fragment.", hint=_HINT
        )
    if target.scheme == "http" and not allow_private and not _is_here(target.hostname or ""):
        raise ArgumentError(
            "resolvers",
            f"{target.hostname} would be asked by plain http, which others can read and change.",
            hint="Give its https address.",
        )
    return f"{target.scheme}://{target.netloc}{target.path}".rstrip("/")


def _is_here(host: str) -> bool:
    """Whether a name says by itself that it is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _remade(
    address: str, hosts: tuple[str, ...], private: bool, timeout: float, token: Secret | None
) -> Resolver:
    return Resolver(address, hosts=hosts, allow_private=private, timeout=timeout, token=token)
