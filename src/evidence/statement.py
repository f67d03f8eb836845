"""The statement: what was found, in words for a reader who knows nothing about any of this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from indelible.evidence import method
from indelible.evidence.document import Block, Box, Bullets, Document, Facts, Part, Text
from indelible.evidence.facts import CaptureFacts, Obtained
from indelible.evidence.facts import Facts as Known
from indelible.evidence.facts import PictureFacts as KnownPicture
from indelible.languages import Sentence, join, say, translated
from indelible.verification import Verdict, Verification, public
from indelible.verification.wording import Item, Section, ai_line, report

__all__ = ["statement", "time_text"]

_HOW: Final[dict[Obtained, Sentence]] = {
    "file": say("Somebody gave the picture to the software as a file."),
    "fetched": say("The software fetched the picture from the address below, over the internet."),
    "page": say("Somebody gave the picture to a web page of this service, in a browser."),
}
_FOUND: Final = {
    True: say("found"),
    False: say("not found"),
    None: say("could not be looked for"),
}
_PLAINLY: Final[dict[Verdict, Sentence]] = {
    Verdict.SUSPECT: say(
        "What this picture carries does not fit together. Do not rely on anything that it says "
        "about itself."
    ),
    Verdict.INVALID: say(
        "The file comes with a signed record, and that record is broken. Do not rely on what it "
        "says."
    ),
    Verdict.ALTERED: say(
        "The picture was signed or marked once, and the file was changed after that. What was "
        "changed, this alone does not say."
    ),
    Verdict.AUTHENTIC: say(
        "Somebody whom this program trusts has signed this file, and nothing that was signed was "
        "changed since."
    ),
    Verdict.RECOVERED: say(
        "The picture carries an invisible number. That number led to a signed record, by somebody "
        "whom this program trusts."
    ),
    Verdict.UNVERIFIED: say(
        "Something was found. But this program could not confirm who stands behind it."
    ),
    Verdict.UNCHECKED: say(
        "There is no signed record in the file. Nobody looked for an invisible number, because "
        "that takes a key."
    ),
    Verdict.NONE: say(
        "Nothing was found. That proves nothing: most pictures carry neither a signed record nor "
        "an invisible number."
    ),
}
# Each verdict for a reader who knows none of the words.
_LEAST_QUALITY: Final = 50


def statement(facts: Known) -> Document:
    """Return the statement about a picture, in the language that the facts name.

    Parameters
    ----------
    facts : Facts
        All that it may say.
    """
    parts = (
        Part("short", say("In short"), tuple(_short(facts))),
        Part("found", say("What was found"), tuple(_found(facts))),
        Part("meaning", say("What this does not mean"), tuple(_meaning())),
        Part("picture", say("The picture"), tuple(_picture(facts))),
        Part("obtained", say("How the picture was obtained"), tuple(_obtained(facts.capture))),
        *method.parts(facts),
    )
    document = Document(
        title=say("Statement about a picture"),
        subtitle=facts.picture.name,
        language=facts.language,
        contents=say("Contents"),
        parts=parts,
        foot=say(
            "Made by software, Indelible {version}, on {time}. It is no expert opinion and no "
            "legal advice.",
            version=facts.versions.get("indelible", ""),
            time=time_text(facts.capture.at),
        ),
    )
    return translated(document, facts.language)


def time_text(moment: dt.datetime) -> str:
    """Return a time as statements write it, in UTC."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


# --- the findings -------------------------------------------------------------------------------


def _short(facts: Known) -> Iterator[Block]:
    result = facts.result
    words = result.words
    yield Text(
        say(
            "A computer program looked at a picture. This statement says what it found, what that "
            "means, and what it does not mean. Words that not everybody knows are explained under "
            '"Words".'
        )
    )
    plainly = _PLAINLY[result.verdict]
    yield Box((words.headline, plainly, ai_line(result.ai), words.meaning), "verdict")
    yield Box((say("Keep in mind"), words.caution), "caution")
    if facts.may_show_minor:
        yield Box(
            (
                say("The picture is not in this bundle"),
                say(
                    "It may show a person under 18. In many countries it is a crime to keep or to "
                    "pass on such a picture, even as evidence. So this bundle has only what "
                    "identifies it, its hashes, and the way to report it. Do not copy it, and do "
                    "not send it to anybody: report it, and let the police secure it."
                ),
            ),
            "problem",
        )
    elif facts.sealed:
        yield Box(
            (
                say("The picture is locked"),
                say(
                    "It is in this bundle, encrypted: only who holds the recipient's key can see "
                    "it. Everybody else can check that nothing was changed, without seeing it."
                ),
            )
        )
    if facts.signer.development:
        yield Box(
            (
                say("Signed with a development identity"),
                say(
                    "The certificate that signs this bundle was made by the software for itself. "
                    "It shows that nothing was changed since. It does not show who made the bundle."
                ),
            ),
            "caution",
        )


def _found(facts: Known) -> Iterator[Block]:
    said = public.public_report(facts.result, language=facts.language)
    if facts.coarse:
        yield from _coarse(said)
    else:
        yield from _in_full(facts.result)
    yield Text(
        say(
            'What was looked for. "Not found" means that the program looked and found nothing. It '
            "does not mean that nothing is there."
        )
    )
    rows = ((_FOUND[one["found"]], one["words"]) for one in said["searched"])
    yield Facts(tuple(rows))


