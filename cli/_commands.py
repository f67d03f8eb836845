"""The sub-commands of ``indelible``, each of which is imported when somebody asks for it.

What the top's ``--help`` and a shell's completion say of them stands here, so that neither imports
a command's module (tests/cli/test_start.py compares it with what the module itself says).
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from indelible.cli._console import flowing

__all__ = ["SUMMARIES", "Commands"]

SUMMARIES: Final = {
    "protect": "Mark pictures invisibly, sign their manifests, register both.",
    "verify": "Find out who vouches for pictures, also after their metadata was stripped.",
    "derive": "Resize, crop and convert pictures without losing where they come from.",
    "sign": "Sign pictures as they are: no watermark, no registry, not a pixel changed.",
    "inspect": "Show everything that pictures' credentials say, and what fails, in plain words.",
    "embed": "Embed a watermark and nothing else: no manifest, no registry.",
    "detect": "Look for a watermark and nothing else: no manifest, no registry.",
    "scan": "Find out who vouches for very many pictures: a row for each, and what ends it is no "
    "loss.",
    "report": "Count what a scan found: by verdict, generator, signer and claim, and over time.",
    "consent": "Ask that a photograph is not edited and not trained on, and see what pictures ask.",
    "evidence": "Make, check and hand on evidence about a picture, in one file for strangers.",
    "warm-up": "Compile the watermark engine now, for a machine's or a container's image.",
    "keys": "Watermark keys, signing keys and certificates. New marks use the newest watermark "
    "key, detection tries all.",
    "trust": "See and change whose signatures count. The official C2PA lists come with the "
    "package.",
    "registry": "Where ids of watermarks lead: make, list, move, back up, purge and trace.",
    "serve": "Answer over HTTP whom a picture comes from, with a page for everybody.",
    "gateway": "Stand before a server that makes pictures: none leaves it unprotected.",
    "config": "See which settings hold, and where they come from.",
}
"""What each command does, in the order of the help."""


class Commands(TyperGroup):
    """A group whose commands are stand-ins with a name and a summary, until one is to run."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 -- typer's, passed on
        super().__init__(**settings)
        for name, summary in SUMMARIES.items():
            self.add_command(TyperCommand(name, help=summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 -- typer's own
        """Return the name, the command itself in its stand-in's place, and its arguments."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, None if stand_in is None else _imported(str(name)), rest


def _imported(name: str) -> Any:  # noqa: ANN401 -- click's command, whichever click typer uses
    """Import a command's module, which holds an `app` of several commands, or one `command`."""
    module = importlib.import_module(f"indelible.cli.{name.replace('-', '_')}")
    several = hasattr(module, "app")
    app = module.app if several else typer.Typer(add_completion=False)
    if not several:
        app.command(name, epilog=flowing(module.EPILOG))(module.command)
    made = typer.main.get_command(app)
    made.name = name
    if not several:  # whoever leaves out what has to be given is told what there is
        made.no_args_is_help = any(parameter.required for parameter in made.params)
    return made
