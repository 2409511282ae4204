"""Lists that the ORM can't say well (views, unions), read page by page after the last key seen.

A `Selection` is SQL made of constants, with its parameters. It gives its whole statement for counting and one
page of rows as dicts; the API's cursor holds the values of `keys`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

Row = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """`rows` are one or more SELECT statements of the same columns, whose rows are told apart and ordered by the
    columns `keys`, all ascending or all `descending`."""

    rows: tuple[str, ...]
    keys: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    descending: bool = False

    @property
    def statement(self) -> str:
        """All rows, in no order."""
        return " UNION ALL ".join(f"({part})" for part in self.rows)

    def page(self, *, after: Sequence[Any] | None = None, limit: int = 50) -> list[Row]:
        """The next `limit` rows after the row with the keys `after`; from the start where it is None."""
        columns, way = ", ".join(self.keys), "DESC" if self.descending else "ASC"
        order = ", ".join(f"{key} {way}" for key in self.keys)
        names = [f"after_{number}" for number, _key in enumerate(self.keys)]
        given = ", ".join(f"%({name})s" for name in names)
        beyond = f"WHERE ({columns}) {'<' if self.descending else '>'} ({given})" if after else ""
        cut = f"{beyond} ORDER BY {order} LIMIT %(limit)s"
        parts = " UNION ALL ".join(f"(SELECT * FROM ({part}) AS part {cut})" for part in self.rows)  # noqa: S608
        parameters = {**self.parameters, **dict(zip(names, after or (), strict=False)), "limit": limit}
        return rows_of(f"SELECT * FROM ({parts}) AS page ORDER BY {order} LIMIT %(limit)s", parameters)  # noqa: S608


def rows_of(statement: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement as dicts by column name."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def contains(text: str) -> str:
    """A LIKE pattern that finds `text` anywhere, whatever wildcards it holds."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
