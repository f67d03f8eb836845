"""The two findings that do not depend on each other, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from indelible.credentials import CredentialReport, Standing
from indelible.languages import Sentence, say
from indelible.verification.gathering import continues
from indelible.verification.manifest_claims import named_payloads
from indelible.verification.public import _schema as schema
from indelible.verification.result import RegistryReport, Verification, WatermarkReport
from indelible.verification.verdict import PLACES, Verdict

__all__ = ["findings", "searched"]

_NEARLY_ALL: Final = 0.9
_MOST: Final = 0.5


def findings(result: Verification) -> schema.Findings:
    """Return what the file's manifest says, what the watermark says, and whether they agree."""
    return schema.Findings(
        manifest=_manifest(result.credential),
        watermark=_watermark(result),
        agreement=_agreement(result),
    )


# --- the manifest -------------------------------------------------------------------------------


def _manifest(credential: CredentialReport) -> schema.ManifestFinding:
    state = credential.integrity
    standing = None if state in ("absent", "unreadable") else credential.standing_as_signed
    elsewhere = state == "absent" and credential.remote_url is not None
    return schema.ManifestFinding(
        state="elsewhere" if elsewhere else state,
        standing=standing,
        place=credential.place if credential.present else None,
        words=_manifest_words(credential, standing),
    )


def _manifest_words(credential: CredentialReport, standing: Standing | None) -> str:
    manifest = PLACES[credential.place]
    match credential.integrity, standing:
        case "absent", _ if credential.remote_url is not None:
            words = say("The file has no manifest; it only names an address where one is kept.")
        case "absent", _:
            words = say("The file has no manifest.")
        case "unreadable", _:
            words = say("{manifest} cannot be read.", manifest=manifest)
        case "broken", _:
            words = say("{manifest} does not hold.", manifest=manifest)
        case "changed", "trusted":
            words = say(
                "{manifest} is of a trusted signer, and the file is no longer the one that was "
                "signed.",
                manifest=manifest,
            )
        case "changed", _:
            words = say(
                "{manifest} is of a signer who could not be verified, and the file is no longer "
                "the one that was signed.",
                manifest=manifest,
            )
        case _, "trusted":
            words = say("{manifest} holds, and its signer is trusted.", manifest=manifest)
        case _ if credential.expired:
            words = say(
                "{manifest} holds; its signer's certificate has expired.", manifest=manifest
            )
        case _:
            words = say("{manifest} holds; who signed it could not be verified.", manifest=manifest)
    return words


# --- the watermark ------------------------------------------------------------------------------


def _watermark(result: Verification) -> schema.WatermarkFinding:
    mark, registry = result.watermark, result.registry
    led = registry.state == "found"
    looks = result.fingerprint.state if result.fingerprint.about == "recovered" else "not_checked"
    return schema.WatermarkFinding(
        state=mark.state,
        registry=registry.state,
        record=registry.status if led else None,
        standing=registry.standing if led else None,
        looks=looks,
        covers=_covers(mark),
        others=len(mark.others),
        resembles=bool(result.fingerprint.resembles),
        words=_watermark_words(result, looks),
    )


def _covers(mark: WatermarkReport) -> Literal["nearly_all", "most", "part"] | None:
    if mark.area is None:
        return None
    if mark.area >= _NEARLY_ALL:
        return "nearly_all"
    return "most" if mark.area >= _MOST else "part"


def _watermark_words(result: Verification, looks: str) -> str:
    match result.watermark.state, result.registry.state:
        case "not_checked", _:
            words = say("No watermark was looked for.")
        case "not_found", _ if result.fingerprint.resembles:
            words = say("No watermark was found. The picture resembles a registered one.")
        case "not_found", _:
            words = say("No watermark was found.")
        case _, "found":
            words = _led_to(result.registry, looks)
        case _, "unavailable":
            words = say("A watermark was found; the registry could not be asked about it.")
        case _, "unknown":
            words = say("A watermark was found; the registry does not know it.")
        case _:
            words = say("A watermark was found; there is no registry to ask about it.")
    return words


def _led_to(registry: RegistryReport, looks: str) -> Sentence:
    match registry.standing, looks:
        case _ if registry.status != "live":
            words = say("The watermark leads to a record that was taken back.")
        case _, "mismatch":
            words = say("The watermark leads to a manifest about another picture.")
        case _ if registry.integrity == "intact" and not registry.names_payload:
            words = say("The watermark leads to a manifest that names another watermark.")
        case "trusted", "match":
            words = say(
                "The watermark leads to a manifest of a trusted signer, and the picture looks like "
                "the one that it was made for."
            )
        case "trusted", _:
            words = say("The watermark leads to a manifest of a trusted signer.")
        case "untrusted", _:
            words = say("The watermark leads to a manifest whose signer could not be verified.")
        case _:
            words = say("The watermark leads to a manifest that does not hold.")
    return words


# --- both ---------------------------------------------------------------------------------------


def _agreement(result: Verification) -> schema.Agreement:
    credential, mark = result.credential, result.watermark
    signed = credential.integrity in ("intact", "changed")
    if result.verdict is Verdict.SUSPECT:
        return _agree("contradict", say("The evidence contradicts itself."))
    if not signed and not mark.found:
        return _agree("none", say("Neither a manifest that can be read nor a watermark says more."))
    if not signed:
        return _agree("one", say("Only the watermark says something."))
    if not mark.found:
        return _agree("one", say("Only the manifest says something."))
    named = mark.payload in set(named_payloads(credential.manifest, mark.payload))
    if named or continues(credential.manifest, result.registry):
        return _agree("agree", say("The manifest and the watermark agree."))
    return _agree(
        "unclear",
        say("The manifest does not mention the watermark, and nothing shows that they disagree."),
    )


def _agree(
    state: Literal["agree", "contradict", "one", "none", "unclear"], words: str
) -> schema.Agreement:
    return schema.Agreement(state=state, words=words)


def searched(result: Verification) -> list[schema.Searched]:
    """Return what was looked for, found or not."""
    return list(_searched(result))


def _searched(result: Verification) -> Iterator[schema.Searched]:
    mark, registry = result.watermark, result.registry
    yield schema.Searched(
        what="manifest",
        found=result.credential.present,
        words=say("A manifest (Content Credentials) that came with the file"),
    )
    yield schema.Searched(
        what="watermark",
        found=None if mark.state == "not_checked" else mark.found,
        words=say("A watermark, with the keys that are known here; others cannot be found"),
    )
    if mark.found:
        answered = registry.state in ("found", "unknown")
        yield schema.Searched(
            what="registry",
            found=registry.state == "found" if answered else None,
            words=say("The manifest that the watermark leads to"),
        )
    elif mark.state == "not_found" and not result.credential.present:
        yield schema.Searched(
            what="looks",
            found=bool(result.fingerprint.resembles),
            words=say("A registered picture that looks like this one"),
        )
    yield schema.Searched(
        what="metadata",
        found=bool(result.signals),
        words=say("Claims about AI or a camera in plain metadata, which anybody can write"),
    )
