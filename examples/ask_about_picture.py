"""For an individual: the verdict in plain words, and what it does not mean.

Run it: ``python -m examples.ask_about_picture FILE``; ``indelible verify FILE`` says more.
"""

from __future__ import annotations

import sys
from pathlib import Path

import indelible
from indelible import IndelibleError
from indelible.verification import wording


def ask(picture: Path) -> str:
    """Return what is known about a picture, for somebody who has never heard of manifests."""
    try:
        result = indelible.verify(picture)
    except IndelibleError as error:
        return error.diagnostics()
    words = result.verdict.words
    lines = [wording.ai_line(result.ai), f"{words.headline}.", words.meaning]
    lines.extend(
        f"{wording.origin_heading(origin)}: "
        + "; ".join(f"{label} {text}" for label, text in wording.claims(origin, result.verdict))
        for origin in wording.origins(result)
    )
    if result.origin is not None and result.origin.credential.development:
        lines.append(wording.DEVELOPMENT_NOTE)
    lines.append(words.caution)
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Answer for each file."""
    for name in names:
        print(ask(Path(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
