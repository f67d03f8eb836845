"""From the schema of an older version to that of this one, step by step (alembic).

A step never changes once it was released, and imports nothing of the package: it says what the
tables were then.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["migrate"]


def migrate(connection: sa.Connection, *, start: int) -> None:
    """Bring the tables of a registry to the newest schema, within the transaction that is open.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Its transaction is neither begun nor committed here.
    start : int
        Schema that is there now; 0 for none.
    """
    folder = str(Path(__file__).parent)
    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("version_locations", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    scripts = ScriptDirectory.from_config(config)
    context = MigrationContext.configure(connection)
    if start:
        context.stamp(scripts, str(start))
    steps = reversed(list(scripts.iterate_revisions("head", str(start) if start else "base")))
    with Operations.context(context):
        for step in steps:
            step.module.upgrade()
            context.stamp(scripts, step.revision)
