"""The whole report about one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from indelible.credentials import Finding
from indelible.credentials.manifests.status import UNTRUSTED
from indelible.languages import say, translated
from indelible.verification.result import Verification
from indelible.verification.verdict import Verdict
from indelible.verification.wording._ai import ai_line
from indelible.verification.wording._legs import evidence_lines
from indelible.verification.wording._origins import claims, how_to_look, origin_heading, origins
from indelible.verification.wording._resolvers import whom_to_ask
from indelible.verification.wording._shapes import Item, Section
from indelible.verification.wording._signals import SIGNALS_HEADING, signal_text
from indelible.verification.wording._vocabulary import DEVELOPMENT_NOTE

__all__ = ["Report", "is_development", "reasons", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """The words about one picture, in the order in which they are read.

    Attributes
    ----------
    ai : str
        What is said about AI.
    ai_claimed : bool
        Whether anything says that AI made the picture.
    headline, meaning : str
        The verdict's.
    reasons : tuple of str
        The sentences that led to it.
    sections : tuple of Section
        What each leg found, what the manifests say, what failed, what plain metadata claims.
    remarks : tuple of str
        What else there is to know, or to do.
    caution : Item
        What the verdict does not mean.
    """

    ai: str
    ai_claimed: bool
    headline: str
    meaning: str
    reasons: tuple[str, ...]
    sections: tuple[Section, ...]
    remarks: tuple[str, ...]
    caution: Item


def report(
    result: Verification,
    *,
    fetch_option: str | None = None,
    ask_option: str | None = None,
    language: str = "en",
) -> Report:
    """Return all that is to be said about one picture.

    Parameters
    ----------
    result : Verification
        What was found.
    fetch_option : str, optional
        What a reader of this face puts before the name of a host so that the manifest is fetched
        from it (``--allow-host``); without it, the report does not speak of fetching.
    ask_option : str, optional
        Likewise for the address of a server to ask (``--ask``).
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    words = result.words
    said = Report(
        ai=ai_line(result.ai),
        ai_claimed=result.ai.claimed,
        headline=words.headline,
        meaning=words.meaning,
        reasons=reasons(result),
        sections=tuple(section for section in _sections(result) if section.items),
        remarks=tuple(_remarks(result, fetch_option, ask_option)),
        caution=Item(words.caution, label=say("Keep in mind")),
    )
    return translated(said, language)


def reasons(result: Verification) -> tuple[str, ...]:
    """Return the sentences that led to the verdict, where its own words do not say them all."""
    if result.verdict in (Verdict.AUTHENTIC, Verdict.RECOVERED):
        return ()
    return result.reasons


def is_development(result: Verification) -> bool:
    """Whether this machine's own development identity stands behind what is shown."""
    return any(origin.credential.development for origin in origins(result))


def _sections(result: Verification) -> Iterator[Section]:
    yield Section("", _labelled(evidence_lines(result)))
    for origin in origins(result):
        yield Section(origin_heading(origin), _labelled(claims(origin, result.verdict)))
    yield from _failures(result)
    yield Section(SIGNALS_HEADING, tuple(Item(signal_text(signal)) for signal in result.signals))


def _labelled(lines: Iterable[tuple[str, str]]) -> tuple[Item, ...]:
    return tuple(Item(text, label=label) for label, text in lines)


def _failures(result: Verification) -> Iterator[Section]:
    """Yield every failure that no reason says; an unknown signer is in the manifest's own line."""
    credential, recovered = result.credential, result.registry.credential
    groups: list[tuple[str, Sequence[Finding]]] = [
        (say("Failures of the manifest"), credential.failures),
        (say("Failures inside its history"), credential.ingredient_failures),
        (say("Failures of identity claims"), credential.identity_failures),
    ]
    if recovered is not None and not credential.present:
        groups.append(
            (say("Inside the recovered manifest's history"), recovered.ingredient_failures)
        )
        if result.registry.integrity != "intact":
            groups.append((say("Failures of the recovered manifest"), recovered.failures))
    for heading, findings in groups:
        unsaid = dict.fromkeys(
            Item(finding.sentence, code=finding.code)
            for finding in findings
            if finding.sentence not in result.reasons and finding.code != UNTRUSTED
        )
        yield Section(heading, tuple(unsaid))


def _remarks(
    result: Verification, fetch_option: str | None, ask_option: str | None
) -> Iterator[str]:
    look = how_to_look(result)
    if look is not None:
        yield look
    yield from result.notes
    host = _remote_host(result)
    if host is not None and fetch_option is not None:
        option = f"{fetch_option} {host}"
        yield say("To fetch the manifest from where the file says it is: {option}", option=option)
    if ask_option is not None:
        yield from whom_to_ask(result, ask_option)
    if is_development(result):
        yield DEVELOPMENT_NOTE


def _remote_host(result: Verification) -> str | None:
    """Return the host that a manifest would have to be fetched from."""
    url = result.credential.remote_url
    tried = len(result.credential.reasons) > 1
    if url is None or tried or result.credential.present:
        return None
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or None
    except ValueError:
        return None
