"""For a platform: one call on each upload, and a label for the people who will see it.

Run it: ``python -m examples.upload_check FILE...``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import indelible
from indelible import IndelibleError, Verdict, Verification

# What a platform does about a verdict is its own decision; none of them says what is true.
POLICY = {
    Verdict.SUSPECT: "hold for review",
    Verdict.INVALID: "hold for review",
    Verdict.ALTERED: "publish, labelled as changed since",
    Verdict.UNVERIFIED: "publish, labelled as marked by an unknown signer",
    Verdict.RECOVERED: "publish, labelled",
    Verdict.AUTHENTIC: "publish, labelled",
    Verdict.UNCHECKED: "publish without a label: nobody could look for a watermark",
    Verdict.NONE: "publish without a label",
}


def label(result: Verification) -> str:
    """Say in one line who made the picture, as far as somebody vouches for it."""
    if result.origin is None or result.verdict not in (Verdict.AUTHENTIC, Verdict.RECOVERED):
        return result.verdict.words.headline
    credential = result.origin.credential
    made = "made with AI" if credential.source_type == "trainedAlgorithmicMedia" else "made"
    return f"{made}: {credential.generator}, {credential.time}, says {credential.signer}"


def check(upload: bytes) -> tuple[str, str]:
    """Return what to do with an upload, and its label."""
    try:
        result = indelible.verify(upload)
    except IndelibleError as error:
        return "refuse", error.diagnostics()
    return POLICY[result.verdict], label(result)


def main(names: list[str]) -> None:
    """Check files as if they were uploads."""
    for name in names:
        action, text = check(Path(name).read_bytes())
        print(f"{name}: {action} ({text})")


if __name__ == "__main__":
    main(sys.argv[1:])
