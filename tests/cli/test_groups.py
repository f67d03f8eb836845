"""Groups of options: a dataclass becomes one option for each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from indelible.cli._groups import grouped


@dataclass(frozen=True)
class Size:
    width: Annotated[int, typer.Option("--width", "-w")] = 1
    high: Annotated[bool, typer.Option("--high")] = False


def test_a_group_is_one_option_for_each_field() -> None:
    app = typer.Typer()
    seen: list[object] = []

    @app.command()
    @grouped
    def command(name: str, *, size: Size, last: Annotated[str, typer.Option()] = "z") -> None:
        """Say something."""
        seen.append((name, size, last))

    runner = CliRunner()
    assert runner.invoke(app, ["a", "-w", "5", "--last", "y"]).exit_code == 0
    assert runner.invoke(app, ["b", "--high"]).exit_code == 0
    assert seen == [("a", Size(5, False), "y"), ("b", Size(1, True), "z")]
    shown = runner.invoke(app, ["--help"]).output
    assert "--width" in shown
    assert "Say something." in shown
    assert runner.invoke(app, ["a", "--size", "1"]).exit_code == 2
