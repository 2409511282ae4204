"""From the cells of a row to a body of the API, and back from a wrong field to the cell that it came from.

A column says what its field becomes, an empty cell that it is empty. What the file has no column for stays as it is:
the other phone numbers, the other parts of an address, the other custom attributes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from provisor.directory.csv.columns import Column
from provisor.directory.models import User
from provisor.errors import Invalid

LISTS = {"phone": "phoneNumbers", "address": "addresses"}
APART = ("manager", "state")  # looked at with the whole file, or not an attribute at all
Cells = Mapping[Column, str]


@dataclass
class Placed:
    """A body of the API, and for each path in it the column that it came from."""

    body: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Column] = field(default_factory=dict)


def placed(cells: Cells, before: User | None) -> Placed:
    """The body for a new user, or for the changes of `before`. Raises Invalid for a cell that isn't JSON."""
    found = Placed()
    for column, cell in cells.items():
        if column.kind == "scalar" and column.name not in APART:
            found.body[column.name] = _scalar(column.name, cell)
            found.places[column.name] = column
    _put_list(found, cells, "phone", before.phone_numbers if before else [])
    _put_list(found, cells, "address", before.addresses if before else [])
    _put_attributes(found, cells)
    return found


def _scalar(name: str, cell: str) -> str | None:
    return cell.strip() if name in ("username", "email", "start_date", "suspend_at") else cell or None


def _put_list(found: Placed, cells: Cells, kind: str, before: list[dict[str, str]]) -> None:
    wanted = [column for column in cells if column.kind == kind]
    if not wanted:
        return
    entries, at = [dict(entry) for entry in before], positions(before)
    touched = set()
    for column in sorted(wanted, key=lambda column: column.order):
        key, cell = (column.type, column.nth), cells[column]
        if cell and key not in at:
            at[key] = len(entries)
            entries.append({"type": column.type} if column.type else {})
        if key in at and entries[at[key]].get(column.name, "") != cell:
            touched.add(at[key])
            _set(entries[at[key]], column.name, cell)
    kept = [index for index, entry in enumerate(entries) if index not in touched or set(entry) - {"type"}]
    found.body[LISTS[kind]] = [entries[index] for index in kept]
    for column in wanted:
        index = at.get((column.type, column.nth))
        if index in kept:
            found.places[f"{LISTS[kind]}[{kept.index(index)}].{column.name}"] = column


def positions(entries: list[dict[str, str]]) -> dict[tuple[str | None, int], int]:
    """Where the first, second … entry of each type stands."""
    seen: dict[str | None, int] = {}
    found = {}
    for index, entry in enumerate(entries):
        type = entry.get("type")
        seen[type] = seen.get(type, 0) + 1
        found[type, seen[type]] = index
    return found


def _set(entry: dict[str, str], name: str, cell: str) -> None:
    if cell:
        entry[name] = cell
    else:
        del entry[name]


def _put_attributes(found: Placed, cells: Cells) -> None:
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        if column.kind != "attribute":
            continue
        if cell and values.get(column.name) is not None:
            raise Invalid({f"attributes.{column.name}": _("Two columns give this attribute a value. Leave one empty.")})
        if cell or column.name not in values:
            values[column.name] = _attribute(column, cell)
        found.places[f"attributes.{column.name}"] = column
    if values:
        found.body["attributes"] = values


def _attribute(column: Column, cell: str) -> Any:
    if not cell or not column.as_json:
        return cell or None
    try:
        return json.loads(cell, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Invalid({f"attributes.{column.name}": _("This isn't JSON.")}) from None


def _refused(name: str) -> None:
    raise ValueError(name)
