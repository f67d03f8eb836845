"""Verifying one picture by the user's settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from indelible.choices import Effort
from indelible.credentials import Trust
from indelible.imaging import Encoded, Limits
from indelible.registry import Registry
from indelible.resolution import Resolver
from indelible.verification.result import Verification
from indelible.verification.verifier import Verifier
from indelible.watermark import Key

__all__ = ["verify"]


def verify(
    image: Encoded,
    *,
    keys: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    trust: Trust | None = None,
    manifest: Encoded | None = None,
    remote_hosts: Iterable[str] = (),
    ocsp: bool = False,
    effort: Effort | None = None,
    changes: bool = False,
    consent: bool = True,
    limits: Limits | None = None,
    resolvers: Iterable[Resolver | str] | None = None,
    send_picture: bool = False,
) -> Verification:
    """Find out who vouches for a picture, by the user's settings where nothing else is given.

    The same as ``Verifier.from_settings(keys=keys, ...).verify(image, manifest=manifest)``: see
    `Verifier.from_settings` and `Verifier.verify` for parameters, result and errors. To verify
    many pictures, make one `Verifier`.
    """
    return Verifier.from_settings(
        keys=keys,
        registry=registry,
        trust=trust,
        remote_hosts=remote_hosts,
        ocsp=ocsp,
        effort=effort,
        changes=changes,
        consent=consent,
        limits=limits,
        resolvers=resolvers,
        send_picture=send_picture,
    ).verify(image, manifest=manifest)
