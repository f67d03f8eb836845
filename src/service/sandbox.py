"""A service to try clients on: it takes anything for a manifest, and forgets everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from indelible.choices import Scope
from indelible.registry import open_registry, sqlite_url
from indelible.registry.private import open_tokens
from indelible.secret import Secret
from indelible.service.parts import Parts
from indelible.settings import ServiceSettings
from indelible.verification import Verifier

__all__ = ["sandbox_parts"]

_SCOPES: Final[tuple[Scope, ...]] = (
    "fetch:manifests",
    "store:manifests",
    "store:bindings",
    "fetch:records",
    "verify",
)


@contextmanager
def sandbox_parts(settings: ServiceSettings) -> Iterator[tuple[Parts, Secret]]:
    """Yield what a sandbox is made of, and the one token that it knows.

    Its registry lies in a temporary folder, which is removed at the end. Manifest stores are not
    looked into, and get ids that are drawn here; a binding without an algorithm is found under any.

    Parameters
    ----------
    settings : ServiceSettings
        How the service behaves.
    """
    with tempfile.TemporaryDirectory(prefix="indelible-sandbox-") as folder:
        url = sqlite_url(Path(folder) / "registry.sqlite3")
        registry, tokens = open_registry(url), open_tokens(url)
        _, secret = tokens.new("sandbox", _SCOPES)
        verifier = Verifier(keys=(), registry=registry, trust=None)
        try:
            yield Parts(verifier, registry, settings, tokens=tokens, sandbox=True), secret
        finally:
            registry.close()
