"""The command line: ``indelible --help``. A face: what it does is done by the package below it."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the ``indelible`` command; the console script calls this."""
    # Imported late, so that the package can be listed without paying for the command line.
    from indelible.cli._app import run

    run()
