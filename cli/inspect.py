"""``indelible inspect``: everything that a picture's credentials say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from indelible import credentials, imaging, watermark
from indelible.choices import Profile
from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer, clean, describe
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    FilesArgument,
    HostsOption,
    JobsOption,
    JsonOption,
    KeysOption,
    ManifestOption,
    OcspOption,
    TrustOption,
    detection_keys,
    trust_with,
)
from indelible.cli._tree import certificate_list, manifest_tree, profile_table, signal_list
from indelible.credentials import (
    PROFILE_NOTICE,
    AiClaim,
    CertificateReport,
    CredentialReport,
    ProfileLine,
    Signal,
)
from indelible.errors import IndelibleError, ManifestError
from indelible.files import write_atomic
from indelible.imaging import ImageFile
from indelible.settings import current
from indelible.verification import best_ai_claim, wording

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Examples[/bold]

The whole history, as a tree: [cyan]indelible inspect photo.jpg[/cyan]

The certificates behind it: [cyan]indelible inspect photo.jpg --certs[/cyan]

What the EU's AI Act asks for, line by line: [cyan]indelible inspect photo.jpg --profile eu[/cyan]

A manifest that lies beside: [cyan]indelible inspect photo.jpg --manifest photo.c2pa[/cyan]

Exit codes: 0 intact, 1 no manifest (or a profile's line is missing), 3 not intact, 4 unreadable.
"""

_EXIT: Final = {"intact": 0, "absent": 1, "changed": 3, "broken": 3, "unreadable": 3}


@dataclass(frozen=True, slots=True)
class _Inspection:
    """What was found in one file."""

    credential: CredentialReport
    signals: tuple[Signal, ...]
    lines: tuple[ProfileLine, ...]
    certificates: dict[str, tuple[CertificateReport, ...]]
    unseen: str | None


@guarded
def command(
    files: FilesArgument,
    certs: Annotated[
        bool, typer.Option("--certs", help="Show the certificates of every manifest.")
    ] = False,
    profile: Annotated[
        Profile | None,
        typer.Option("--profile", help="Check a disclosure profile. This is no legal advice."),
    ] = None,
    manifest: ManifestOption = None,
    allow_host: HostsOption = None,
    ocsp: OcspOption = False,
    key: KeysOption = None,
    trust: TrustOption = None,
    extract: Annotated[
        Path | None,
        typer.Option("--extract", metavar="FILE", help="Write the manifest to a .c2pa file."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite that file.")] = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Show everything that pictures' credentials say, and what fails, in plain words.

    No connection is opened unless --allow-host or --ocsp ask for it.
    """
    inputs = expand(files)
    defaults = current()
    limits = defaults.limits
    trusted = trust_with(trust, defaults)
    if extract is not None and len(inputs) != 1:
        raise UsageError("--extract takes the manifest of one picture.")
    keys = detection_keys(key, defaults) if profile is not None else ()

    def work(item: Input) -> _Inspection:
        image = imaging.open_image(item.source(limits), limits=limits)
        _ = image.header  # what is no picture ends here
        found = credentials.find_store(image, manifest=manifest, remote_hosts=allow_host or ())
        credential = credentials.read_found(image, found, trust=trusted, ocsp=ocsp)
        store = found.data
        if store is None and (certs or extract is not None):
            store = credentials.extract_store(image)
        if extract is not None:
            _write_store(extract, store, force=force)
        picture, unseen = _plain_metadata(image)
        lines: tuple[ProfileLine, ...] = ()
        if profile is not None and picture is not None:
            marked = watermark.detect(picture.pixels, keys).found if keys else None
            lines = credentials.check_profile(
                profile, credential, packet=picture.metadata.xmp, watermark_found=marked
            )
        return _Inspection(
            credential,
            () if picture is None else credentials.find_signals(picture.metadata),
            lines,
            _certificates(store) if certs else {},
            unseen,
        )

    def as_json(outcome: Outcome[_Inspection]) -> dict[str, Any]:
        return _as_json(outcome, certs=certs)

    done = collect(inputs, work, jobs=jobs, title="inspecting", as_json=as_json if json else None)
    if not json:
        for outcome in done:
            if outcome.value is not None:
                answer(_words(outcome.item.name, outcome.value, certs=certs))
    raise typer.Exit(worst(done, _exit_code))


def _write_store(path: Path, store: bytes | None, *, force: bool) -> None:
    if store is None:
        raise ManifestError("There is no manifest to extract.")
    write_atomic(path, store, overwrite=force)


def _certificates(store: bytes | None) -> dict[str, tuple[CertificateReport, ...]]:
    if store is None:
        return {}
    return {
        label: tuple(credentials.describe_certificate(certificate) for certificate in chain)
        for label, chain in credentials.signing_chains(store).items()
    }


def _plain_metadata(image: ImageFile) -> tuple[imaging.Picture | None, str | None]:
    """Decode the picture; where that fails, say why: the manifest can be read all the same."""
    try:
        return image.decode(tolerant=True), None
    except IndelibleError as error:
        return None, describe(error)


def _words(name: str, found: _Inspection, *, certs: bool) -> RenderableType:
    parts: list[RenderableType] = [
        Text(clean(wording.ai_line(_ai(found)))),
        manifest_tree(name, found.credential),
    ]
    if certs:
        parts.append(certificate_list(found.certificates))
    if found.lines:
        parts.append(profile_table(found.lines))
    if found.signals:
        parts.append(signal_list(found.signals))
    if found.unseen is not None:
        parts.append(Text(wording.unseen_line(found.unseen), style="yellow"))
    return Group(*parts)


def _ai(found: _Inspection) -> AiClaim:
    return best_ai_claim(found.credential, None, found.signals)


def _as_json(outcome: Outcome[_Inspection], *, certs: bool) -> dict[str, Any]:
    found = outcome.value
    if found is None:
        return {
            "file": outcome.item.name,
            **error_fields(outcome.error),
            "credential": None,
        }
    answered: dict[str, Any] = {
        "file": outcome.item.name,
        "ai": _ai(found).to_dict(),
        "credential": found.credential.to_dict(),
        "signals": [asdict(signal) for signal in found.signals],
    }
    if certs:
        answered["certificates"] = {
            label: [asdict(one) for one in chain] for label, chain in found.certificates.items()
        }
    if found.lines:
        answered["profile"] = [asdict(line) for line in found.lines]
        answered["profile_notice"] = PROFILE_NOTICE
    return answered


def _exit_code(found: _Inspection) -> int:
    code = _EXIT[found.credential.integrity]
    return max(code, 1) if any(line.present is False for line in found.lines) else code
