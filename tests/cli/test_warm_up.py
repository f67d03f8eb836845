"""``indelible warm-up``."""

from typer.testing import CliRunner

from indelible.cli._app import app


def test_says_how_many_kernels_are_ready() -> None:
    result = CliRunner().invoke(app, ["warm-up"])
    assert result.exit_code == 0
    assert result.stdout.endswith("kernels are ready.\n")
