"""Who asks, and how often he may: quotas by address and by token, in bounded memory.

An address is one of IPv4, or the /64 of one of IPv6, of which everybody has billions. Forwarded
addresses count only from proxies that the operator trusts.
"""

from __future__ import annotations

import heapq
import ipaddress
import threading
import time
from collections.abc import Sequence
from typing import Final, TypeAlias

from fastapi import Request
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from indelible.errors import ConfigurationError
from indelible.service.failures import RefusedError
from limits import RateLimitItem, parse_many

__all__ = ["Network", "Quota", "address_of", "networks"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_CLIENTS: Final = 50_000  # remembered at a time; all others share one quota
_EVERYBODY_ELSE: Final = "everybody else"
_MOST_HOPS: Final = 16  # of X-Forwarded-For


def networks(text: str | None) -> tuple[Network, ...]:
    """Return the networks that a setting names, separated by commas.

    Raises
    ------
    ConfigurationError
        If one of them is none.
    """
    try:
        parts = [part.strip() for part in (text or "").split(",")]
        return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)
    except ValueError as error:
        raise ConfigurationError(
            f"service.trusted_proxies: {error}.",
            hint='Give addresses or networks: "10.0.0.0/8, 127.0.0.1".',
        ) from error


def address_of(request: Request, proxies: Sequence[Network]) -> str:
    """Return whom a request counts for: an address, or the network that one customer has.

    Parameters
    ----------
    request : Request
        The request.
    proxies : sequence of network
        Those whose word on where a request came from is believed.
    """
    peer = _parsed("" if request.client is None else request.client.host)
    if peer is None:
        return "unknown"
    if _is_in(peer, proxies):
        # The nearest hop is the last; the first that is no proxy of ours is the client.
        forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        for hop in forwarded[: -_MOST_HOPS - 1 : -1]:
            found = _parsed(hop.strip())
            if found is None:
                break
            peer = found
            if not _is_in(peer, proxies):
                break
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


class Quota:
    """How often each client may do something.

    Parameters
    ----------
    rule : str
        "30/minute; 500/day".
    setting : str
        Where the rule comes from; errors name it.
    storage : Storage
        Where it is counted; quotas that share one need different names.
    name : str
        What is counted.

    Raises
    ------
    ConfigurationError
        If the rule is none.
    """

    def __init__(self, rule: str, *, setting: str, storage: Storage, name: str) -> None:
        try:
            self._rules: Sequence[RateLimitItem] = parse_many(rule)
        except ValueError as error:
            raise ConfigurationError(
                f"{setting} is {rule!r}, which is no quota.", hint='Write "30/minute; 500/day".'
            ) from error
        self._limiter = FixedWindowRateLimiter(storage)
        self._name = name

    def spend(self, client: str, message: str, *, code: str = "quota", times: int = 1) -> None:
        """Count one use.

        Parameters
        ----------
        client : str
            Whose.
        message : str
            What is said where it is one too many.
        code : str
            The same for machines.
        times : int
            How many times the quota this client has.

        Raises
        ------
        RefusedError
            429, if it is one too many; it says when there will be room again.
        """
        for rule in self._rules:
            wide = type(rule)(rule.amount * times, rule.multiples, rule.namespace)
            if not self._limiter.hit(wide, self._name, client):
                reset = self._limiter.get_window_stats(wide, self._name, client).reset_time
                raise RefusedError(
                    429,
                    code,
                    message,
                    hint="Try again later.",
                    retry_after=max(1.0, reset - time.time()),
                )


class Counters(Storage):
    """Counts in memory, of a bounded number of clients."""

    def __init__(self, most: int = _MOST_CLIENTS) -> None:
        super().__init__()
        self._most = most
        self._counts: dict[str, tuple[int, float]] = {}
        self._ends: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a storage may fail with; this one does not."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return the new count."""
        now = time.time()
        with self._lock:
            key = self._place(key, now)
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
                heapq.heappush(self._ends, (ends, key))
            self._counts[key] = (count + amount, ends)
            return count + amount

    def get(self, key: str) -> int:
        """Return a count."""
        now = time.time()
        with self._lock:
            count, ends = self._counts.get(self._place(key, now), (0, 0.0))
            return count if ends > now else 0

    def get_expiry(self, key: str) -> float:
        """Return when a count begins anew, seconds since the epoch."""
        now = time.time()
        with self._lock:
            return self._counts.get(self._place(key, now), (0, now))[1]

    def check(self) -> bool:
        """Return that it can be used."""
        return True

    def reset(self) -> int | None:
        """Forget everything."""
        with self._lock:
            number = len(self._counts)
            self._counts.clear()
            self._ends.clear()
            return number

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._counts.pop(key, None)

    def _place(self, key: str, now: float) -> str:
        """Return where a key is counted: by itself, or where there is no room, with all others."""
        while self._ends and self._ends[0][0] <= now:
            _, old = heapq.heappop(self._ends)
            if self._counts.get(old, (0, now + 1))[1] <= now:
                del self._counts[old]
        if key in self._counts or len(self._counts) < self._most:
            return key
        # A rule's key ends with its numbers, which keep rules of different lengths apart.
        return f"{_EVERYBODY_ELSE}/{'/'.join(key.rsplit('/', 3)[1:])}"


def _parsed(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_in(address: _Address, found: Sequence[Network]) -> bool:
    return any(address in network for network in found)
