"""For an individual: the verdict in plain words, and what it does not mean.

Run it: ``python -m examples.ask_about_picture FILE``; ``indelible verify FILE`` says more.
"""

from __future__ import annotations

import sys
from pathlib import Path

import indelible
from indelible import IndelibleError


def ask(picture: Path) -> str:
    """Return what is known about a picture, for somebody who has never heard of manifests."""
    try:
        result = indelible.verify(picture)
    except IndelibleError as error:
        return error.diagnostics()
    words = result.verdict.words
    lines = [f"{words.headline}.", words.meaning]
    credential = result.best_credential
    if credential is not None and credential.generator is not None:
        lines.append(f"It says that it was made with {credential.generator}, {credential.time}.")
        if credential.development:
            lines.append("The signer is only this machine's own development identity.")
    lines.append(words.caution)
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Answer for each file."""
    for name in names:
        print(ask(Path(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
