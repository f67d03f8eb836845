"""``indelible evidence``: one file about one picture, that a stranger can check without us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer
from rich.text import Text

from indelible.cli._console import answer, answer_json, clean, flowing, remark, write_bytes
from indelible.cli._errors import UsageError, guarded
from indelible.cli._groups import grouped
from indelible.cli._inputs import STDIN, Input
from indelible.cli._options import (
    AskOption,
    EffortOption,
    ForceOption,
    HostsOption,
    JsonOption,
    KeysOption,
    LanguageOption,
    OcspOption,
    RegistryOption,
    SendPictureOption,
    TrustOption,
    detection_keys,
    language_of,
    registry_at,
    resolvers_at,
    trust_with,
)
from indelible.cli._signer import ask_passphrase, given_signer
from indelible.credentials import Signer
from indelible.errors import IndelibleError
from indelible.files import read_file as read
from indelible.files import read_private_file, write_atomic
from indelible.languages import translate
from indelible.secret import Secret
from indelible.settings import Configuration, current
from indelible.verification import Verifier

if TYPE_CHECKING:
    from indelible.evidence import Again, Bundle

__all__ = ["app"]

EPILOG = """
[bold]Examples[/bold]

A bundle about a picture, with a time stamp:
[cyan]indelible evidence make picture.jpg -o case.wacz --tsa http://timestamp.digicert.com[/cyan]

About a picture on the web, named for who holds it:
[cyan]indelible evidence make --url https://example.org/a.jpg -o case.wacz --by "A. Name"[/cyan]

An intimate picture, that only the police can open:
[cyan]indelible evidence make picture.jpg -o case.wacz --seal police.pem[/cyan]

Is it as it was made, and is the finding the same? [cyan]indelible evidence check case.wacz
--again[/cyan]

Take it over: [cyan]indelible evidence custody case.wacz -o taken.wacz --who "B. Name" --what "took
it over" --why "case 12"[/cyan]

