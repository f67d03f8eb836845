"""What is still to be done elsewhere, as the outbox notes it: removing erased objects."""

from __future__ import annotations

import sqlalchemy as sa

from indelible.errors import RegistryUnavailableError
from indelible.registry.changing import REMOVE_OBJECT
from indelible.registry.database import Database
from indelible.registry.objects import ObjectStore
from indelible.registry.tables import OUTBOX

__all__ = ["remove_objects"]


def remove_objects(database: Database, objects: ObjectStore, limit: int) -> int:
    """Remove objects that are noted for it, some at most; return how many of these are left."""
    query = (
        sa.select(OUTBOX.c.id, OUTBOX.c.subject)
        .where(OUTBOX.c.kind == REMOVE_OBJECT)
        .order_by(OUTBOX.c.id)
        .limit(limit)
    )
    work = database.read(lambda connection: connection.execute(query).all())
    left = 0
    for number, name in work:
        try:
            _remove(database, objects, number, name)
        except RegistryUnavailableError:
            left += 1
    return left


def _remove(database: Database, objects: ObjectStore, number: int, name: str) -> None:
    """Remove an object, then the note that says that it is to be."""
    objects.remove(name)
    done = sa.delete(OUTBOX).where(OUTBOX.c.id == number)
    database.write(lambda connection: connection.execute(done))
