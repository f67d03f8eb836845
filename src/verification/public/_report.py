"""The public report: what was found, without anything that an attacker could measure by.

Left out on purpose: scores, probabilities, geometry, the ids of keys and of watermarks, how far a
picture resembles another, masks, times, and what the operator wrote for the operator. A detector
that anybody may ask tells whoever removes a mark how far it got, unless its answers are coarse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, cast

from indelible.imaging import ImageFile
from indelible.languages import Sentence, say, translate
from indelible.verification.change_report import ChangeReport
from indelible.verification.consent_report import ConsentReport
from indelible.verification.judging import taken_back
from indelible.verification.public import _schema as schema
from indelible.verification.public._coarse import coarse_box, coarse_percent, shortened
from indelible.verification.public._findings import findings, searched
from indelible.verification.public._history import history
from indelible.verification.public._original import find_original
from indelible.verification.result import Origin, Verification
from indelible.verification.verdict import Verdict
from indelible.verification.wording import (
    HARDER,
    SIGNALS_CAUTION,
    ai_line,
    claims,
    consent_words,
    origin_heading,
    origins,
    reasons,
    signal_text,
)

__all__ = ["public_report"]

_MOST_LINES: Final = 12  # reasons, notes, signals: more tell nobody more
_MOST_REGIONS: Final = 8
_MOST_LETTERS: Final = 360  # of one text; a sentence with two names in it has fewer
_MOST_OF_A_NAME: Final = 80


def public_report(
    result: Verification, *, language: str = "en", image: ImageFile | None = None
) -> schema.PublicReport:
    """Return what a stranger may learn about a picture.

    Parameters
    ----------
    result : Verification
        What was found.
    language : str
        Of the words; one of `indelible.languages.LANGUAGES`.
    image : ImageFile, optional
        The picture: needed to say whether its own manifest, if the picture was changed since,
        holds a preview of the original.

    Returns
    -------
    PublicReport
        Ready for JSON; of at most 120,000 letters, whatever the manifests hold.

    Raises
    ------
    ArgumentError
        If there is no such language.
    """
    words = result.words
    shown = origins(result)
    original = find_original(result, image)
    report: schema.PublicReport = {
        "version": schema.VERSION,
        "language": language,
        "verdict": str(result.verdict),
        "headline": words.headline,
        "meaning": words.meaning,
        "caution": words.caution,
        "complete": result.complete,
        "ai": _ai(result),
        "reasons": [_public(one, result) for one in reasons(result)[:_MOST_LINES]],
        "findings": findings(result),
        "origins": [_origin(one, result.verdict) for one in shown],
        "history": history(result),
        "original": None if original is None else original.described(),
        "changes": None if result.changes is None else _changes(result.changes),
        "searched": searched(result),
        "signals": _signals(result),
        "signals_words": SIGNALS_CAUTION if result.signals else "",
        "consents": [_consent(one) for one in result.consents[:_MOST_LINES]],
        "notes": list(_notes(result)),
        "format": result.format,
    }
    return cast("schema.PublicReport", _finished(report, language))


def _ai(result: Verification) -> schema.Ai:
    # What the name is worth stands behind it: a long one must not push that out.
    by = None if result.ai.by is None else shortened(result.ai.by, _MOST_OF_A_NAME)
    said = replace(result.ai, by=by)
    claimed = said.claimed
    return schema.Ai(
        claimed=claimed,
        kind=said.kind if claimed else None,
        by=said.by if claimed else None,
        where=said.where if claimed else None,
        standing=said.standing if claimed else None,
        claim=claimed and (said.standing != "trusted" or result.verdict is Verdict.SUSPECT),
        words=ai_line(said),
    )


def _origin(origin: Origin, verdict: Verdict) -> schema.Origin:
    credential = origin.credential
    manifest = credential.manifest
    return schema.Origin(
        where=origin.where,
        standing=origin.standing,
        claim=not (origin.standing == "trusted" and verdict is not Verdict.SUSPECT),
        development=credential.development,
        expired=credential.expired,
        manifest_id=credential.manifest_id,
        generator=credential.generator,
        provider=None if manifest is None else manifest.provider,
        title=None if manifest is None else manifest.title,
        model=None if manifest is None else manifest.model,
        source_type=credential.source_type,
        signer=credential.signer,
        issuer=credential.issuer,
        abuse_contact=None if manifest is None else manifest.abuse_contact,
        time=credential.time,
        clock=_clock(origin),
        heading=origin_heading(origin),
        lines=[schema.Line(label=label, text=text) for label, text in claims(origin, verdict)],
    )


def _clock(origin: Origin) -> Any:  # noqa: ANN401 - one of the words of the schema
    credential = origin.credential
    if credential.time is None:
        return None
    if credential.timestamp_trusted is None:
        return "signer"
    return "authority" if credential.timestamp_trusted else "unknown_authority"


def _changes(changes: ChangeReport) -> schema.Changes:
    if changes.state == "not_compared":
        words: str = changes.reason or ""
    elif not changes.regions:
        words = say("No changed region was found.")
    elif changes.standing == "trusted":
        words = say("Parts of the picture were changed since it was signed.")
    else:
        words = say(
            "Parts of the picture differ from the preview in its manifest, whose signer could not "
            "be verified."
        )
    return schema.Changes(
        state=changes.state,
        where=changes.about,
        standing=changes.standing,
        share=None if changes.share is None else coarse_percent(changes.share),
        regions=[
            schema.Region(box=coarse_box(one.picture)) for one in changes.regions[:_MOST_REGIONS]
        ],
        words=words,
    )


def _signals(result: Verification) -> list[schema.Signal]:
    return [
        schema.Signal(
            where=one.where,
            generator=one.generator,
            says_ai=one.says_ai,
            text=one.detail,
            words=signal_text(one),
        )
        for one in result.signals[:_MOST_LINES]
    ]


def _consent(consent: ConsentReport) -> schema.Consent:
    standing = consent.standing
    asks = standing not in ("expired", "withdrawn", "other_picture")
    return schema.Consent(asks=asks, standing=standing, words=consent_words(consent))


def _notes(result: Verification) -> Iterator[str]:
    notes = [note for note in result.notes if note != HARDER]
    for note in notes[:_MOST_LINES]:
        yield _public(note, result)
    if any(origin.credential.development for origin in origins(result)):
        yield say("The signer is a development identity: only the machine that asks trusts it.")


def _public(sentence: str, result: Verification) -> str:
    """Return a sentence without what only the operator should read, and shares made coarse."""
    if sentence == taken_back(result.registry.status, result.registry.status_reason):
        return taken_back(result.registry.status, None)
    share = sentence.values.get("share") if isinstance(sentence, Sentence) else None
    if not isinstance(sentence, Sentence) or not isinstance(share, int):
        return sentence
    coarse = max(10, coarse_percent(share / 100))
    return Sentence(sentence.template, {**sentence.values, "share": coarse})


def _finished(value: object, language: str) -> object:
    """Return a report in its language, as plain data, every text of bounded length."""
    match value:
        case dict():
            return {name: _finished(one, language) for name, one in value.items()}
        case list():
            return [_finished(one, language) for one in value]
        case str():
            return shortened(translate(value, language), _MOST_LETTERS)
        case _:
            return value
