"""Users as a file that `provisor users import` and people's spreadsheets can read, row by row: nothing that a spreadsheet
would compute, nothing lost on the way back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from provisor.directory import custom_attributes
from provisor.directory.csv.columns import PARTS, SCALARS, Column, in_order
from provisor.directory.csv.formulas import harmless
from provisor.directory.csv.placing import positions
from provisor.directory.csv.reading import Table
from provisor.directory.custom_attributes import Schema, as_typed
from provisor.directory.models import AttributeType, User
from provisor.directory.shapes import FIELDS

PIECE = 2000
BOM = "\ufeff"  # without it, spreadsheets take UTF-8 for something else


def written(users: QuerySet[User]) -> Iterator[str]:
    """The lines of a file with these users, in their order. Runs through them twice: the columns come from them all."""
    schema = custom_attributes.known()
    columns = _columns(users, schema)
    yield BOM + line(str(column) for column in columns)
    for user in users.select_related("manager").iterator(chunk_size=PIECE):
        cells = cells_of(user, schema)
        yield line(cells.get(column, "") for column in columns)


def cells_of(user: User, schema: Schema = MappingProxyType({})) -> dict[Column, str]:
    """What each column holds of a user; columns that it hasn't are absent. `schema`: of the custom attributes."""
    cells = {Column("scalar", name): _scalar(user, name) for name in SCALARS}
    for (type, nth), at in positions(user.phone_numbers).items():
        cells[Column("phone", "number", type, nth)] = user.phone_numbers[at].get("number", "")
    for (type, nth), at in positions(user.addresses).items():
        for part in PARTS:
            if part in user.addresses[at]:
                cells[Column("address", part, type, nth)] = user.addresses[at][part]
    for name, value in user.attributes.items():
        plain = _is_plain(name, value, schema)
        cell = as_typed(schema[name], value) if plain and name in schema else value
        cells[Column("attribute", name, as_json=not plain)] = cell if plain else json.dumps(value, ensure_ascii=False)
    return cells


def _is_plain(name: str, value: Any, schema: Schema) -> bool:
    """Whether the cell can hold the value as people write it: text, or what a schema says how to read."""
    if name in schema and schema[name].type != AttributeType.LIST:
        return True
    return isinstance(value, str) and value != ""


def bad_rows(table: Table, bad: Mapping[int, Mapping[str, str]]) -> Iterator[str]:
    """The lines of a file with the bad rows as they were, each with its number and what to mend. Mended, and without the
    first two columns, it can be imported."""
    yield BOM + line(["row", "what to mend", *table.headers])
    for row in table.rows():
        if row.number in bad:
            reason = " ".join(f"{header}: {text}" if header else text for header, text in bad[row.number].items())
            yield line([str(row.number), reason, *(row.cells.get(header, "") for header in table.headers)])


def line(cells: Iterable[str]) -> str:
    """One line, every cell in quotation marks and harmless."""
    lines = _Lines()
    csv.writer(lines, quoting=csv.QUOTE_ALL).writerow([harmless(cell) for cell in cells])
    return lines.text


class _Lines:
    """Where the csv module writes its line to."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text


def _columns(users: QuerySet[User], schema: Schema) -> list[Column]:
    found = {Column("scalar", name) for name in SCALARS}
    bare = users.only("id", "phone_numbers", "addresses", "attributes")
    for user in bare.iterator(chunk_size=PIECE):
        found |= {column for column in _lists_of(user, schema) if column.kind != "scalar"}
    return in_order(found)


def _lists_of(user: User, schema: Schema) -> Iterator[Column]:
    yield from (Column("phone", "number", *key) for key in positions(user.phone_numbers))
    for key, at in positions(user.addresses).items():
        yield from (Column("address", part, *key) for part in PARTS if part in user.addresses[at])
    for name, value in user.attributes.items():
        yield Column("attribute", name, as_json=not _is_plain(name, value, schema))


def _scalar(user: User, name: str) -> str:
    if name == "manager":
        return user.manager.username if user.manager else ""
    value: Any = getattr(user, FIELDS.get(name, name))
    return str(value) if value else ""
