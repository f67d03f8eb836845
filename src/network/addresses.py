"""Addresses: which URLs and hosts there are, which are listed, which lie on the public internet."""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from indelible.errors import NetworkError

__all__ = ["is_listed", "is_public", "joined", "origin_of", "parse", "port_of", "shown"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_URL: Final = 8192  # what servers take at most
# Beyond what the ipaddress module counts as private: carrier-grade NAT, and prefixes that carry an
# IPv4 address inside, which decides.
_REFUSED: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("100.64.0.0/10", "192.88.99.0/24", "2001::/32", "fec0::/10", "::/96")
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL: Final = ipaddress.ip_network("64:ff9b:1::/48")


def parse(url: str) -> SplitResult:
    """Take an address apart.

    Raises
    ------
    NetworkError
        If it is no address of HTTP or HTTPS, or carries a user's name or password.
    """
    if not url.isascii() or any(letter <= " " or letter in '\\"<>^`{|}' for letter in url):
        raise NetworkError("the address has characters that addresses do not have")
    if len(url) > _MAX_URL:
        raise NetworkError("the address is too long")
    try:
        target = urlsplit(url)
        _ = target.port
    except ValueError as error:
        raise NetworkError(f"the address cannot be read: {error}") from error
    if target.scheme not in _DEFAULT_PORTS or not target.hostname:
        raise NetworkError("the address is not an http or https URL")
    if target.username is not None or target.password is not None:
        raise NetworkError("the address carries a user name or password")
    return target


def joined(url: str, location: str) -> str:
    """Return where a redirect leads.

    Raises
    ------
    NetworkError
        If that is no address at all.
    """
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise NetworkError(f"the redirect cannot be followed: {error}") from error


def port_of(target: SplitResult) -> int:
    """Return the port that an address names, or its scheme's own."""
    return _DEFAULT_PORTS[target.scheme] if target.port is None else target.port


def origin_of(target: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port: who is asked."""
    return target.scheme, (target.hostname or "").rstrip(".").lower(), port_of(target)


def is_listed(target: SplitResult, hosts: tuple[str, ...]) -> bool:
    """Whether a list of hosts (as `Fetcher.hosts`) allows an address."""
    scheme, host, port = origin_of(target)
    default = port == _DEFAULT_PORTS[scheme]
    return any(_allows(item.lower(), host, port, default=default) for item in hosts)


def shown(target: SplitResult) -> str:
    """Return the address without its query, which may hold a secret."""
    return f"{target.scheme}://{target.netloc}{target.path}"


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, in whatever spelling it hides."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner_address(address)
        if inner is not None:
            return is_public(str(inner))
    refused = any(address.version == net.version and address in net for net in _REFUSED)
    return (
        address.is_global and not address.is_multicast and not address.is_reserved and not refused
    )


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, if it stands for one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _NAT64_LOCAL:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _allows(allowed: str, host: str, port: int, *, default: bool) -> bool:
    name = allowed
    if _has_port(allowed):
        name, _, only = allowed.rpartition(":")
        if str(port) != only:
            return False
    elif not default:
        return False
    return name.strip("[]") == host or (name.startswith("*.") and host.endswith(name[1:]))


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and (host.count(":") == 1 or host.startswith("["))
