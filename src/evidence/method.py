"""The second half of the statement: method, error rates, limits, the form for a witness, words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from indelible.evidence.document import BLANK, Block, Box, Bullets, Facts, Form, Part, Text
from indelible.evidence.facts import Facts as Known
from indelible.languages import say
from indelible.verification.wording import probability

__all__ = ["parts"]

# Measured; docs/fingerprint.md and README.md have the commands and the tables.
_UNMARKED: Final = 3000
_COPIES, _COPIES_EXPOSED = 1635, 99.6
_EDITS, _EDITS_ACCUSED = 1685, 0.6


def parts(facts: Known) -> tuple[Part, ...]:
    """Return the parts of the statement about how its findings came about."""
    return (
        Part("method", say("How the picture was examined"), tuple(_method(facts))),
        Part("errors", say("How often such findings are wrong"), tuple(_errors(facts))),
        Part("limits", say("What this method cannot do"), tuple(_limits())),
        Part("check", say("How anybody can check this"), tuple(_check(facts))),
        Part("words", say("Words"), (Facts(_WORDS),)),
        Part(
            "certificate",
            say("Certificate of a qualified person (a form, not completed)"),
            tuple(_certificate(facts)),
        ),
    )


def _method(facts: Known) -> Iterator[Block]:
    yield Text(
        say(
            "The program does the same steps for every picture. Nobody chooses the result, and "
            "anybody can repeat the steps with the same program."
        )
    )
    yield Bullets(
        (
            say("It reads the file without changing it, and works out its hashes."),
            say(
                "It looks for a manifest in the file: a signed record of how the picture was made. "
                "It checks the signature, whether the file is still the one that was signed, and "
                "whether the signer is on a list of trusted signers. The lists, with their dates, "
                "are in the folder trust."
            ),
            say(
                "It looks in the picture itself for an invisible watermark, with the keys that "
                "are known here. A watermark is a number of 64 bits. It is made to survive "
                "copying, shrinking and screenshots. It holds no name: it leads to a record that "
                "was made with the picture."
            ),
            say(
                "If it finds a watermark, it asks the registry for the manifest of that number, "
                "and checks it in the same way."
            ),
            say(
                "It compares what the picture looks like with what the manifest says that it "
                "looked like. This exposes watermarks that were copied onto another picture."
            ),
            say(
                "From all this a fixed table gives one word, the verdict. The table is in the "
                "documentation of the program (docs/verdicts.md)."
            ),
        ),
        numbered=True,
    )
    rows = tuple((name, version) for name, version in sorted(facts.versions.items()))
    yield Text(say("The programs that did it:"))
    yield Facts(rows, exact=True)


def _errors(facts: Known) -> Iterator[Block]:
    yield Text(
        say(
            "Each kind of error has its own rate. Each was measured by the makers of the "
            "program, on their own pictures, with commands that anybody can run. Nobody else has "
            "checked them yet, as far as this statement knows."
        )
    )
    rows = [
        (
            say("A watermark is reported that nobody put there"),
            say(
                "At most once in 1,000,000,000 pictures, whatever they show. This is a proof, "
                'not a measurement: docs/watermark.md, "The false-positive bound". Counted: 0 of '
                "{count} pictures without a mark (python -m benchmarks.false_positives).",
                count=_UNMARKED,
            ),
        ),
        (
            say("A watermark is there and is not found"),
            say(
                "It depends on what was done to the picture. After ordinary reposting it is rare; "
                'after heavy editing, or on purpose, it is common. So "not found" proves nothing. '
                "Figures: README.md, python -m benchmarks.robustness."
            ),
        ),
        (
            say("A watermark was copied from another picture, and that is not noticed"),
            say(
                "Of {count} copied watermarks {share} % were exposed (docs/fingerprint.md, "
                "python -m benchmarks.copies).",
                count=_COPIES,
                share=_COPIES_EXPOSED,
            ),
        ),
        (
            say("An honest edit is taken for a copied watermark"),
            say(
                "Of {count} honest edits {share} %, most of them pictures that were mostly "
                "replaced (the same source).",
                count=_EDITS,
                share=_EDITS_ACCUSED,
            ),
        ),
        (
            say("A signature is forged, or a hash fits another file"),
            say(
                "Nobody is known to have done it with these methods (ECDSA, RSA-PSS, Ed25519, "
                "SHA-256). But a key can be stolen: then the thief signs as its owner."
            ),
        ),
    ]
    yield Facts(tuple(rows))
    mark = facts.result.watermark
    if mark.found and not facts.coarse:
        yield Text(
            say(
                "In this picture a watermark was found. The chance that a picture without one "
                "gives this is {chance}: an upper bound, over the whole search. It is not the "
                "chance that this picture is unmarked, and says nothing about copied marks.",
                chance=probability(mark.false_positive_probability),
            )
        )


def _limits() -> Iterator[Block]:
    yield Bullets(
        (
            say(
                "It finds watermarks only of services whose key it has. Every other watermark is "
                "invisible to it."
            ),
            say(
                "Somebody who knows how can remove a watermark, or have the picture painted anew "
                "by another program."
            ),
            say(
                "Of pictures that are very small, nearly of one colour, or drawn over, it can "
                "say little."
            ),
            say(
                "What registries answer can change: a record can be withdrawn. This statement says "
                "what they answered at that time."
            ),
            say(
                "The clock of this computer can be wrong. A time stamp of an authority does not "
                "depend on it."
            ),
        )
    )


def _check(facts: Known) -> Iterator[Block]:
    yield Text(
        say(
            "This statement is part of a bundle: one file with the picture, the findings, and a "
            "signature over all of it. To check it, nobody needs us, our program, or the internet."
        )
    )
    yield Bullets(
        (
            say(
                "Run the script verify/check.py with Python. Take it from a source that you trust, "
                "not from a bundle that you doubt: python3 check.py BUNDLE"
            ),
            say(
                "It names every file of which a single byte was changed, and says who signed and "
                "who time-stamped the bundle."
            ),
            say("verify/VERIFY.md says how to do the same by hand, with openssl."),
        )
    )
    signer: list[tuple[str, str]] = [(say("signed by"), facts.signer.name)]
    if facts.signer.issuer:
        signer.append((say("certificate issued by"), facts.signer.issuer))
    signer += [(say("time stamps asked of"), one) for one in facts.authorities]
    yield Facts(tuple(signer))
    if facts.signer.sha256:
        yield Text(
            say(
                "The signer's certificate has the SHA-256 hash below. Compare it with one that you "
                "have from the signer by another way: anybody can make a certificate with any name."
            )
        )
        yield Facts((("SHA-256", facts.signer.sha256),), exact=True)
    if not facts.authorities:
        yield Text(
            say(
                "No time-stamp authority was asked: that the bundle existed at a certain time "
                "rests on the word of its signer."
            )
        )


def _certificate(facts: Known) -> Iterator[Block]:
    picture = facts.picture
    yield Box(
        (
            say("This is a form. Nobody has signed it."),
            say(
                "It follows what the Federal Rules of Evidence 902(13) and 902(14) of the United "
                "States ask for: a person who knows the process certifies in writing how a record "
                "was made, and how a copy was identified. Other courts have other rules. Have "
                "counsel check it, and strike what does not apply, before anybody signs."
            ),
        ),
        "caution",
    )
    yield Form(
        (
            say("My name is {blank}. I work for {blank} as {blank}.", blank=BLANK),
            say(
                "I am qualified to make this certificate by my training and experience: {blank}.",
                blank=BLANK,
            ),
            say(
                "Identification of the file. On {blank} (date) I worked out the SHA-256 hash of "
                "the file that I hold, with {blank} (program). It was {sha256}. This is the hash "
                "in this statement, so the file is an exact copy, of {count} bytes.",
                blank=BLANK,
                sha256=picture.sha256,
                count=picture.size,
            ),
            say(
                "How the record was made. The report in findings/verdict.json was made by the "
                "program Indelible {version} from that file. The process is the one described in "
                'this statement under "How the picture was examined". To my knowledge it gives '
                "accurate results, within the rates and limits that this statement names.",
                version=facts.versions.get("indelible", ""),
            ),
            say(
                "On {blank} (date) I repeated the examination with {blank} (program and version). "
                "The result was: {blank}.",
                blank=BLANK,
            ),
            say(
                "On {blank} (date) I checked the bundle with verify/check.py. The result was: "
                "{blank}.",
                blank=BLANK,
            ),
            say(
                "I declare under penalty of perjury under the laws of the United States of America "
                "that the foregoing is true and correct (28 U.S.C. 1746)."
            ),
            say("Place: {blank}  Date: {blank}  Signature: {blank}", blank=BLANK),
        )
    )
    if facts.holder:
        yield Text(say("This bundle was made for: {holder}", holder=facts.holder))


_WORDS: Final = (
    (
        say("AI"),
        say("Here: a program that was trained on many pictures, and makes or changes pictures."),
    ),
    (
        say("certificate"),
        say("A file that says which key belongs to whom, and who vouches for that."),
    ),
    (
        say("hash"),
        say("A number worked out from every byte of a file. Another file has another one."),
    ),
    (say("key"), say("A secret number, with which somebody signs or marks.")),
    (
        say("manifest"),
        say(
            "A signed record of how a picture was made, also called Content Credentials (C2PA). It "
            "is lost when a picture is screenshotted, and by most uploads."
        ),
    ),
    (
        say("metadata"),
        say("Notes in a file that anybody can write and remove, such as the date or the camera."),
    ),
    (
        say("registry"),
        say("Where a service keeps the manifests of its pictures under the numbers of watermarks."),
    ),
    (
        say("signature"),
        say(
            "A number that only who holds the key can make, and everybody can check. It shows that "
            "a file is the one that was signed."
        ),
    ),
    (
        say("time stamp"),
        say(
            "The signed word of an independent authority that something existed at a certain time."
        ),
    ),
    (
        say("verdict"),
        say("The one word that the program gives. It is about evidence, and not about guilt."),
    ),
    (
        say("watermark"),
        say("An invisible pattern in a picture. It holds a number, and nothing about anybody."),
    ),
)
