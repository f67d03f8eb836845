"""The environment variables of Indelible.

Nothing else in the package reads the environment, but for the secrets: who needs one takes it where
it is used (`indelible.credentials.signers`, `indelible.registry.remote`), so that it stands in no
setting and no variable that a reporter of errors would write down.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

__all__ = [
    "OTHER_VARIABLES",
    "PREFIX",
    "SECRET_VARIABLES",
    "fingerprint",
    "secrets_set",
    "variables",
]

PREFIX: Final = "INDELIBLE_"

OTHER_VARIABLES: Final = {
    "INDELIBLE_CONFIG": "Configuration file to read instead of the user's.",
    "INDELIBLE_HOME": "One folder for everything: settings, keys, identity, registry.",
    "INDELIBLE_KEY_PASSPHRASE": "Passphrase of the private key (a secret).",
    "INDELIBLE_PKCS11_PIN": "PIN of the token that holds the private key (a secret).",
    "INDELIBLE_REGISTRY_TOKEN": "Bearer token of a registry behind a service (a secret).",
}
"""Variables that are not settings, and what each is for."""

SECRET_VARIABLES: Final = frozenset(
    {"INDELIBLE_KEY_PASSPHRASE", "INDELIBLE_PKCS11_PIN", "INDELIBLE_REGISTRY_TOKEN"}
)


def variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of this package that are set, without the secrets among them.

    Parameters
    ----------
    environ : mapping, optional
        Environment to read; by default the process's own.
    """
    return {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if name.startswith(PREFIX) and value and name not in SECRET_VARIABLES
    }


def secrets_set() -> frozenset[str]:
    """Return which of the secrets are set, without their values."""
    return frozenset(name for name in SECRET_VARIABLES if os.environ.get(name))


def fingerprint() -> tuple[tuple[str, int], ...]:
    """Return what changes when a variable of this package does, without any value.

    Error reporters show the variables of a frame, so no secret may stand in one.
    """
    return tuple(
        sorted((name, hash(value)) for name, value in os.environ.items() if name.startswith(PREFIX))
    )
