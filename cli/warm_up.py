"""``indelible warm-up``: compile the engine before its first use."""

from __future__ import annotations

from indelible import watermark
from indelible.cli._console import answer
from indelible.cli._errors import guarded

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]RUN pip install indelible && indelible warm-up[/cyan]   (in a container's build file)

What is compiled is kept beside the installed package, or in the user's cache folder where that
cannot be written; later processes start at once.
"""


@guarded
def command() -> None:
    """Compile the watermark engine now, for a machine's or a container's image."""
    kernels = watermark.warm_up()
    answer(f"{kernels} kernels are ready.")
