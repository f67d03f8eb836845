"""Inserting many rows by one statement.

PostgreSQL takes each column as one array: the text of the statement is short, and the same for any
number of rows, so that neither SQLAlchemy, the driver nor the server has to take it apart anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

__all__ = ["insert_free", "insert_from_arrays"]


def insert_free(
    connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], returned: str
) -> Sequence[sa.Row[Any]]:
    """Insert those rows whose keys are free, and return a column of them.

    All rows have values for the same columns, their manifest's id among them.
    """
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: row["manifest_id"])  # in one order: fewer deadlocks
    if connection.dialect.name == "postgresql":
        statement, values = insert_from_arrays(table, rows)
        statement += f" ON CONFLICT DO NOTHING RETURNING {returned}"
        return connection.exec_driver_sql(statement, values).all()
    new = sqlite.insert(table).on_conflict_do_nothing().returning(table.c[returned])
    return connection.execute(new, rows).all()


def insert_from_arrays(
    table: sa.Table, rows: Sequence[dict[str, Any]]
) -> tuple[str, tuple[list[Any], ...]]:
    """Return PostgreSQL's statement that inserts rows, and its parameters.

    Parameters
    ----------
    table : sqlalchemy.Table
        Where.
    rows : sequence of dict
        At least one; all have values for the same columns.
    """
    names = tuple(rows[0])
    return _statement(table, names), tuple([row[name] for row in rows] for name in names)


@lru_cache(maxsize=32)
def _statement(table: sa.Table, names: tuple[str, ...]) -> str:
    arrays = ", ".join(_array(table.c[name]) for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names


def _array(column: sa.Column[Any]) -> str:
    """Return the parameter for an array of a column's values; bytes are sent as they are."""
    if isinstance(column.type, sa.LargeBinary):
        return "%b::bytea[]"
    if isinstance(column.type, sa.BigInteger):
        return "%s::bigint[]"
    return "%s::integer[]" if isinstance(column.type, sa.Integer) else "%s::text[]"
