"""The words of a report, in any language: names of strangers as claims, never as facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeVar

import indelible
from indelible.languages import Sentence, join, say, translate, translated
from indelible.scan.matches import MATCH_KINDS
from indelible.scan.report_shapes import Course, Figure, Look, Row, Section, Words, digits
from indelible.scan.reporting import Claim, Match, Named, ScanReport
from indelible.scan.tallies import Step, Tally, Timeline
from indelible.verification import Verdict, wording

__all__ = ["PICTURES", "SHARE", "share_words", "tables", "worded"]

PICTURES: Final = say("pictures")
SHARE: Final = say("share")

_MOST_ROWS: Final = 12  # of a section: what comes after is summed up

Key = TypeVar("Key", str, Named, Claim, Match)

_NO_PROOF: Final = say(
    "No verdict says that a picture is real, or that AI did not make it: absence proves nothing."
)
_TITLE: Final = say("What a scan found")
_TONES: Final[dict[Look, Literal["plain", "faint", "bad", "verdict"]]] = {
    "fact": "plain",
    "claim": "faint",
    "verdict": "verdict",
    "error": "bad",
    "rest": "faint",
}
_OTHERS: Final = say("others")
_WATERMARKS: Final = {
    "found": say("found"),
    "not_found": say("looked for and not found"),
    "not_checked": say("not looked for"),
}
_CLAIMS: Final = {
    "generated": say("Says it was made by AI"),
    "edited": say("Says it was edited with AI"),
    None: say("Says that AI had a part in it"),
}
_STANDINGS: Final = {
    "trusted": say("by a trusted signer"),
    "untrusted": say("by a signer who could not be verified"),
    "broken": say("in a manifest that does not hold"),
    "metadata": say("in plain metadata, which anybody can write"),
}
_STEPS: Final[dict[Step, Sentence]] = {
    "hour": say("hour (UTC)"),
    "day": say("day (UTC)"),
    "month": say("month (UTC)"),
    "year": say("year (UTC)"),
}
_FORMATS: Final[dict[Step, str]] = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "month": "%Y-%m",
    "year": "%Y",
}


def worded(counted: ScanReport, *, language: str = "en") -> Words:
    """Return what a report says.

    Parameters
    ----------
    counted : ScanReport
        What was counted.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    words = Words(
        title=_TITLE,
        figures=tuple(_figures(counted)),
        remarks=tuple(_remarks(counted)),
        sections=tuple(_sections(counted)),
        courses=(
            _course(
                "scanned",
                say("When the pictures were scanned"),
                say("By the clock of the machine that scanned."),
                counted.scanned,
            ),
            _course(
                "signed",
                say("When the pictures were signed"),
                say(
                    "As the manifests say that a verdict rests on; many say it without a trusted "
                    "time stamp."
                ),
                counted.signed,
            ),
        ),
        footer=say(
            "Counted by Indelible {version} on {date}. Each picture counts at each place where it "
            "was found.",
            version=indelible.__version__,
            date=dt.datetime.now(dt.UTC).date(),
        ),
    )
    return translated(words, language)


