"""The command line: ``indelible --help``. A face: what it does is done by the package below it."""

from __future__ import annotations

import atexit
import gc
import os
import sys

__all__ = ["main", "script"]


def main() -> None:
    """Run the ``indelible`` command; it ends with `SystemExit`."""
    try:
        # Imported late, so that the package can be listed without paying for the command line.
        from indelible.cli._app import run

        run()
    except KeyboardInterrupt:  # while importing, which takes the longest of small commands
        sys.stderr.write("Interrupted.\n")
        raise SystemExit(130) from None


def script() -> None:
    """Run the ``indelible`` command as a process of its own; the console script calls this."""
    ending = _Ending()
    atexit.register(ending)  # the first of all: what registers later is called before it
    # What is imported stays until the end: to look through it for garbage again and again is in
    # vain. Over many pictures, garbage is still collected.
    gc.set_threshold(100_000)
    try:
        main()
    except SystemExit as error:
        ending.code = error.code
        raise


class _Ending:
    """Ends the process once everything was done that has to be done at its end.

    By then threads were waited for, and what others registered with `atexit` (logs, temporary
    files, pools) was called. What Python would go on to do is to free every object and every
    compiled kernel one by one, which takes longer than a small command.
    """

    code: object = None  # unknown: an error that Python still has to print

    def __call__(self) -> None:
        if (
            not isinstance(self.code, int) or "coverage" in sys.modules
        ):  # which writes its data later
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):
            return  # Python has words and an exit code for streams that are closed, full or missing
        os._exit(self.code & 0xFF)
