"""What each leg found, in one line each."""

from __future__ import annotations

from typing import Final

from indelible.choices import Place
from indelible.credentials import CredentialReport
from indelible.verification.other_mark import OtherMark
from indelible.verification.result import (
    FingerprintReport,
    RegistryReport,
    Verification,
    WatermarkReport,
)
from indelible.verification.verdict import Verdict
from indelible.verification.wording._changes import changes_line
from indelible.verification.wording._vocabulary import one_line, probability

__all__ = ["PLACE_WORDS", "evidence_lines", "manifest_line", "registry_line", "watermark_line"]

PLACE_WORDS: Final[dict[Place, str]] = {
    "file": "in the file",
    "beside": "in a file beside the picture",
    "given": "as given",
    "address": "fetched from the address that the file names",
}
"""Where a manifest was, in words that follow "the manifest"."""

_NEARLY_ALL: Final = 0.9  # of the picture: what is missing may be too dark or smooth to show a mark


def evidence_lines(result: Verification) -> list[tuple[str, str]]:
    """Return what each leg found, as (label, text); no line where there is nothing to say."""
    lines: list[tuple[str, str]] = []
    # Where there is nothing, the verdict's own words say so; who is unverified, its reasons.
    said = result.verdict is Verdict.UNVERIFIED and result.credential.present
    if not said and (result.credential.present or result.credential.remote_url is not None):
        lines.append(("manifest", manifest_line(result.credential)))
    if result.verdict not in (Verdict.UNCHECKED, Verdict.NONE):
        lines.append(("watermark", watermark_line(result.watermark)))
    believed = result.verdict is not Verdict.SUSPECT
    lines.extend(
        ("other mark", other_line(other, believed=believed)) for other in result.watermark.others
    )
    registry = registry_line(result.registry)
    if registry is not None:
        lines.append(("registry", registry))
    looks = fingerprint_line(result.fingerprint)
    if looks is not None:
        lines.append(("fingerprint", looks))
    if result.changes is not None:
        lines.append(("changes", changes_line(result.changes)))
    return lines


def manifest_line(credential: CredentialReport) -> str:
    """Return where a manifest is, whether it holds, and what is known of its signer."""
    integrity = credential.integrity
    if integrity == "absent":
        address = credential.remote_url
        if address is None:
            return "none"
        tried = one_line(" ".join(credential.reasons[1:]))
        return f"only at {address}, which was not fetched{f': {tried}' if tried else ''}"
    place = PLACE_WORDS[credential.place]
    if integrity == "unreadable":
        return f"{place}: cannot be read"
    if integrity == "broken":
        return f"{place}: does not hold"
    if credential.expired:
        signer = "its signer's certificate has expired"
    elif credential.signer_trusted:
        signer = f"its signer is trusted ({credential.trusted_by})"
    else:
        signer = "its signer is not trusted here"
    # That a file was changed, the verdict's reasons say.
    return f"{place}: {'intact; ' if integrity == 'intact' else ''}{signer}"


def watermark_line(mark: WatermarkReport) -> str:
    """Return what was found in the pixels."""
    if mark.state == "not_checked":
        return f"not looked for: {one_line(mark.reason or '')}"
    if mark.payload is None:
        tried = "one key" if mark.keys == 1 else f"{mark.keys} keys"
        return f"none found, with {tried}"
    accident = probability(mark.false_positive_probability)
    line = f"id {mark.payload.hex()} (chance of an accident {accident}), key {mark.key_id}"
    if mark.area is None:
        return line
    share = "nearly all" if mark.area >= _NEARLY_ALL else f"about {100 * mark.area:.0f} %"
    return f"{line}, in {share} of the picture"


def other_line(other: OtherMark, *, believed: bool = True) -> str:
    """Return what another mark is, where it stands, and what it leads to."""
    left, top, right, bottom = other.box
    where = "over the same part" if other.same_place else "beside it"
    line = (
        f"id {other.payload.hex()}, key {other.key_id}, {where}, in about {100 * other.area:.0f} % "
        f"of the picture ({left}, {top} to {right}, {bottom})"
    )
    if other.generator is not None and other.standing == "trusted" and believed:
        return f"{line}; leads to a manifest of {other.generator}, signer trusted"
    if other.generator is not None:
        return f"{line}; leads to a manifest that says it is of {other.generator}"
    if other.registry == "found":
        return f"{line}; leads to a manifest"
    return f"{line}; the registry does not hold it" if other.registry == "unknown" else line


def fingerprint_line(fingerprint: FingerprintReport) -> str | None:
    """Return whether a manifest is about this picture, by its looks; None where nobody can say."""
    if fingerprint.resembles:
        return f"resembles {fingerprint.resembles[0]}"
    if fingerprint.about is None:
        return None
    of = "recovered" if fingerprint.about == "recovered" else "file's"
    if fingerprint.state == "mismatch":
        return f"the {of} manifest is about another picture"
    if fingerprint.state == "unclear":
        return f"too little to tell whether the {of} manifest is about this picture"
    line = f"the picture looks like the one that the {of} manifest is about"
    if fingerprint.visible is not None and fingerprint.visible < _NEARLY_ALL:
        line += f", of which it shows about {100 * fingerprint.visible:.0f} %"
    return line


def registry_line(registry: RegistryReport) -> str | None:
    """Return what the registry answered; None where it was not asked, or holds nothing."""
    if registry.state == "unavailable":
        return f"could not be asked: {one_line(registry.reason or '')}"
    if registry.state != "found":
        return None
    if registry.status != "live":
        why = f": {one_line(registry.status_reason)}" if registry.status_reason else ""
        return f"the record under this id was {registry.status}{why}"
    if registry.integrity != "intact":
        state = "does not hold"
    elif not registry.names_payload:
        state = "names another id"
    else:
        state = {
            "trusted": "intact, signer trusted",
            "untrusted": "intact, signer could not be verified",
        }.get(registry.standing or "", "does not hold")
    line = f"holds a manifest under this id ({state})"
    return f"{line}, and {len(registry.others)} more" if registry.others else line
