"""Making a bundle: obtain the picture, examine it, gather everything, sign, time-stamp, write.

The order is the evidence: the picture's hash is stamped before anything is done with the picture,
and the signature over the whole is stamped at the end. Nothing is visible under the bundle's name
before all of it is there.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indelible import arguments, credentials, extras, imaging
from indelible.credentials import Signer
from indelible.errors import ArgumentError
from indelible.evidence import capture, custody, findings, layout, record, sealing, signing, warc
from indelible.evidence.bundle import Bundle
from indelible.evidence.capture import Captured
from indelible.evidence.closing import (
    DEVELOPMENT,
    SOFTWARE,
    Closing,
    close,
    publish,
    stamp_notes,
    stamp_parts,
)
from indelible.evidence.custody import NOBODY, Step
from indelible.evidence.facts import Facts, Obtained
from indelible.evidence.minors import WHY_NOTHING
from indelible.evidence.packing import sha256, timestamp
from indelible.evidence.picture import HeldPicture, held
from indelible.evidence.readme import readme
from indelible.evidence.stamping import Stamp, check_urls
from indelible.evidence.working import working_parts
from indelible.evidence.written import written_parts
from indelible.imaging import Encoded
from indelible.languages import ENGLISH, LANGUAGES, say, translate
from indelible.network import Fetcher
from indelible.registry import Registry
from indelible.registry.private import Anchor
from indelible.verification import Verification, Verifier

__all__ = ["make"]

_WHY: Final = say("to keep evidence of this picture")
_OBTAINED: Final = {
    "file": say("took the picture as it was given, byte for byte"),
    "fetched": say("fetched the picture from its address"),
    "page": say("took the picture as it was given to the page, byte for byte"),
}
_EXAMINED: Final = say("examined it, and kept the report")
_DREW: Final = say("made working copies of it")
_SEALED: Final = say("encrypted it for its recipient")
_LEFT_OUT: Final = say("left it out: only its hashes are kept")
_CLOSED: Final = say("put everything together, signed and closed the bundle")

BLURRED: Final = say("The working copies are blurred.")
CLEAR: Final = say("The working copies are not blurred.")


def make(
    picture: Encoded | None = None,
    *,
    url: str | None = None,
    output: str | os.PathLike[str] | None = None,
    verifier: Verifier | None = None,
    registry: Registry | None = None,
    signer: Signer | None = None,
    time_stamps: Sequence[str] = (),
    stamp_roots: bytes | None = None,
    allow_untimed: bool = False,
    seal_for: bytes | None = None,
    may_show_minor: bool = False,
    clear: bool = False,
    holder: str | None = None,
    why: str | None = None,
    language: str = ENGLISH,
    name: str | None = None,
    shown_at: str | None = None,
    how: Obtained = "file",
    hosts: Sequence[str] = (),
    fetcher: Fetcher | None = None,
    anchors: Sequence[Anchor] = (),
    coarse: bool = False,
    overwrite: bool = False,
) -> Bundle:
    """Make an evidence bundle about a picture.

    Parameters
    ----------
    picture : path, bytes-like or binary stream, optional
        The picture; or `url`.
    url : str, optional
        Where to fetch it: naming the address allows that its host is asked, and nobody else's.
    output : path, optional
        Where the bundle is written; by default it is returned.
    verifier : Verifier, optional
        Examines the picture; by default by the user's settings, and looking for changes.
    registry : Registry, optional
        Whose public record goes in; by default the verifier's.
    signer : Signer, optional
        Signs the bundle; by default the user's, which may be a development identity.
    time_stamps : sequence of str
        RFC 3161 authorities to ask; their addresses.
    stamp_roots : bytes, optional
        PEM of authorities' roots, besides the verifier's lists of them.
    allow_untimed : bool
        Whether a bundle is made though every authority that was asked failed.
    seal_for : bytes, optional
        PEM of a recipient's public key or certificate. The picture is encrypted for them, and no
        copy that shows it is made.
    may_show_minor : bool
        Whether the picture may show a minor: then neither it nor any copy is in the bundle.
    clear : bool
        Whether working copies are as sharp as they can be; by default they are blurred.
    holder : str, optional
        Who makes and holds it, if they want to be named.
    why : str, optional
        Why it is made.
    language : str
        Of statement and letters; one of `indelible.languages.LANGUAGES`.
    name : str, optional
        What the picture is called; by default as its file.
    shown_at : str, optional
        Address at which a picture that was given is said to be shown; it is not fetched.
    how : {"file", "page"}
        From whom a picture comes that was given.
    hosts : sequence of str
        Further hosts that redirects from `url` may lead to.
    fetcher : Fetcher, optional
        Fetches `url`; by default one for the public internet.
    anchors : sequence of Anchor
        Heads of the registry's audit log that were written down elsewhere.
    coarse : bool
        Whether the bundle is for strangers, who learn no scores, geometry and ids: with the public
        report, and without working copies and what a registry holds.
    overwrite : bool
        Whether a file at `output` may be replaced.

    Returns
    -------
    Bundle
        What was made.

    Raises
    ------
    ArgumentError
        If arguments contradict each other, or one cannot be used.
    ImageError
        If the picture cannot be read.
    NetworkError
        If it cannot be fetched.
    EvidenceError
        If no time-stamp authority answered, or the bundle would be too large.
    SigningError, CertificateError
        If the signer refuses.
    OutputExistsError, OutputError
        If the output exists, or cannot be written.
    MissingDependencyError
        If a package of the extra ``evidence`` is not installed.
    """
    if (picture is None) == (url is None):
        raise ArgumentError("picture", "Give a picture or its address, one of the two.")
    if language not in LANGUAGES:
        raise ArgumentError(
            "language",
            f"There is no language {language!r}.",
            hint=f"One of {', '.join(LANGUAGES)}.",
        )
    if why is not None:
        custody.check_text("why", why)
    # Before any work: a picture may have to be fetched, or searched for a minute.
    extras.load("reportlab", extra="evidence", missing="A statement as PDF takes reportlab.")
    urls = check_urls(time_stamps)
    whom = None if seal_for is None else sealing.recipient(seal_for)
    made_by = arguments.as_signer(signer) or _users_signer()
    looking = Verifier.from_settings(changes=True) if verifier is None else verifier
    now = dt.datetime.now(dt.UTC)
    common: Any = {"operator": holder, "tool": SOFTWARE, "at": now, "limits": looking.limits}
    beside = None
    if picture is not None:
        got = capture.given(picture, name=name, how=how, url=shown_at, **common)
        beside = _beside(picture, got.data, looking)
    else:
        got = capture.fetched(url or "", fetcher=fetcher, hosts=hosts, **common)
    maker = _Maker(
        got=got,
        picture=held(got.data, got.name if name is None else name, limits=looking.limits),
        beside=beside,
        verifier=looking,
        registry=looking.registry if registry is None else registry,
        by=Closing(made_by, looking.trust, urls, stamp_roots, allow_untimed),
        recipient=whom,
        may_show_minor=may_show_minor,
        clear=clear,
        holder=holder,
        why=why,
        language=language,
        anchors=anchors,
        coarse=coarse,
    )
    return maker.made(output, overwrite=overwrite)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Everything that one bundle is made from; `make` explains the values."""

    got: Captured
    picture: HeldPicture
    beside: bytes | None
    verifier: Verifier
    registry: Registry | None
    by: Closing
    recipient: sealing.Recipient | None
    may_show_minor: bool
    clear: bool
    holder: str | None
    why: str | None
    language: str
    anchors: Sequence[Anchor]
    coarse: bool

    def made(self, output: str | os.PathLike[str] | None, *, overwrite: bool) -> Bundle:
        """Make the bundle, phase by phase."""
        parts = self._obtained()
        stamps = self.by.stamped(parts[layout.CAPTURE])
        parts |= stamp_parts(stamps)
        result = findings.presentable(self.verifier.verify(self.got.data, manifest=self.beside))
        examined = dt.datetime.now(dt.UTC)
        parts |= self._found(result, timestamp(examined))
        parts |= self._pictures(result)
        parts |= self._written(result, stamps)
        parts[layout.CUSTODY] = self._log(parts, examined)
        notes = self._notes(stamps)
        said = say("Evidence about {name}", name=self.picture.facts.name)
        title = translate(said, self.language)
        parts[layout.README] = readme(title, notes, self.language)
        granted = tuple(one.url for one in stamps if one.granted)
        closed = close(
            parts, {"title": title, "picture": self._named(parts)}, self.by, urls=granted
        )
        if output is not None:
            publish(closed, output, overwrite=overwrite)
        signer = signing.signer_facts(self.by.signer)
        return Bundle(
            path=None if output is None else os.fspath(output),
            data=closed.data if output is None else b"",
            sha256=closed.sha256,
            size=len(closed.data),
            created=closed.created,
            picture_sha256=self.picture.facts.sha256,
            verdict=str(result.verdict),
            signer=signer.name,
            development=signer.development,
            stamps=closed.stamps,
            notes=notes,
        )

    def _obtained(self) -> dict[str, bytes]:
        """Return the picture's own page, and how it was obtained."""
        sha = self.picture.facts.sha256
        parts = {
            layout.PICTURE: layout.json_bytes(self.picture.to_dict()),
            layout.CAPTURE: layout.json_bytes(self.got.to_dict(sha)),
        }
        chain = self.got.certificates()
        if chain:
            parts[layout.TLS_CHAIN] = chain
        return parts

    def _found(self, result: Verification, at: str) -> dict[str, bytes]:
        """Return what was found: report, manifests, trust lists, the registry's record."""
        facts = self.picture.facts
        what: Any = {"sha256": facts.sha256, "at": at, "software": findings.versions()}
        if self.coarse:
            report = findings.public_verdict(result, self.picture.image, **what)
        else:
            report = findings.verdict(result, self.verifier, **what)
        stores = findings.stores(result, self.picture.image, self.beside or self._elsewhere(result))
        if self.coarse:
            stores.pop(layout.RECOVERED, None)  # which manifests strangers read, the service says
        asked = self.verifier.asks_issuers
        manifests = findings.manifest_parts(
            result, stores, asked=asked, why_absent=self._why_no_previews()
        )
        parts = {
            layout.VERDICT: layout.json_bytes(report),
            **manifests,
            **findings.trust_parts(self.verifier.trust, at=at, public=self.coarse),
        }
        if not self.coarse:
            public = record.record_of(result, self.registry, at=at, anchors=self.anchors)
            parts[layout.RECORD] = layout.json_bytes(public)
        return parts

    def _elsewhere(self, result: Verification) -> bytes | None:
        """Return the manifest that the picture only names the address of, where it was fetched."""
        if result.credential.place != "address":
            return None
        hosts = self.verifier.remote_hosts
        return credentials.find_store(self.picture.image, remote_hosts=hosts).data

    def _why_no_previews(self) -> str | None:
        if self.may_show_minor:
            return str(WHY_NOTHING)
        if self.recipient is not None:
            return "The picture is sealed, and previews in a manifest store show it."
        return None

    def _pictures(self, result: Verification) -> dict[str, bytes]:
        """Return the picture itself, as a web archive has it, and working copies."""
        data, facts = self.got.data, self.picture.facts
        parts: dict[str, bytes] = {}
        body: bytes | None = data
        media_type = facts.media_type
        if self.may_show_minor:
            body = None
        elif self.recipient is not None:
            body = sealing.sealed(data, self.recipient)
            media_type = "application/octet-stream"
        path = self._path()
        if body is not None and path is not None:
            parts[path] = body
        hidden = self.may_show_minor or self.recipient is not None
        archived = warc.Archived(
            url=facts.name if self.got.hops else None,
            name=self.picture.member,
            media_type=media_type,
            body=body,
            hops=self.got.hops,
            at=self.got.facts.at,
            sha256=facts.sha256,
        )
        parts |= warc.archive_parts(archived, software=SOFTWARE, plain=not hidden)
        if not hidden and not self.coarse:
            parts |= working_parts(
                result, self.picture.image, clear=self.clear, language=self.language
            )
        return parts

    def _path(self) -> str | None:
        """Return where the picture lies in the bundle."""
        if self.may_show_minor:
            return None
        suffix = "" if self.recipient is None else sealing.SUFFIX
        return f"{layout.ORIGINAL}{self.picture.member}{suffix}"

    def _written(self, result: Verification, stamps: Sequence[Stamp]) -> dict[str, bytes]:
        """Return statement, letters, and what checks the bundle."""
        facts = Facts(
            picture=self.picture.facts,
            capture=self.got.facts,
            result=result,
            versions=findings.versions(),
            signer=signing.signer_facts(self.by.signer),
            authorities=tuple(
                one.authority or say("{url} (gave none)", url=one.url) for one in stamps
            ),
            holder=self.holder,
            sealed=self.recipient is not None,
            recipient=None if self.recipient is None else self.recipient.name,
            may_show_minor=self.may_show_minor,
            coarse=self.coarse,
            language=self.language,
        )
        return written_parts(facts)

    def _log(self, parts: Mapping[str, bytes], examined: dt.datetime) -> bytes:
        """Return the custody log up to here."""

        def step(at: dt.datetime, what: str, *paths: str) -> Step:
            made = {path: sha256(parts[path]) for path in paths if path in parts}
            said = self.why or translate(_WHY, self.language)
            return Step(at, self.holder or NOBODY, translate(what, self.language), said, made)

        path = self._path()
        obtained = _OBTAINED[self.got.facts.how]
        steps = [step(self.got.facts.at, obtained, layout.CAPTURE)]
        if path is None:
            steps.append(step(examined, _LEFT_OUT, layout.PICTURE))
        elif self.recipient is not None:
            steps.append(step(examined, _SEALED, path))
        steps.append(step(examined, _EXAMINED, layout.VERDICT))
        if layout.WORKING_LIST in parts:
            steps.append(step(examined, _DREW, layout.WORKING_LIST))
        steps.append(step(max(examined, dt.datetime.now(dt.UTC)), _CLOSED))
        return custody.appended(b"", steps)

    def _named(self, parts: Mapping[str, bytes]) -> dict[str, Any]:
        """Return what ``datapackage.json`` says of the picture."""
        path = self._path()
        return {
            "sha256": self.picture.facts.sha256,
            "sha512": self.picture.facts.sha512,
            "path": path,
            "member_sha256": None if path is None else sha256(parts[path]),
            "sealed": self.recipient is not None,
            "recipient": None if self.recipient is None else self.recipient.name,
            "may_show_minor": self.may_show_minor,
        }

    def _notes(self, stamps: Sequence[Stamp]) -> tuple[str, ...]:
        """Return what a reader should know of this bundle before anything else."""
        notes: list[str] = []
        if self.may_show_minor:
            notes.append(WHY_NOTHING)
        elif self.recipient is not None:
            notes.append(
                say(
                    "The picture is encrypted. Only {recipient} can look at it, with: indelible "
                    "evidence open BUNDLE --key FILE -o PICTURE.",
                    recipient=self.recipient.name,
                )
            )
        elif not self.coarse:
            notes.append(CLEAR if self.clear else BLURRED)
        if signing.signer_facts(self.by.signer).development:
            notes.append(DEVELOPMENT)
        return (*notes, *stamp_notes(stamps))


def _users_signer() -> Signer:
    from indelible.settings import current  # noqa: PLC0415 - only where none is given

    return current().signer()


def _beside(picture: Encoded, data: bytes, verifier: Verifier) -> bytes | None:
    """Return the manifest file beside a picture that has none inside."""
    if not isinstance(picture, str | os.PathLike):
        return None
    image = imaging.ImageFile(data, path=picture, limits=verifier.limits)
    return credentials.find_store(image).data
