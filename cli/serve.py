"""``indelible serve``: the resolution service, and the page where anyone can check a picture."""

from __future__ import annotations

from indelible.cli._errors import guarded
from indelible.extras import load

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]indelible serve[/cyan]   then open http://127.0.0.1:8000 in a browser
"""


@guarded
def command() -> None:
    """Answer over HTTP whom a picture comes from, with a page for everybody."""
    service = load(
        "indelible.service.running", extra="service", missing="the service needs FastAPI"
    )
    service.run()
