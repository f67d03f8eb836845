"""``indelible keys``: certificates and the private keys behind them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from indelible import credentials
from indelible.cli._console import answer, answer_json, clean, remark
from indelible.cli._errors import guarded
from indelible.cli._options import JsonOption
from indelible.cli._signer import ask_passphrase
from indelible.cli._tree import certificate_table
from indelible.errors import CertificateError
from indelible.files import read_file

__all__ = ["development", "inspect", "request"]

_MAX_BYTES = 1 << 20


@guarded
def development(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    json: JsonOption = False,
) -> None:
    """Make a development certificate authority and a signing certificate, for tests.

    Nobody else trusts them. The first indelible protect makes one of your own by itself.
    """
    identity = credentials.create_identity(folder)
    files = identity.files
    if json:
        paths = {name: str(path) for name, path in files.items()}
        answer_json({**paths, "expires": identity.expires.isoformat()})
        return
    answer(
        Text.assemble((clean(files["certificate"]), "bold green"), "  --cert"),
        Text.assemble((clean(files["private_key"]), "bold green"), "  --cert-key"),
        Text.assemble((clean(files["authority"]), "bold green"), "  --trust, for whoever verifies"),
    )


@guarded
def request(
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the signing product or unit.")],
    organization: Annotated[
        str, typer.Option(metavar="NAME", help="Organisation; viewers show it as the signer.")
    ],
    key_out: Annotated[
        Path, typer.Option("--key-out", metavar="PEM", help="Where to write the private key.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PEM", help="Where to write the request.")
    ],
    country: Annotated[
        str | None, typer.Option(metavar="CC", help="Two-letter country code.")
    ] = None,
    algorithm: Annotated[
        str, typer.Option(metavar="NAME", help="es256/384/512, ps256/384/512 or ed25519.")
    ] = "es256",
    encrypt: Annotated[
        bool,
        typer.Option(
            "--encrypt",
            help="Encrypt the key, with INDELIBLE_KEY_PASSPHRASE or a passphrase asked for.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a private key and a certificate signing request (CSR) that fits the C2PA profile.

    Send the request to a certificate authority on the C2PA trust list; keep the key.
    """
    made = credentials.create_request(
        common_name=name,
        organization=organization,
        country=country,
        algorithm=algorithm,
        passphrase=ask_passphrase() if encrypt else None,
    )
    credentials.write_request(made, key_path=key_out, request_path=output)
    if json:
        answer_json({"private_key": str(key_out), "request": str(output), "algorithm": algorithm})
        return
    answer(
        Text.assemble((clean(output), "bold green"), "  goes to a certificate authority"),
        Text.assemble((clean(key_out), "bold green"), "  stays with you"),
    )


@guarded
def inspect(
    file: Annotated[Path, typer.Argument(metavar="PEM", help="Certificate chain, leaf first.")],
    json: JsonOption = False,
) -> None:
    """Show a certificate chain, and which rules of the C2PA profile it breaks.

    Exit codes: 0 fit for signing, 3 not.
    """
    try:
        content = read_file(file, _MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CertificateError(
            f"{file} cannot be read: {reason}",
            hint="Name a PEM file with certificates.",
        ) from error
    chain, findings = credentials.inspect_chain(content)
    fit = not any(finding.fatal for finding in findings)
    if json:
        answer_json(
            {
                "file": str(file),
                "fit": fit,
                "certificates": [asdict(report) for report in chain],
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        for report in chain:
            answer(certificate_table(report), Text())
        for finding in findings:
            style = "bold red" if finding.fatal else "yellow"
            answer(
                Text.assemble((f"{clean(finding.rule)}: ", style), clean(finding.message)),
                Text(f"  {clean(finding.fix)}", style="dim"),
            )
        if fit:
            answer(Text("Fit for signing Content Credentials.", style="green"))
            remark("Whether others trust it depends on who issued it: `indelible trust list`.")
    raise typer.Exit(0 if fit else 3)
