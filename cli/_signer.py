"""Options that name who signs, shared by ``protect`` and ``sign``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from indelible.cli._console import is_terminal
from indelible.cli._errors import UsageError
from indelible.credentials import Signer, open_signer
from indelible.secret import Secret
from indelible.settings import Configuration, with_timestamp

__all__ = ["SignerOptions", "ask_passphrase"]

_PANEL: Final = "Signer"


@dataclass(frozen=True, slots=True)
class SignerOptions:
    """The certificate, its key, and the time-stamp authority."""

    cert: Annotated[
        Path | None,
        typer.Option(
            "--cert", metavar="PEM", help="Certificate chain, leaf first.", rich_help_panel=_PANEL
        ),
    ] = None
    cert_key: Annotated[
        str | None,
        typer.Option(
            "--cert-key",
            metavar="KEY",
            help="Its private key: a PEM file, or pkcs11:..., aws-kms:..., google-kms:..., "
            "azure-key-vault:...",
            rich_help_panel=_PANEL,
        ),
    ] = None
    timestamp: Annotated[
        str | None,
        typer.Option(
            "--timestamp-url",
            "--timestamp",
            metavar="URL",
            help="RFC 3161 time-stamp authority to ask. By default SSL.com's, unless the "
            'certificate is a development one; "none" asks nobody.',
            rich_help_panel=_PANEL,
        ),
    ] = None

    def signer(self, defaults: Configuration) -> Signer:
        """Return the signer that the options name, else the user's.

        Raises
        ------
        UsageError, CertificateError, SigningError
            If it cannot be used.
        """
        url = self.timestamp or defaults.settings.signer.timestamp_url
        given = given_signer(self.cert, self.cert_key, timestamp_url=url)
        return with_timestamp(defaults.signer(), self.timestamp) if given is None else given

    def is_development(self, defaults: Configuration) -> bool:
        """Whether the signer is this machine's own development identity."""
        return self.cert is None and defaults.settings.signer.certificate is None


def given_signer(
    cert: Path | None, cert_key: str | None, *, timestamp_url: str | None
) -> Signer | None:
    """Return the signer of ``--cert`` and ``--cert-key``; None where neither is given.

    Raises
    ------
    UsageError, CertificateError, SigningError
        If one is missing, or they cannot be used.
    """
    if (cert is None) != (cert_key is None):
        raise UsageError("--cert and --cert-key go together.")
    if cert is None or cert_key is None:
        return None
    return open_signer(cert, cert_key, timestamp_url=timestamp_url, ask=ask_passphrase)


def ask_passphrase() -> Secret:
    """Return the passphrase from the environment, else ask a person, without showing it.

    Raises
    ------
    UsageError
        If there is nobody to ask.
    """
    given = Secret(os.environ.get("INDELIBLE_KEY_PASSPHRASE", ""))
    if len(given):
        return given
    if not is_terminal(sys.stdin):
        raise UsageError(
            "The private key needs a passphrase.",
            hint="Set INDELIBLE_KEY_PASSPHRASE, or run this on a terminal.",
        )
    return Secret(typer.prompt("Passphrase of the private key", hide_input=True, err=True))
