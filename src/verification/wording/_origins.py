"""What manifests say about where a picture comes from: facts of trusted signers, else claims."""

from __future__ import annotations

from typing import Final

from indelible.credentials import CredentialReport
from indelible.verification.result import Origin, Verification
from indelible.verification.verdict import Verdict
from indelible.verification.wording._legs import PLACE_WORDS
from indelible.verification.wording._vocabulary import source_words, time_words

__all__ = ["claims", "how_to_look", "origin_cell", "origin_heading", "origins"]

_SIGNERS: Final = {
    "trusted": "of a trusted signer",
    "untrusted": "of a signer who could not be verified",
    "broken": "which does not hold for this file",
}


def origins(result: Verification) -> list[Origin]:
    """Return the manifests whose words are worth showing, the file's own first.

    Where the watermark led to the very manifest that the file carries, the one with the better
    standing is shown; a manifest that was tampered with says other things than the registry's.
    """
    own, recovered = result.credential, result.registry.credential
    shown = [one for one in result.origins if one.where == "manifest"]
    if recovered is None or recovered.manifest is None:
        return shown
    best = result.origin
    if recovered.manifest_id == own.manifest_id and own.integrity in ("intact", "changed"):
        return [] if best is None else [best]
    return list(result.origins)


def origin_heading(origin: Origin) -> str:
    """Return the heading over the words of a manifest."""
    manifest = (
        f"The manifest {PLACE_WORDS[origin.credential.place]}"
        if origin.where == "manifest"
        else "The manifest that the watermark led to"
    )
    return f"{manifest}, {_SIGNERS[origin.standing]}, says"


def claims(origin: Origin, verdict: Verdict) -> list[tuple[str, str]]:
    """Return what a manifest says, as (label, text).

    It is a claim ("says it is ...") unless a trusted signer says so, and nothing contradicts it.
    """
    credential = origin.credential
    source = credential.source_type
    believed = _believed(origin, verdict)
    lines = [
        ("generator", credential.generator, "says it is {}", "{}"),
        ("title", _title(credential), "says it is {}", "{}"),
        ("made", source and source_words(source), "says it was {}", "{}, as its signer says"),
        ("time", time_words(credential), "says {}", "{}"),
        ("signer", credential.signer, "says it is {}", "{}"),
        ("issuer", credential.issuer, "says it is {}", "{}"),
        ("manifest id", credential.manifest_id, "{}", "{}"),
    ]
    return [
        (label, (fact if believed else claim).format(value))
        for label, value, claim, fact in lines
        if value
    ]


def origin_cell(result: Verification) -> str:
    """Return who made the picture, for a table: a claim unless a trusted signer says so."""
    shown = origins(result)
    parts = []
    for origin in shown:
        name = origin.credential.generator
        if name is not None:
            text = name if _believed(origin, result.verdict) else f"says it is {name}"
            if origin.where == "recovered" and len(shown) > 1:
                text = f"the watermark leads to one that says it is {name}"
            parts.append(text)
    return "; ".join(parts)


def how_to_look(result: Verification) -> str | None:
    """Return how to compare a recovered picture with its original; None for other verdicts."""
    recovered = result.registry.credential
    if result.verdict is not Verdict.RECOVERED or recovered is None or recovered.manifest is None:
        return None
    if result.fingerprint.state == "match":
        return None
    title = _title(recovered)
    called = f' It is called "{title}".' if title else ""
    preview = any(label.startswith("c2pa.thumbnail") for label in recovered.manifest.assertions)
    shown = " The recovered manifest holds a preview of it." if preview else ""
    who = recovered.generator or "whoever made it"
    return f"To be sure, ask {who} for the original and compare the two.{called}{shown}"


def _believed(origin: Origin, verdict: Verdict) -> bool:
    return origin.standing == "trusted" and verdict is not Verdict.SUSPECT


def _title(credential: CredentialReport) -> str | None:
    return None if credential.manifest is None else credential.manifest.title