def _in_full(result: Verification) -> Iterator[Block]:
    said = report(result)
    if said.reasons:
        yield Bullets(said.reasons)
    for section in said.sections:
        yield from _section(section)
    if said.remarks:
        yield Bullets(said.remarks)


def _section(section: Section) -> Iterator[Block]:
    if section.heading:
        yield Text(join("", [section.heading, ":"]))
    if all(item.label for item in section.items):
        yield Facts(tuple((item.label, _text(item)) for item in section.items))
    else:
        yield Bullets(tuple(_text(item) for item in section.items))


def _text(item: Item) -> str:
    return join("", [item.text, " [", item.code, "]"]) if item.code else item.text


def _coarse(said: public.PublicReport) -> Iterator[Block]:
    """Yield what strangers may learn: no figures by which an attack could be measured."""
    if said["reasons"]:
        yield Bullets(tuple(said["reasons"]))
    found = said["findings"]
    yield Bullets((found["manifest"]["words"], found["watermark"]["words"]))
    yield Text(found["agreement"]["words"])
    for origin in said["origins"]:
        yield Text(join("", [origin["heading"], ":"]))
        yield Facts(tuple((line["label"], line["text"]) for line in origin["lines"]))
    if said["signals"]:
        yield Bullets(tuple(one["words"] for one in said["signals"]))
    if said["notes"]:
        yield Bullets(tuple(said["notes"]))


def _meaning() -> Iterator[Block]:
    yield Bullets(
        (
            say(
                "It does not say that the picture is real, or that what it shows happened. No "
                "program can say that."
            ),
            say(
                "It does not say that the picture was not made by AI. Most programs that make "
                "pictures leave no mark, and a mark can be lost or removed."
            ),
            say(
                "It does not say who did something wrong. A name in it is the name of a service or "
                "of a certificate. It does not say who asked for the picture, and not who "
                "published it."
            ),
            say(
                "A valid signature says who vouches for a file. It does not make true what they "
                "say about it."
            ),
            say("It does not say whether anything is against the law. A court decides that."),
        )
    )


# --- the picture --------------------------------------------------------------------------------


def _picture(facts: Known) -> Iterator[Block]:
    picture = facts.picture
    rows: list[tuple[str, str]] = [
        (say("name of the file"), picture.name),
        (say("kind of file"), picture.media_type),
        (say("size"), say("{count} bytes", count=picture.size)),
    ]
    if picture.width is not None and picture.height is not None:
        size = say("{width} x {height} pixels", width=picture.width, height=picture.height)
        rows.append((say("width and height"), size))
    yield Facts(tuple(rows))
    yield Text(
        say(
            "The long numbers below are hashes: fingerprints of the file, worked out from every "
            "byte of it. The same file always has the same hashes. If a single byte of it is "
            "changed, they are different ones. Nobody knows a way to make another file with the "
            "same SHA-256 or SHA-512 hash. So anybody who holds the file can check that it is the "
            "one that this statement is about."
        )
    )
    yield Facts((("SHA-256", picture.sha256), ("SHA-512", picture.sha512)), exact=True)
    yield from _for_programmes(picture)


def _for_programmes(picture: KnownPicture) -> Iterator[Block]:
    yield Text(
        say(
            "The next ones are only for programmes that find copies of known pictures, such as "
            "StopNCII and NCMEC. MD5 and SHA-1 are old and prove nothing. PDQ says what a picture "
            "looks like: it stays nearly the same when the picture is made smaller or saved anew, "
            "and two different pictures can share it."
        )
    )
    rows: list[tuple[str, str]] = [("MD5", picture.md5), ("SHA-1", picture.sha1)]
    if picture.pdq is not None:
        rows.append(("PDQ", picture.pdq))
    yield Facts(tuple(rows), exact=True)
    if picture.pdq is None:
        yield Text(say("There is no PDQ hash: the picture could not be decoded here."))
    elif picture.pdq_quality is not None:
        text = say("Quality of the PDQ hash: {quality} of 100.", quality=picture.pdq_quality)
        if picture.pdq_quality < _LEAST_QUALITY:
            more = say("Below 50 it should not be used: the picture has too little detail.")
            text = join(" ", [text, more])
        yield Text(text)


def _obtained(capture: CaptureFacts) -> Iterator[Block]:
    yield Text(_HOW[capture.how])
    rows: list[tuple[str, str]] = [
        (say("when"), time_text(capture.at)),
        (say("whose clock"), capture.clock),
    ]
    if capture.url is not None:
        rows.append((say("address"), capture.url))
    if capture.status is not None:
        status = say(
            "HTTP status {status}, with {count} header lines",
            status=capture.status,
            count=len(capture.headers),
        )
        rows.append((say("answer of the server"), status))
    rows += [(say("certificate of the server"), one) for one in capture.certificates]
    if capture.tool:
        rows.append((say("with"), capture.tool))
    who = capture.operator or say("not named")
    rows.append((say("by whom"), who))
    yield Facts(tuple(rows))
    if capture.how != "fetched":
        yield Text(
            say(
                "Where the file was before that, the software cannot know. Whoever gave it may be "
                "able to say so: where they found it, when, and what they did with it."
            )
        )
        if capture.url is not None:
            yield Text(say("The address is what that person said. It was not fetched."))
    yield Text(
        say(
            "All details are in capture/capture.json. Who held the picture since then stands in "
            "custody/custody.jsonl, where each line names the one before it by its hash."
        )
    )
