"""What each leg found, in one line each."""

from __future__ import annotations

from typing import Final

from indelible.choices import Place
from indelible.credentials import CredentialReport
from indelible.languages import join, say
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.other_mark import OtherMark
from indelible.verification.result import (
    RegistryReport,
    Verification,
    WatermarkReport,
)
from indelible.verification.verdict import STATUSES, Verdict
from indelible.verification.wording._changes import changes_line
from indelible.verification.wording._consent import consent_line
from indelible.verification.wording._resolvers import resolver_lines
from indelible.verification.wording._vocabulary import box_words, one_line, probability

__all__ = ["PLACE_WORDS", "evidence_lines", "manifest_line", "registry_line", "watermark_line"]

PLACE_WORDS: Final[dict[Place, str]] = {
    "file": say("in the file"),
    "beside": say("in a file beside the picture"),
    "given": say("as given"),
    "address": say("fetched from the address that the file names"),
}
"""Where a manifest was, in words that follow "the manifest"."""

_NEARLY_ALL: Final = 0.9  # of the picture: what is missing may be too dark or smooth to show a mark


def evidence_lines(result: Verification) -> list[tuple[str, str]]:
    """Return what each leg found, as (label, text); no line where there is nothing to say."""
    lines: list[tuple[str, str]] = []
    # Where there is nothing, the verdict's own words say so; who is unverified, its reasons.
    said = result.verdict is Verdict.UNVERIFIED and result.credential.present
    if not said and (result.credential.present or result.credential.remote_url is not None):
        lines.append((say("manifest"), manifest_line(result.credential)))
    if result.verdict not in (Verdict.UNCHECKED, Verdict.NONE):
        lines.append((say("watermark"), watermark_line(result.watermark)))
    believed = result.verdict is not Verdict.SUSPECT
    lines.extend(
        (say("other mark"), other_line(other, believed=believed))
        for other in result.watermark.others
    )
    lines.extend((say("consent"), consent_line(one)) for one in result.consents)
    registry = registry_line(result.registry)
    if registry is not None:
        lines.append((say("registry"), registry))
    lines.extend(resolver_lines(result))
    looks = fingerprint_line(result.fingerprint)
    if looks is not None:
        lines.append((say("fingerprint"), looks))
    if result.changes is not None:
        lines.append((say("changes"), changes_line(result.changes)))
    return lines


def manifest_line(credential: CredentialReport) -> str:
    """Return where a manifest is, whether it holds, and what is known of its signer."""
    integrity = credential.integrity
    if integrity == "absent":
        address = credential.remote_url
        if address is None:
            return say("none")
        where = say("only at {address}, which was not fetched", address=address)
        tried = [one_line(reason) for reason in credential.reasons[1:]]
        return join(": ", [where, join(" ", tried)]) if tried else where
    place = PLACE_WORDS[credential.place]
    if integrity == "unreadable":
        return say("{place}: cannot be read", place=place)
    if integrity == "broken":
        return say("{place}: does not hold", place=place)
    if credential.expired:
        signer = say("its signer's certificate has expired")
    elif credential.signer_trusted:
        signer = say("its signer is trusted ({list})", list=credential.trusted_by or "")
    else:
        signer = say("its signer is not trusted here")
    if integrity == "intact":
        return say("{place}: intact; {signer}", place=place, signer=signer)
    return join(": ", [place, signer])  # that a file was changed, the verdict's reasons say


def watermark_line(mark: WatermarkReport) -> str:
    """Return what was found in the pixels."""
    if mark.state == "not_checked":
        return say("not looked for: {reason}", reason=one_line(mark.reason or ""))
    if mark.payload is None and mark.keys == 1:
        return say("none found, with one key")
    if mark.payload is None:
        return say("none found, with {count} keys", count=mark.keys)
    line = say(
        "id {id} (chance of an accident {chance}), key {key}",
        id=mark.payload.hex(),
        chance=probability(mark.false_positive_probability),
        key=mark.key_id or "",
    )
    if mark.area is None:
        return line
    if mark.area >= _NEARLY_ALL:
        return say("{mark}, in nearly all of the picture", mark=line)
    return say("{mark}, in about {share} % of the picture", mark=line, share=round(100 * mark.area))


def other_line(other: OtherMark, *, believed: bool = True) -> str:
    """Return what another mark is, where it stands, and what it leads to."""
    line = say(
        "id {id}, key {key}, {where}, in about {share} % of the picture ({box})",
        id=other.payload.hex(),
        key=other.key_id or "",
        where=say("over the same part") if other.same_place else say("beside it"),
        share=round(100 * other.area),
        box=box_words(other.box),
    )
    name = other.generator
    if name is not None and other.standing == "trusted" and believed:
        leads = say("leads to a manifest of {name}, signer trusted", name=name)
    elif name is not None:
        leads = say("leads to a manifest that says it is of {name}", name=name)
    elif other.registry == "found":
        leads = say("leads to a manifest")
    elif other.registry == "unknown":
        leads = say("the registry does not hold it")
    else:
        return line
    return join("; ", [line, leads])


def fingerprint_line(fingerprint: FingerprintReport) -> str | None:
    """Return whether a manifest is about this picture, by its looks; None where nobody can say."""
    if fingerprint.resembles:
        return say("resembles {manifest}", manifest=fingerprint.resembles[0])
    if fingerprint.about is None:
        return None
    manifest = say("the file's manifest")
    if fingerprint.about == "recovered":
        manifest = say("the recovered manifest")
    if fingerprint.state == "mismatch":
        return say("{manifest} is about another picture", manifest=manifest)
    if fingerprint.state == "unclear":
        return say("too little to tell whether {manifest} is about this picture", manifest=manifest)
    line = say("the picture looks like the one that {manifest} is about", manifest=manifest)
    if fingerprint.visible is not None and fingerprint.visible < _NEARLY_ALL:
        share = round(100 * fingerprint.visible)
        return say("{looks}, of which it shows about {share} %", looks=line, share=share)
    return line


def registry_line(registry: RegistryReport) -> str | None:
    """Return what the registry answered; None where it was not asked, or holds nothing."""
    if registry.state == "unavailable":
        return say("could not be asked: {reason}", reason=one_line(registry.reason or ""))
    if registry.state != "found":
        return None
    if registry.status != "live":
        gone = say("the record under this id was {status}", status=STATUSES[registry.status])
        why = registry.status_reason
        return join(": ", [gone, one_line(why)]) if why else gone
    state = say("does not hold")
    if registry.integrity == "intact" and not registry.names_payload:
        state = say("names another id")
    elif registry.standing == "trusted":
        state = say("intact, signer trusted")
    elif registry.standing == "untrusted":
        state = say("intact, signer could not be verified")
    line = say("holds a manifest under this id ({state})", state=state)
    if not registry.others:
        return line
    return say("{first}, and {count} more", first=line, count=len(registry.others))