Nothing is ever sent: a time-stamp authority gets a hash, and letters stay drafts.
"""

_MOST_PEM: Final = 1 << 20
_UNCHECKED: Final = 1
_CHANGED: Final = 3
_MOST_SHOWN: Final = 12
_SIGNS: Final = {
    "good": ("holds", "green"),
    "bad": ("CHANGED", "bold red"),
    "unknown": ("unknown", "yellow"),
    "note": ("note", "dim"),
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    epilog=flowing(EPILOG),
    help="Make, check and hand on evidence about a picture, in one file for strangers.",
)

BundleArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="What `evidence make` wrote.")
]


@dataclass(frozen=True, slots=True)
class StampOptions:
    """Who signs a bundle, and who says when."""

    tsa: Annotated[
        list[str] | None,
        typer.Option(
            "--tsa",
            metavar="URL",
            help="RFC 3161 time-stamp authority to ask; may be repeated. It gets a hash alone.",
        ),
    ] = None
    tsa_ca: Annotated[
        Path | None,
        typer.Option("--tsa-ca", metavar="PEM", help="Roots of authorities, besides the lists'."),
    ] = None
    allow_untimed: Annotated[
        bool,
        typer.Option("--allow-untimed", help="Make it even if no authority answers."),
    ] = False
    cert: Annotated[
        Path | None,
        typer.Option("--cert", metavar="PEM", help="Certificate chain that signs, leaf first."),
    ] = None
    cert_key: Annotated[
        str | None,
        typer.Option("--cert-key", metavar="KEY", help="Its private key, as for `sign`."),
    ] = None

    def signer(self, defaults: Configuration) -> Signer:
        """Return who signs: as the options say, else the user's signer.

        Raises
        ------
        UsageError, CertificateError, SigningError
            If it cannot be used.
        """
        return given_signer(self.cert, self.cert_key, timestamp_url="none") or defaults.signer()

    def given(self) -> dict[str, Any]:
        """Return what `make` and `hand_on` take of them."""
        return {
            "time_stamps": tuple(self.tsa or ()),
            "stamp_roots": None if self.tsa_ca is None else _pem(self.tsa_ca),
            "allow_untimed": self.allow_untimed,
        }


@app.command()
@guarded
@grouped
def make(
    picture: Annotated[
        str | None,
        typer.Argument(metavar="[PICTURE]", help="The picture; - is standard input."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the bundle goes (.wacz)."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="Fetch the picture from here: its host is asked, and no other.",
        ),
    ] = None,
    shown_at: Annotated[
        str | None,
        typer.Option(
            "--shown-at", metavar="URL", help="Where a given picture is shown; not fetched."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who makes it; by default nobody is named."),
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="Why it is made; in the log.")
    ] = None,
    seal: Annotated[
        Path | None,
        typer.Option(
            "--seal",
            metavar="PEM",
            help="Encrypt the picture for this recipient's public key or certificate.",
        ),
    ] = None,
    may_show_minor: Annotated[
        bool,
        typer.Option(
            "--may-show-minor",
            help="It may show a minor: keep hashes and the way to report, never the picture.",
        ),
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Do not blur the working copies.")] = False,
    *,
    stamps: StampOptions,
    anchors: Annotated[
        Path | None,
        typer.Option("--anchors", metavar="FILE", help="What `registry audit --anchor` wrote."),
    ] = None,
    key: KeysOption = None,
    effort: EffortOption = None,
    registry: RegistryOption = None,
    trust: TrustOption = None,
    allow_host: HostsOption = None,
    ocsp: OcspOption = False,
    ask: AskOption = None,
    send_picture: SendPictureOption = False,
    language: LanguageOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Make a bundle: the picture byte for byte, what was found, a statement, unsent letters.

    Signed by you, by default with your development identity, which others do
    not trust and which says so.
    """
    from indelible import evidence
    from indelible.registry.private import read_anchors

    if output is None:
        raise UsageError("There is no name for the bundle.", hint="Give one: -o case.wacz.")
    if (picture is None) == (url is None):
        raise UsageError("Give a picture or --url, one of the two.")
    if send_picture and not ask:
        raise UsageError("--send-picture sends pictures to nobody.", hint="Say to whom: --ask.")
    defaults = current()
    spoken = language_of(language, defaults)
    hosts = tuple(allow_host or ())
    verifier = Verifier.from_settings(
        keys=detection_keys(key, defaults),
        registry=registry_at(registry),
        trust=trust_with(trust, defaults),
        remote_hosts=hosts,
        ocsp=ocsp,
        effort=effort or defaults.settings.watermark.effort,
        changes=True,
        limits=defaults.limits,
        resolvers=resolvers_at(ask, defaults),
        send_picture=send_picture,
    )
    source = None
    if picture is not None:
        item = Input(picture, None if picture == STDIN else Path(picture))
        source = item.source(defaults.limits)
    made = evidence.make(
        source,
        url=url,
        output=output,
        verifier=verifier,
        signer=stamps.signer(defaults),
        seal_for=None if seal is None else _pem(seal),
        may_show_minor=may_show_minor,
        clear=clear,
        holder=by,
        why=why,
        language=spoken,
        shown_at=shown_at,
        hosts=hosts,
        anchors=() if anchors is None else read_anchors(anchors),
        overwrite=force,
        **stamps.given(),
    )
    _show(made, spoken, json=json)