def tables(words: Words, language: str) -> list[tuple[str, wording.Table]]:
    """Return a report as tables for a terminal, each with its heading; empty parts are left out.

    Parameters
    ----------
    words : Words
        In `language`.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    figures = tuple((wording.Cell(one.label), wording.Cell(one.text)) for one in words.figures)
    found = [(words.title, wording.Table(("", ""), figures))]
    for section in words.sections:
        if section.rows:
            columns = (section.column, *(translate(one, language) for one in (PICTURES, SHARE)))
            rows = tuple(_cells(row, section.of, language) for row in section.rows)
            found.append((section.heading, wording.Table(columns, rows)))
    for course in words.courses:
        if course.bars:
            head = (course.column, translate(PICTURES, language))
            bars = tuple(
                (wording.Cell(start), wording.Cell(digits(count)))
                for start, count in course.bars
                if count
            )
            found.append((course.heading, wording.Table(head, bars)))
    return found


def _cells(row: Row, of: int, language: str) -> tuple[wording.Cell, ...]:
    text = row.text
    if row.note and row.look != "verdict":  # a verdict's words take a page
        text = f"{text} ({row.note})"
    return (
        wording.Cell(text, _TONES[row.look]),
        wording.Cell(digits(row.count)),
        wording.Cell(translate(share_words(row.count, of), language)),
    )


def share_words(count: int, of: int) -> str:
    """Return a share as a percentage; what is there at all is not zero, what lacks is not all."""
    if count == 0 or of == 0:
        return "-"
    if count == of:
        return say("{share} %", share=100)
    percent = 100 * count / of
    if percent < 0.1:
        return say("< {share} %", share=0.1)
    return say("{share} %", share=min(round(percent, 1), 99.9))


def _figures(counted: ScanReport) -> Iterator[Figure]:
    yield Figure(say("pictures"), digits(counted.rows))
    yield Figure(say("errors"), digits(counted.errors.total))
    yield Figure(say("copies of the same bytes"), digits(counted.copies))
    yield Figure(say("read"), _size(counted.size))
    if counted.matches.total:
        yield Figure(say("copies of what was looked for"), digits(counted.matches.total))


def _size(size: int) -> Sentence:
    value, units = float(size), ["TB", "GB", "MB", "kB", "B"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop()
    return join(" ", [say("{size}", size=round(value, 1)), units[-1]])


def _remarks(counted: ScanReport) -> Iterator[Sentence]:
    yield _NO_PROOF
    if len(counted.scans.counts()) > 1:
        yield say(
            "These are results of {number} scans: a picture that was scanned twice counts twice.",
            number=len(counted.scans.counts()),
        )
    if counted.incomplete:
        yield say(
            "Verdicts that could change, as a registry or a resolver did not answer: {number}.",
            number=counted.incomplete,
        )
    if counted.development:
        yield wording.DEVELOPMENT_NOTE
    if not (counted.generators.exact and counted.signers.exact and counted.matches.exact):
        yield say(
            "There are so many different names that the rare ones were not counted one by one: "
            "their numbers are lower bounds."
        )


def _sections(counted: ScanReport) -> Iterator[Section]:
    yield Section(
        key="verdicts",
        heading=say("Verdicts"),
        about=say("What the evidence comes to, for each picture."),
        column=say("verdict"),
        rows=tuple(_verdict_rows(counted)),
        of=counted.rows,
    )
    yield Section(
        "ai",
        say("What is said about AI"),
        say("Of all pictures. Nothing said does not mean that AI had no part."),
        say("claim"),
        _rows(counted.claims, _claim_row),
        counted.rows,
    )
    yield Section(
        "watermarks",
        say("Watermarks"),
        say("With the keys that were known to the scan; others cannot be found."),
        say("watermark"),
        _rows(counted.watermarks, lambda key, n: Row(_WATERMARKS.get(key, key), n)),
        counted.rows,
    )
    named = say(
        "As the manifest says that a verdict rests on. A name is a fact where its signer is "
        "trusted; else anybody may have written it."
    )
    yield Section(
        "generators",
        say("Generators"),
        named,
        say("generator"),
        _rows(counted.generators, _named_row),
        counted.rows,
    )
    yield Section(
        "signers",
        say("Signers"),
        named,
        say("signer"),
        _rows(counted.signers, _named_row),
        counted.rows,
    )
    if counted.matches.total:
        yield Section(
            "matches",
            say("Copies of what was looked for"),
            say("What told it stands beside the query."),
            say("query"),
            _rows(counted.matches, _match_row),
            counted.rows,
        )
    yield Section(
        "media",
        say("Kinds of files"),
        say("By the content, never by the name."),
        say("media type"),
        _rows(counted.media_types, Row),
        counted.rows,
    )
    yield Section(
        "errors",
        say("Errors"),
        say("A picture that could not be judged has a row that says why."),
        say("error"),
        _rows(counted.errors, lambda key, n: Row(key, n, "error")),
        counted.rows,
    )


def _verdict_rows(counted: ScanReport) -> Iterator[Row]:
    counts = dict(counted.verdicts.counts())
    for verdict in Verdict:
        count = counts.pop(verdict.value, 0)
        if count:
            words = verdict.words
            note = join(". ", [words.headline, words.caution])
            yield Row(verdict.value, count, "verdict", note)
    yield from (Row(word, count) for word, count in counts.items())
    if counted.errors.total:
        yield Row(say("error"), counted.errors.total, "error", say("It could not be judged."))
    if counted.unjudged:
        yield Row(
            say("no verdict"),
            counted.unjudged,
            "rest",
            say("The scan was asked for something else."),
        )


def _rows(tally: Tally[Key], made: Callable[[Key, int], Row]) -> tuple[Row, ...]:
    """Return the most frequent, and one row for all others."""
    ranked = tally.ranked()
    shown = ranked if len(ranked) <= _MOST_ROWS else ranked[: _MOST_ROWS - 1]
    rest = tally.total - sum(count for _, count in shown)
    rows: tuple[Row, ...] = tuple(made(key, count) for key, count in shown)
    return (*rows, Row(_OTHERS, rest, "rest")) if rest else rows


def _named_row(named: Named, count: int) -> Row:
    if named.standing == "trusted":
        return Row(named.name, count)
    note = _STANDINGS["broken"] if named.standing == "broken" else ""
    return Row(say("says it is {name}", name=named.name), count, "claim", note)


def _claim_row(claim: Claim, count: int) -> Row:
    text = _CLAIMS.get(claim.kind, _CLAIMS[None])
    note = _STANDINGS.get(claim.standing, _STANDINGS["untrusted"])
    return Row(text, count, "fact" if claim.standing == "trusted" else "claim", note)


def _match_row(match: Match, count: int) -> Row:
    return Row(match.query, count, note=MATCH_KINDS.get(match.kind, match.kind))


def _course(key: str, heading: Sentence, about: Sentence, timeline: Timeline) -> Course:
    bins = timeline.bins()
    step = timeline.step
    if timeline.outside:
        about = join(
            " ",
            [
                about,
                say(
                    "Left out, as it is no time, before 2000 or in the future: {number}.",
                    number=timeline.outside,
                ),
            ],
        )
    bars = tuple((one.start.strftime(_FORMATS[step]), one.count) for one in bins)
    return Course(key, heading, about, _STEPS[step], bars)
