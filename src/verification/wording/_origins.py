"""What manifests say about where a picture comes from: facts of trusted signers, else claims."""

from __future__ import annotations

from typing import Final

from indelible.credentials import CredentialReport
from indelible.languages import Sentence, join, say
from indelible.verification.result import Origin, Verification
from indelible.verification.verdict import PLACES, Verdict
from indelible.verification.wording._vocabulary import source_words, time_words

__all__ = ["claims", "how_to_look", "origin_cell", "origin_heading", "origins"]

_SIGNERS: Final = {
    "trusted": say("of a trusted signer"),
    "untrusted": say("of a signer who could not be verified"),
    "broken": say("which does not hold for this file"),
}


def origins(result: Verification) -> list[Origin]:
    """Return the manifests whose words are worth showing, the file's own first.

    Where the watermark led to the very manifest that the file carries, the one with the better
    standing is shown; a manifest that was tampered with says other things than the registry's.
    """
    own, recovered = result.credential, _recovered(result)
    shown = [one for one in result.origins if one.where == "manifest"]
    if recovered is None or recovered.manifest is None:
        return shown
    best = result.origin
    if recovered.manifest_id == own.manifest_id and own.integrity in ("intact", "changed"):
        return [] if best is None else [best]
    return list(result.origins)


def origin_heading(origin: Origin) -> str:
    """Return the heading over the words of a manifest."""
    manifest = PLACES[origin.credential.place]
    if origin.where == "recovered":
        manifest = say("The manifest that the watermark led to")
    if origin.sent_by is not None:
        manifest = say("The manifest that a resolver sent")
    return say("{manifest}, {signer}, says", manifest=manifest, signer=_SIGNERS[origin.standing])


def claims(origin: Origin, verdict: Verdict) -> list[tuple[str, str]]:
    """Return what a manifest says, as (label, text).

    It is a claim ("says it is ...") unless a trusted signer says so, and nothing contradicts it.
    """
    credential = origin.credential
    source = credential.source_type
    believed = _believed(origin, verdict)
    made = None
    if source:
        fact = say("{made}, as its signer says", made=source_words(source))
        made = fact if believed else say("says it was {made}", made=source_words(source))
    time = time_words(credential)
    lines = [
        (say("generator"), _named(credential.generator, believed=believed)),
        (say("title"), _named(_title(credential), believed=believed)),
        (say("made"), made),
        (say("time"), time if believed or not time else say("says {time}", time=time)),
        (say("signer"), _named(credential.signer, believed=believed)),
        (say("issuer"), _named(credential.issuer, believed=believed)),
        (say("manifest id"), credential.manifest_id),
    ]
    return [(label, value) for label, value in lines if value]


def origin_cell(result: Verification) -> str:
    """Return who made the picture, for a table: a claim unless a trusted signer says so."""
    shown = origins(result)
    parts = []
    for origin in shown:
        name = origin.credential.generator
        if name is not None:
            text = _named(name, believed=_believed(origin, result.verdict))
            if origin.where == "recovered" and len(shown) > 1:
                text = say("the watermark leads to one that says it is {name}", name=name)
                if origin.sent_by is not None:
                    text = say("a resolver sent one that says it is {name}", name=name)
            parts.append(text or "")
    return join("; ", parts)


def how_to_look(result: Verification) -> str | None:
    """Return how to compare a recovered picture with its original; None for other verdicts."""
    recovered = _recovered(result)
    if result.verdict is not Verdict.RECOVERED or recovered is None or recovered.manifest is None:
        return None
    if result.fingerprint.state == "match":
        return None
    who = recovered.generator or say("whoever made it")
    said: list[Sentence] = [
        say("To be sure, ask {who} for the original and compare the two.", who=who)
    ]
    title = _title(recovered)
    if title:
        said.append(say('It is called "{title}".', title=title))
    if any(label.startswith("c2pa.thumbnail") for label in recovered.manifest.assertions):
        said.append(say("The recovered manifest holds a preview of it."))
    return join(" ", said)


def _named(name: str | None, *, believed: bool) -> str | None:
    """Return a name as a fact, or as a claim."""
    return name if believed or not name else say("says it is {name}", name=name)


def _believed(origin: Origin, verdict: Verdict) -> bool:
    return origin.standing == "trusted" and verdict is not Verdict.SUSPECT


def _title(credential: CredentialReport) -> str | None:
    return None if credential.manifest is None else credential.manifest.title


def _recovered(result: Verification) -> CredentialReport | None:
    return None if result.recovered is None else result.recovered.credential
