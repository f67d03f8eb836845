"""What servers of others answered, in a line each, and whom else one could ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indelible import watermark
from indelible.languages import Sentence, join, say
from indelible.resolution import find_algorithm
from indelible.verification.resolver_report import ResolverReport
from indelible.verification.result import Verification
from indelible.verification.wording._vocabulary import one_line

__all__ = ["consent_question", "resolver_line", "resolver_lines", "whom_to_ask"]


def resolver_lines(result: Verification) -> list[tuple[str, str]]:
    """Return what each resolver answered, as (label, text)."""
    return [(say("resolver"), resolver_line(one)) for one in result.resolvers]


def resolver_line(report: ResolverReport) -> Sentence:
    """Return what one resolver answered, and what that is worth."""
    line = _answered(report)
    if not report.sent_picture:
        return line
    return join("", [line, say(" (the picture was sent to it)")])


def _answered(report: ResolverReport) -> Sentence:
    who, reason = report.address, one_line(report.reason or "")
    if report.state == "not_asked":
        return say("{address} was not asked: {reason}", address=who, reason=reason)
    if report.state == "unavailable":
        return say("{address} gave no answer: {reason}", address=who, reason=reason)
    if report.state == "unknown":
        line = say("{address} holds nothing about it", address=who)
        return join("; ", [line, reason]) if reason else line
    return say("{address} sent a manifest {worth}", address=who, worth=_worth(report))


def _worth(report: ResolverReport) -> Sentence:
    """Return what a manifest that was sent is worth, in words that follow it."""
    if report.integrity != "intact":
        return say("that does not hold")
    if report.is_about is False:
        return say("that is about another picture")
    if report.asked_by != "content" and not report.names_payload:
        return say("that names another id")
    if not report.counts:
        return say("that does not show that it is about this picture")
    if report.standing == "trusted":
        return say("that is intact, of a trusted signer")
    return say("that is intact, of a signer who could not be verified")


def whom_to_ask(result: Verification, ask_option: str) -> Iterator[Sentence]:
    """Yield which public servers resolve what the file's manifest names, and nobody here knows.

    Parameters
    ----------
    result : Verification
        What was found.
    ask_option : str
        What a reader of this face puts before an address so that it is asked (``--ask``).
    """
    asked = {one.address for one in result.resolvers}
    names = dict.fromkeys(one.algorithm for one in result.credential.soft_bindings)
    for name in names:
        known = None if watermark.is_known(name) else find_algorithm(name)
        if known is None:
            continue
        where = [address for address in known.resolvers if address.rstrip("/") not in asked]
        if where:
            yield say(
                "The manifest names an id of {algorithm}, which a public server looks up: {option}",
                algorithm=name,
                option=" ".join(f"{ask_option} {address}" for address in where),
            )
        elif not known.resolvers:
            yield say(
                "The manifest names an id of {algorithm}, which its maker can read: {address}",
                algorithm=name,
                address=known.about,
            )


def consent_question(results: Sequence[Verification], size: int) -> Sentence | None:
    """Return what somebody has to agree to before pictures are sent, or None where none would be.

    Parameters
    ----------
    results : sequence of Verification
        Those of whose pictures more could be learned.
    size : int
        Bytes of all their files together.
    """
    names = dict.fromkeys(
        one.address for result in results for one in result.resolvers if one.withheld
    )
    if not names:
        return None
    return say(
        "Send {count} whole files with their metadata ({size} MB) to {addresses}, to be searched "
        "for watermarks there? Whoever runs that server can see what the pictures show.",
        count=len(results),
        size=round(size / 1e6, 1),
        addresses=", ".join(names),
    )
