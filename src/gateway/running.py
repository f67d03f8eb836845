"""Running a gateway on this machine."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import uvicorn

from indelible.consent import ConsentGate, HashList, Policy
from indelible.errors import ArgumentError, ConfigurationError, RegistryUnavailableError
from indelible.files import read_private_file
from indelible.gateway.app import Gateway, create_app
from indelible.gateway.options import Options, OverrideToken
from indelible.protection import Protector
from indelible.registry import Registry, SqlRegistry, own_registry, upkeep
from indelible.settings import current

__all__ = ["POLICIES", "Configured", "configured", "run"]

PolicyName: TypeAlias = Literal["default", "strict", "registered", "off"]

POLICIES: Final[dict[PolicyName, str]] = {
    "default": "refuse where there is doubt",
    "strict": "refuse what asks not to be trained on, too",
    "registered": "heed only consent marks that are registered",
    "off": "ask nobody",
}
"""What inputs are asked, by name."""

_MOST_TOKENS: Final = 1 << 20  # bytes of a file of override tokens
_SHUTDOWN_SECONDS: Final = 30

_log: Final = logging.getLogger("indelible.gateway")


@dataclass(frozen=True, slots=True)
class Configured:
    """A gateway by the user's settings, and what it is made of, in words.

    Attributes
    ----------
    app : Gateway
        It.
    facts : tuple of (str, str)
        What is said of it before it starts.
    """

    app: Gateway
    facts: tuple[tuple[str, str], ...]


def configured(
    upstream: str,
    *,
    options: Options | None = None,
    consent: PolicyName = "default",
    hash_lists: Sequence[str | os.PathLike[str]] = (),
    audit: str | os.PathLike[str] | None = None,
    override_tokens: str | os.PathLike[str] | None = None,
) -> Configured:
    """Return a gateway of the user's signer, keys and registry.

    Parameters
    ----------
    upstream : str
        Address of the server behind it.
    options : Options, optional
        How it behaves.
    consent : {"default", "strict", "registered", "off"}
        What is refused of inputs.
    hash_lists : sequence of path
        Pictures that are always refused; see `HashList.from_file`.
    audit : path, optional
        Where a line goes for each decision about an input; by default to the log.
    override_tokens : path, optional
        Private file of who may let a refused input pass; see `OverrideToken.parse`.

    Raises
    ------
    IndelibleError
        If something that is needed is not there.
    """
    chosen = options or Options()
    overrides = chosen.overrides
    if override_tokens is not None:
        overrides = _tokens(override_tokens)
    configuration = current()
    registry = _existing(configuration.registry())
    protector = Protector.from_settings()  # makes the first key, where there is none
    gate = None
    if consent != "off":
        gate = ConsentGate(
            policy=_policy(consent, overrides),
            keys=configuration.detection_keys(),
            registry=registry,
            trust=configuration.trust(),
            hash_lists=[HashList.from_file(path) for path in hash_lists],
            audit=audit,
        )
    chosen = dataclasses.replace(chosen, overrides=overrides)
    app = create_app(upstream=upstream, protector=protector, gate=gate, options=chosen)
    facts = (
        ("upstream", upstream),
        ("consent", f"{consent}: {POLICIES[consent]}"),
        ("inputs by address", ", ".join(chosen.input_hosts) or "refused"),
        ("answers by address", ", ".join(("the upstream's own", *chosen.allow_hosts))),
        ("partial pictures", "left out" if chosen.partial == "drop" else "protected"),
        ("generation records", "kept" if protector.keeps_records else "not kept: no record keys"),
    )
    return Configured(app, facts)


def run(
    upstream: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8090,
    options: Options | None = None,
    consent: PolicyName = "default",
    hash_lists: Sequence[str | os.PathLike[str]] = (),
    audit: str | os.PathLike[str] | None = None,
    override_tokens: str | os.PathLike[str] | None = None,
    announce: Callable[[str], object] = print,
) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    upstream, options, consent, hash_lists, audit, override_tokens
        As for `configured`.
    host, port
        Where to listen.
    announce : callable
        Is told where the gateway is, once.

    Raises
    ------
    IndelibleError
        As `configured`.
    """
    made = configured(
        upstream,
        options=options,
        consent=consent,
        hash_lists=hash_lists,
        audit=audit,
        override_tokens=override_tokens,
    )
    chosen = made.app.parts.options
    shown = f"[{host}]" if ":" in host else host
    announce(f"The gateway is at http://{shown}:{port}/v1 (end with Ctrl-C)")
    config = uvicorn.Config(
        made.app,
        host=host,
        port=port,
        http="h11",
        ws="none",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=4 * (chosen.concurrency + chosen.queue),
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        log_config=None,
        h11_max_incomplete_event_size=32 * 1024,
    )
    _configure_logs()
    # uvicorn finishes what was taken and then raises the signal once more, for its caller.
    signal.signal(signal.SIGTERM, _exit)
    try:
        uvicorn.Server(config).run()
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code:
            raise


def _policy(name: PolicyName, overrides: Sequence[OverrideToken]) -> Policy:
    scopes = frozenset(one.scope for one in overrides)
    match name:
        case "default":
            return Policy(override_scopes=scopes)
        case "strict":
            return Policy(mining="deny", override_scopes=scopes)
        case "registered":
            return Policy(unregistered="allow", override_scopes=scopes)
        case _:
            raise ArgumentError(
                "consent", f"{name!r} is no policy.", hint=f"Give one of {', '.join(POLICIES)}."
            )


def _tokens(path: str | os.PathLike[str]) -> tuple[OverrideToken, ...]:
    try:
        held = read_private_file(path, _MOST_TOKENS, what="file of override tokens")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The override tokens cannot be read: {error}") from error
    return OverrideToken.parse(held.decode("utf-8", "replace"))


def _existing(registry: Registry) -> Registry:
    """Return a registry, made where there is none: what is made here has to go somewhere."""
    own = own_registry(registry)
    if isinstance(own, SqlRegistry):
        try:
            upkeep.initialise(own)
        except RegistryUnavailableError as error:
            _log.warning("the registry cannot be used just now: %s", error.reason())
    return registry


def _configure_logs() -> None:
    """Write this process's logs to its standard error: a line a request, and what went wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name, level in (
        ("indelible", logging.WARNING),
        ("indelible.gateway", logging.INFO),
        ("indelible.consent", logging.INFO),
        ("uvicorn", logging.ERROR),
    ):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(level)
    # They write down addresses, which hold ids of files.
    for name in ("httpx2", "httpx", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)
