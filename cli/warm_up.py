"""``indelible warm-up``: compile the engine before its first use."""

from __future__ import annotations

import sys

from rich.progress import BarColumn, MofNCompleteColumn, Progress

import indelible.fingerprint  # noqa: F401 -- its kernels are compiled, too
from indelible import watermark
from indelible.cli._console import answer, is_terminal, stderr
from indelible.cli._errors import guarded
from indelible.registry import similar_pictures  # noqa: F401 -- and its kernel

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]RUN pip install indelible && indelible warm-up[/cyan]   (in a container's build file)

What is compiled is kept beside the installed package, or in the user's cache folder where that
cannot be written, or where NUMBA_CACHE_DIR says; later processes start at once.
"""


@guarded
def command() -> None:
    """Compile the watermark engine now, for a machine's or a container's image."""
    with Progress(
        "{task.description}", BarColumn(), MofNCompleteColumn(), console=stderr(), transient=True
    ) as bar:
        task = bar.add_task("compiling", total=None, visible=is_terminal(sys.stderr))
        kernels = watermark.warm_up(
            lambda ready, total: bar.update(task, completed=ready, total=total)
        )
    answer(f"{kernels} kernels are ready.")