@app.command()
@guarded
def check(
    bundle: BundleArgument,
    again: Annotated[
        bool,
        typer.Option("--again", help="Examine the picture again, and compare the findings."),
    ] = False,
    signer: Annotated[
        str | None,
        typer.Option(
            "--signer", metavar="SHA256", help="Of the certificate that must have signed."
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option("--ca", metavar="PEM", help="Authorities that you trust for signers."),
    ] = None,
    tsa_ca: Annotated[
        Path | None,
        typer.Option("--tsa-ca", metavar="PEM", help="Those that you trust for time stamps."),
    ] = None,
    key: KeysOption = None,
    registry: RegistryOption = None,
    language: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Check a bundle offline: whether a byte was changed, who signed, and who says when.

    The exit code is 0 where everything holds, 1 where not everything could be
    checked, 3 where something was changed or is found otherwise now.
    """
    from indelible import evidence

    defaults = current()
    spoken = language_of(language, defaults)
    report = evidence.check(
        bundle,
        signer=signer,
        authorities=None if ca is None else _pem(ca),
        stamp_authorities=None if tsa_ca is None else _pem(tsa_ca),
    )
    code = {0: 0, 1: _CHANGED}.get(report.exit_code, _UNCHECKED)
    second = None
    if again and code != _CHANGED:
        second = _again(bundle, key, registry, defaults)
        code = code if second.same else _CHANGED
    if json:
        more = {} if second is None else {"again": second.to_dict()}
        answer_json({"bundle": str(bundle), **report.to_dict(), **more})
        raise typer.Exit(code)
    for one in report.findings:
        name, style = _SIGNS[one.state]
        where = f"{clean(one.file)}: " if one.file else ""
        answer(Text.assemble((f"{name:8}", style), where, clean(translate(one.words, spoken))))
    answer(Text(clean(translate(report.conclusion, spoken)), style="bold"))
    if second is not None:
        _show_again(second)
    raise typer.Exit(code)


def _again(
    bundle: Path, key: list[Path] | None, registry: str | None, defaults: Configuration
) -> Again:
    """Examine a bundle's picture again, by the trust lists of the bundle."""
    from indelible import evidence

    contents = evidence.read_bundle(bundle)
    verifier = Verifier(
        keys=detection_keys(key, defaults),
        registry=registry_at(registry) or defaults.existing_registry(),
        trust=evidence.trust_of(contents),
        effort=evidence.effort_of(contents),
        changes=True,
        limits=defaults.limits,
    )
    return evidence.again(contents, verifier)


def _show_again(found: Again) -> None:
    if found.same:
        answer(Text(f"Examined again: the same findings, verdict {clean(found.now)}.", "bold"))
        return
    answer(Text(f"Examined again: {clean(found.now)}, it was {clean(found.verdict)}.", "bold red"))
    for where, then, now in found.differences[:_MOST_SHOWN]:
        answer(Text(clean(f"{where}: {str(then)[:200]} -> {str(now)[:200]}")))
    for one in found.missing_keys:
        remark(f"The key {clean(one)}, which was used then, is not here.")


@app.command()
@guarded
@grouped
def custody(
    bundle: BundleArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the new bundle goes."),
    ] = None,
    who: Annotated[
        str | None, typer.Option("--who", metavar="NAME", help="Who did something.")
    ] = None,
    what: Annotated[
        str | None, typer.Option("--what", metavar="TEXT", help="What they did.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="Why.")] = None,
    *,
    stamps: StampOptions,
    language: LanguageOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Show who held a bundle, or add a line to that and sign the bundle anew.

    What the holders before signed stays in it.
    """
    from indelible import evidence

    defaults = current()
    spoken = language_of(language, defaults)
    if output is None and who is None and what is None and why is None:
        contents = evidence.read_bundle(bundle)
        lines = evidence.entries(contents.parts.get("custody/custody.jsonl", b""))
        if json:
            answer_json({"custody": lines})
            return
        for one in lines:
            words = " - ".join(clean(one.get(name)) for name in ("who", "what", "why"))
            answer(Text.assemble((f"{clean(one.get('at'))}  ", "bold"), words))
        return
    if output is None or who is None or what is None or why is None:
        raise UsageError("A new line needs -o, --who, --what and --why.")
    made = evidence.hand_on(
        bundle,
        output,
        who=who,
        what=what,
        why=why,
        signer=stamps.signer(defaults),
        trust=defaults.trust(),
        overwrite=force,
        **stamps.given(),
    )
    _show(made, spoken, json=json)


@app.command(name="open")
@guarded
def open_(
    bundle: BundleArgument,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Where the picture goes; - is stdout."),
    ],
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PEM", help="The recipient's private key, if it is sealed."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Take the picture out of a bundle, byte for byte; decrypt it where it is sealed."""
    from indelible import evidence

    contents = evidence.read_bundle(bundle)
    secret = None if key is None else _private(key)
    encrypted = secret is not None and b"ENCRYPTED" in secret.reveal()
    data = evidence.open_original(contents, secret, ask_passphrase() if encrypted else None)
    if str(output) == STDIN:
        write_bytes(data)
        return
    write_atomic(output, data, overwrite=force)
    remark(f"The picture is {clean(output)}.")


def _show(made: Bundle, language: str, *, json: bool) -> None:
    if json:
        answer_json(made.to_dict())
        return
    _print(
        {
            "bundle": made.path or "-",
            "SHA-256": made.sha256,
            "verdict": made.verdict,
            "signed by": made.signer,
            "time stamps": str(sum(one.granted for one in made.stamps)),
        }
    )
    for note in made.notes:
        remark(clean(translate(note, language)))


def _print(lines: Mapping[str, str]) -> None:
    answer(*(Text.assemble((f"{label}: ", "bold"), clean(text)) for label, text in lines.items()))


def _pem(path: Path) -> bytes:
    try:
        return read(path, _MOST_PEM)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _private(path: Path) -> Secret:
    try:
        return Secret(read_private_file(path, _MOST_PEM, what="private key"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> IndelibleError:
    reason = getattr(error, "strerror", None) or str(error)
    return UsageError(f"{clean(path)} cannot be read: {reason}.", hint="Check the path.")
