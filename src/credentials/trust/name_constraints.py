"""Name constraints (RFC 5280, 4.2.1.10): for which names an authority may issue certificates.

Whatever cannot be compared counts as not permitted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

__all__ = ["forbidden_name"]


def forbidden_name(certificate: x509.Certificate, issuer: x509.Certificate) -> str | None:
    """Return a name in a certificate that an authority above it may not vouch for.

    Parameters
    ----------
    certificate : x509.Certificate
        Whose subject and alternative names are looked at.
    issuer : x509.Certificate
        Any authority above it: its constraints hold for everything below.

    Returns
    -------
    str or None
        The name, for people; None if every name is permitted.
    """
    try:
        limits = issuer.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
    permitted, excluded = limits.permitted_subtrees or (), limits.excluded_subtrees or ()
    for name in _names(certificate):
        rule = _RULES.get(type(name))
        limiting = [base for base in permitted if type(base) is type(name)]
        refusing = [base for base in excluded if type(base) is type(name)]
        if not limiting and not refusing:
            continue
        if rule is None:
            return _in_words(name)
        if limiting and not any(rule(name.value, base.value, False) for base in limiting):
            return _in_words(name)
        if any(rule(name.value, base.value, True) for base in refusing):
            return _in_words(name)
    return None


def _names(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    if list(certificate.subject):
        yield x509.DirectoryName(certificate.subject)
    alternative: list[x509.GeneralName] = []
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        alternative = list(extension.value)
    except x509.ExtensionNotFound:
        pass
    yield from alternative
    if not any(isinstance(name, x509.RFC822Name) for name in alternative):
        for entry in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            yield x509.RFC822Name(str(entry.value))


# Each rule takes a name, the base of a subtree, and what to say where the two cannot be compared.
def _directory(name: x509.Name, base: x509.Name, _unsure: bool) -> bool:
    names, bases = ([_normal(part) for part in which.rdns] for which in (name, base))
    return names[: len(bases)] == bases


def _normal(part: x509.RelativeDistinguishedName) -> frozenset[tuple[str, str]]:
    return frozenset(
        (item.oid.dotted_string, " ".join(str(item.value).casefold().split())) for item in part
    )


def _dns(name: str, base: str, unsure: bool) -> bool:
    host, tree = name.lower().rstrip("."), base.lower().rstrip(".").removeprefix(".")
    if host.startswith("*."):
        host = host[2:]
        if unsure and tree.endswith("." + host):  # a wildcard that covers the tree
            return True
    if not tree or host == tree:
        return not (base.startswith(".") and host == tree)
    return host.endswith("." + tree)


def _mail(name: str, base: str, unsure: bool) -> bool:
    local, separator, host = name.rpartition("@")
    if not separator:
        return unsure
    if "@" in base:
        mailbox, _, domain = base.rpartition("@")
        return local == mailbox and host.lower() == domain.lower()
    return _host(host, base)


def _uri(name: str, base: str, unsure: bool) -> bool:
    try:
        host = urlsplit(name).hostname
    except ValueError:
        return unsure
    if not host or _is_address(host):
        return unsure
    return _host(host, base)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host(host: str, base: str) -> bool:
    host, tree = host.lower().rstrip("."), base.lower().rstrip(".")
    return host.endswith(tree) if tree.startswith(".") else host == tree or not tree


def _address(name: object, base: object, unsure: bool) -> bool:
    if not isinstance(name, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        return unsure
    if not isinstance(base, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return unsure
    return name.version == base.version and name in base


_RULES: Final[dict[type[x509.GeneralName], Callable[..., bool]]] = {
    x509.DirectoryName: _directory,
    x509.DNSName: _dns,
    x509.RFC822Name: _mail,
    x509.UniformResourceIdentifier: _uri,
    x509.IPAddress: _address,
}


def _in_words(name: x509.GeneralName) -> str:
    value = name.value
    return value.rfc4514_string() if isinstance(value, x509.Name) else str(value)
