"""The command line: ``indelible --help``. A face: what it does is done by the package below it."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the ``indelible`` command; the console script calls this."""
    try:
        # Imported late, so that the package can be listed without paying for the command line.
        from indelible.cli._app import run

        run()
    except KeyboardInterrupt:  # while importing, which takes the longest of small commands
        sys.stderr.write("Interrupted.\n")
        raise SystemExit(130) from None
