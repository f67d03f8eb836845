"""Letters that are ready to be sent, by whoever wants to: filled with facts, never sent from here.

What only a person can say stands as a blank. The request after the TAKE IT DOWN Act and the note to
StopNCII go to services that read English, whatever the language of the bundle; others follow it.
Where the picture may show a minor there is one letter alone: how to report it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from indelible.evidence import letters_hashes
from indelible.evidence.document import (
    BLANK,
    Block,
    Box,
    Bullets,
    Document,
    Form,
    Part,
    Text,
    seen,
)
from indelible.evidence.document import Facts as Rows
from indelible.evidence.facts import Facts
from indelible.evidence.statement import time_text
from indelible.languages import ENGLISH, say, translated
from indelible.verification.wording import ai_line

__all__ = ["letters"]

_COLUMNS: Final = 78

UNSENT: Final = say(
    "This is a draft. Nobody has sent it. Fill in every blank ({blank}), strike what does not "
    "apply, and have counsel check it: it is no legal advice.",
    blank=BLANK,
)


REPORT_UNSENT: Final = say(
    "This is a draft. Nobody has sent it. Report at once, with what you have: a blank ({blank}) "
    "may stay empty.",
    blank=BLANK,
)


def letters(facts: Facts) -> dict[str, bytes]:
    """Return the letters by the names of their files.

    Parameters
    ----------
    facts : Facts
        What they are filled with.
    """
    if facts.may_show_minor:
        return {
            "report.txt": _plain(_report(facts), facts.language),
            "ncmec.json": letters_hashes.ncmec(facts),
        }
    return {
        "take-it-down.txt": _plain(_take_it_down(facts), ENGLISH),
        "dsa-notice.txt": _plain(_dsa(facts), facts.language),
        "police.txt": _plain(_police(facts), facts.language),
        "stopncii.txt": _plain(_stopncii(facts), ENGLISH),
        "stopncii.json": letters_hashes.stopncii(facts),
        "ncmec.json": letters_hashes.ncmec(facts),
    }


# --- TAKE IT DOWN Act, and StopNCII: to services that read English ------------------------------


def _take_it_down(facts: Facts) -> Document:
    """Return a request with the five elements of a valid one, 47 U.S.C. 223a(a)(1)(B)."""
    where = facts.capture.url or BLANK
    parts = (
        _part(
            "1. This is a notice in writing",
            f"To: {BLANK} (the platform's address for requests under the TAKE IT DOWN Act)",
            "I ask you to remove an intimate visual depiction that was published without consent, "
            "and to make reasonable efforts to remove known identical copies of it, within 48 "
            "hours of receiving this request, as the Act asks of covered platforms.",
        ),
        _part(
            "2. The depiction, and where it is",
            f"Address: {where}",
            f"Further addresses: {BLANK}",
            f"File: {facts.picture.media_type}, {facts.picture.size} bytes, "
            f"SHA-256 {facts.picture.sha256}",
            *_pdq(facts),
            f"What it shows, in my words, so that it can be found: {BLANK}",
        ),
        _part(
            "3. Statement in good faith",
            "I believe in good faith that this intimate visual depiction was published without the "
            "consent of the person who can be identified in it. The reasons are:",
            f"{BLANK}",
            "[ ] I am the person depicted.   [ ] I am authorised to act for that person.",
        ),
        _part(
            "4. How to reach me",
            f"Name: {BLANK}",
            f"E-mail, telephone or postal address: {BLANK}",
        ),
        _part(
            "5. Signature (by hand, or electronic)",
            f"Signature: {BLANK}     Date: {BLANK}",
        ),
        Part(
            "enclosed",
            "What an examination found",
            (*_examined(facts), Text("A signed evidence bundle is available on request.")),
        ),
    )
    return _letter("Request for removal under the TAKE IT DOWN Act", facts, parts, ENGLISH)


def _stopncii(facts: Facts) -> Document:
    parts = (
        _part(
            "Case",
            f"StopNCII case number: {BLANK} (the person opens the case at stopncii.org)",
            f"Organisation that helps: {BLANK}",
            "This note hands over hashes alone. Do not attach the picture, and do not send it by "
            "any other way: nobody at StopNCII needs to see it.",
        ),
        Part("hashes", "Hashes", tuple(Text(one) for one in letters_hashes.usable(facts))),
        _part(
            "Good to know",
            "The same is in stopncii.json, in the form that participating companies exchange.",
            "StopNCII is for people who are 18 or older in the picture. For others: "
            "takeitdown.ncmec.org.",
        ),
    )
    return _letter("Hand-over of hashes to a StopNCII case", facts, parts, ENGLISH)


def _pdq(facts: Facts) -> Iterator[str]:
    if letters_hashes.pdq_usable(facts):
        yield f"For finding copies: PDQ {facts.picture.pdq} (quality {facts.picture.pdq_quality})"


def _part(heading: str, *texts: str) -> Part:
    return Part("", heading, tuple(Text(text) for text in texts))


# --- those that follow the bundle's language ----------------------------------------------------


def _dsa(facts: Facts) -> Document:
    """Return a notice with the elements of article 16(2) of the Digital Services Act."""
    where = facts.capture.url or BLANK
    parts = (
        Part(
            "",
            say("Notice under article 16 of Regulation (EU) 2022/2065 (Digital Services Act)"),
            (
                Text(say("To: {blank} (the service's form or address for notices)", blank=BLANK)),
                Text(
                    say(
                        "I notify you of content that I consider to be illegal, and ask you to "
                        "confirm receipt, to decide without delay, and to tell me your decision "
                        "and how it can be contested."
                    )
                ),
            ),
        ),
        Part(
            "",
            say("(a) Why I consider it illegal"),
            (
                Text(say("Mark what applies:")),
                Form(
                    (
                        say(
                            "[ ] It shows me (or a person for whom I act), and nobody asked for "
                            "consent."
                        ),
                        say("[ ] It is an intimate picture."),
                        say("[ ] It was made or changed by AI and looks like a real person."),
                        say("[ ] Other: {blank}", blank=BLANK),
                    )
                ),
                Text(say("The law that I refer to: {blank} (have counsel check)", blank=BLANK)),
                Text(say("My explanation: {blank}", blank=BLANK)),
                *_examined(facts),
            ),
        ),
        Part(
            "",
            say("(b) Where exactly it is"),
            (
                Text(say("Address (URL): {where}", where=where)),
                Text(say("Further addresses: {blank}", blank=BLANK)),
                *_identified(facts),
            ),
        ),
        Part(
            "",
            say("(c) Who notifies"),
            (
                Text(say("Name: {blank}", blank=BLANK)),
                Text(say("E-mail: {blank}", blank=BLANK)),
                Text(
                    say(
                        "Name and e-mail may be left out where the content concerns offences "
                        "against children (articles 3 to 7 of Directive 2011/93/EU)."
                    )
                ),
            ),
        ),
        Part(
            "",
            say("(d) Statement in good faith"),
            (
                Text(
                    say(
                        "I believe in good faith that the information and allegations in this "
                        "notice are accurate and complete."
                    )
                ),
                Text(say("Place: {blank}  Date: {blank}  Signature: {blank}", blank=BLANK)),
            ),
        ),
    )
    return _letter(say("Notice of illegal content"), facts, parts, facts.language)


def _police(facts: Facts) -> Document:
    sealed = (
        Text(
            say(
                "The picture in the bundle is encrypted for {recipient}. The hashes can be checked "
                "without opening it.",
                recipient=facts.recipient or BLANK,
            )
        ),
    )
    parts = (
        Part(
            "",
            say("Cover note to an evidence bundle"),
            (
                Text(say("To: {blank} (police station or prosecutor)", blank=BLANK)),
                Text(say("Case number, if there is one: {blank}", blank=BLANK)),
                Text(say("From: {blank} (name, address, telephone)", blank=BLANK)),
                Text(
                    say(
                        "Enclosed is a file about one picture. It holds the picture as it was "
                        "obtained, what an automated examination found, and a signature over all "
                        "of it."
                    )
                ),
                *(sealed if facts.sealed else ()),
            ),
        ),
        Part(
            "",
            say("What happened, in my words"),
            (
                Text(BLANK),
                Text(
                    say(
                        "Please write only what you saw yourself: where, when, and who else can "
                        "say so. Suspicions about a person are better told than written here."
                    )
                ),
            ),
        ),
        Part("", say("The picture"), tuple(_identified(facts))),
        Part("", say("What an examination found"), tuple(_examined(facts))),
        Part(
            "",
            say("For the investigators"),
            (
                Bullets(
                    (
                        say(
                            "The file can be checked offline with verify/check.py (Python, "
                            "openssl). It names every byte that was changed. verify/VERIFY.md "
                            "has the same by hand."
                        ),
                        say(
                            "If the picture comes from a service that uses Indelible, that service "
                            "may hold a sealed record of who asked for it. It is not in this file. "
                            "Only the service can open it, under legal process, with a case number "
                            "(indelible registry trace)."
                        ),
                        say(
                            "Platforms keep logs for a short time only. If logs matter, ask for "
                            "their preservation at once."
                        ),
                        say(
                            "Please keep the file itself. Screenshots, prints and copies sent by "
                            "messengers lose what the examination rests on."
                        ),
                    )
                ),
                Text(say("Place: {blank}  Date: {blank}  Signature: {blank}", blank=BLANK)),
            ),
        ),
    )
    return _letter(say("Note to the police"), facts, parts, facts.language)


def _report(facts: Facts) -> Document:
    """Return how a picture that may show a minor is reported, and nothing else."""
    parts = (
        Part(
            "",
            say("Do not pass the picture on"),
            (
                Text(
                    say(
                        "This picture may show a person under 18. In many countries it is a crime "
                        "to keep, to copy or to send such a picture, even to help. So there is one "
                        "letter only, and it has no picture: the hashes below are enough for those "
                        "who can act."
                    )
                ),
            ),
        ),
        Part(
            "",
            say("Where to report it"),
            (
                Bullets(
                    (
                        say("In danger now: the police (in Europe 112, in the United States 911)."),
                        say(
                            "United States: NCMEC CyberTipline, report.cybertip.org, "
                            "1-800-843-5678."
                        ),
                        say("United Kingdom: Internet Watch Foundation, report.iwf.org.uk."),
                        say(
                            "Germany: the police, or internet-beschwerdestelle.de, or "
                            "jugendschutz.net."
                        ),
                        say("Other countries: the hotline of your country at inhope.org."),
                        say(
                            "If it is a picture of you and you are under 18: takeitdown.ncmec.org "
                            "finds copies by hash. The picture stays on your device. You are not "
                            "in trouble for asking."
                        ),
                    )
                ),
                Text(
                    say(
                        "If you run a service: report at once through your own CyberTipline "
                        "account (ncmec.json has the fields), and keep what the law says you "
                        "must keep."
                    )
                ),
            ),
        ),
        Part(
            "",
            say("What to tell them"),
            (
                Text(say("Address (URL): {where}", where=facts.capture.url or BLANK)),
                *_identified(facts),
            ),
        ),
    )
    title = say("Report of a picture that may show a minor")
    return _letter(title, facts, parts, facts.language, draft=REPORT_UNSENT)


# --- what several say ---------------------------------------------------------------------------


def _identified(facts: Facts) -> Iterator[Block]:
    picture = facts.picture
    rows = [
        (say("kind of file"), picture.media_type),
        (say("size"), say("{count} bytes", count=picture.size)),
        ("SHA-256", picture.sha256),
        ("MD5", picture.md5),
        ("SHA-1", picture.sha1),
    ]
    if letters_hashes.pdq_usable(facts):
        rows.append(("PDQ", picture.pdq or ""))
    yield Rows(tuple(rows))
    yield Text(say("Obtained at: {time}", time=time_text(facts.capture.at)))


def _examined(facts: Facts) -> Iterator[Block]:
    """Yield what was found, with what it does not mean."""
    words = facts.result.words
    yield Text(say("An automated examination of the file says:"))
    yield Bullets((words.headline, ai_line(facts.result.ai), words.meaning, words.caution))
    yield Text(say("It does not say who made or published the picture."))


def _letter(
    title: str, facts: Facts, parts: tuple[Part, ...], language: str, *, draft: str = UNSENT
) -> Document:
    head = Part("", "", (Box((draft,)),))
    holder = facts.holder
    return Document(
        title=title,
        subtitle=say("Made for: {holder}", holder=holder) if holder else "",
        language=language,
        contents="",
        parts=(head, *parts),
        foot="",
    )


# --- as plain text ------------------------------------------------------------------------------


def _plain(document: Document, language: str) -> bytes:
    """Return a document as plain text, wrapped for any reader."""
    said = translated(document, language)
    lines = [said.title.upper(), "=" * min(len(said.title), _COLUMNS), ""]
    if said.subtitle:
        lines += [*_wrapped(said.subtitle), ""]
    for part in said.parts:
        if part.heading:
            heading = _wrapped(part.heading)
            lines += [*heading, "-" * max(map(len, heading)), ""]
        for block in part.blocks:
            lines += [*_lines(block), ""]
    return ("\n".join(lines).rstrip() + "\n").encode()


def _lines(block: Block) -> list[str]:
    match block:
        case Text(text):
            return _wrapped(text)
        case Box(texts):
            return [line for text in texts for line in _wrapped(text, "*** ")]
        case Bullets(items):
            return [line for item in items for line in _wrapped(item, "- ")]
        case Form(items):
            return [line for item in items for line in _wrapped(item)]
        case Rows(rows):
            return [line for label, text in rows for line in _row(label, text)]


def _row(label: str, text: str) -> list[str]:
    return _wrapped(f"{label[:1].upper()}{label[1:]}: {text}")


def _wrapped(text: str, mark: str = "") -> list[str]:
    clean = seen(text).replace(BLANK, "_" * 20)
    return textwrap.wrap(
        clean,
        _COLUMNS,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
