"""What a service would be made of: said before it starts, so that nothing is a surprise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from limits.storage import Storage

from indelible.errors import IndelibleError
from indelible.service import limits
from indelible.service.limits import Counters, Quota
from indelible.settings import Configuration, ServiceSettings, every_setting

__all__ = ["Finding", "check"]

_QUOTAS: Final = ("public_quota", "similar_quota", "token_quota")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what was found.

    Attributes
    ----------
    state : {"ok", "note", "fault"}
        A fault keeps the service from starting, or from doing what it is for.
    subject : str
        What it is about: a setting, "registry", "signer".
    text : str
        What was found.
    """

    state: Literal["ok", "note", "fault"]
    subject: str
    text: str


def check(configuration: Configuration) -> tuple[Finding, ...]:
    """Look at everything that the service needs, and create nothing.

    Parameters
    ----------
    configuration : Configuration
        The user's.
    """
    return tuple(_found(configuration))


def _found(configuration: Configuration) -> Iterator[Finding]:
    settings = configuration.settings.service
    for setting in every_setting():
        if setting.section == "service":
            value = getattr(settings, setting.name)
            yield Finding("ok", setting.key, "not set" if value is None else str(value))
    yield from _faults(settings)
    yield from _public(settings)
    yield _tried("trust", lambda: _trust(configuration))
    yield _tried("watermark keys", lambda: _keys(configuration))
    yield _tried("registry", lambda: _registry(configuration))
    yield _tried("signer", lambda: _signer(configuration))


def _faults(settings: ServiceSettings) -> Iterator[Finding]:
    storage: Storage = Counters()
    for name in _QUOTAS:
        rule, key = getattr(settings, name), f"service.{name}"
        try:
            Quota(rule, setting=key, storage=storage, name=name)
        except IndelibleError as error:
            yield Finding("fault", key, error.reason())
    try:
        limits.networks(settings.trusted_proxies)
    except IndelibleError as error:
        yield Finding("fault", "service.trusted_proxies", error.reason())


def _public(settings: ServiceSettings) -> Iterator[Finding]:
    who = "anybody" if settings.public_verify else "tokens with the scope verify alone"
    yield Finding("note", "public", f"Pictures are verified for {who}.")
    if settings.public_manifests:
        yield Finding("note", "public", "Anybody may look ids up and read manifests.")
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        yield Finding(
            "note",
            "public",
            f"It listens on {settings.host}: others reach it. Put a proxy with TLS before it.",
        )


def _tried(subject: str, find: Callable[[], Finding]) -> Finding:
    try:
        return find()
    except IndelibleError as error:
        return Finding("fault", subject, error.reason())


def _trust(configuration: Configuration) -> Finding:
    configuration.trust()
    return Finding("ok", "trust", "The trust lists can be read.")


def _keys(configuration: Configuration) -> Finding:
    keys = configuration.detection_keys()
    if not keys:
        return Finding("note", "watermark keys", "There are none: no watermark is looked for.")
    return Finding("ok", "watermark keys", f"{len(keys)}, with which marks are looked for.")


def _registry(configuration: Configuration) -> Finding:
    if not configuration.has_registry():
        return Finding("note", "registry", "There is none yet: ids lead nowhere.")
    configuration.registry().has("org.indelible.probe", b"\0" * 8)
    return Finding("ok", "registry", "It answers.")


def _signer(configuration: Configuration) -> Finding:
    if configuration.settings.signer.certificate is None:
        return Finding("note", "signer", "The development identity: trusted on this machine only.")
    configuration.signer()
    return Finding("ok", "signer", "Its certificate and its key can be used.")
