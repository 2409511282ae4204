"""What a file would do, row by row, before anything is written: make a user, change one (found by username), nothing,
or nothing because the row is bad and why.

A file is looked at in pieces of 500 rows with two queries each. Managers may stand anywhere in the file, so they are
looked at when all rows are known (managers.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from provisor.bodies import parse
from provisor.directory import custom_attributes
from provisor.directory.commands import unique_values, values
from provisor.directory.commands.planned import check_time
from provisor.directory.commands.recording import change
from provisor.directory.csv.columns import Column
from provisor.directory.csv.placing import Cells, placed
from provisor.directory.csv.reading import Mapped, Row, Table
from provisor.directory.custom_attributes import Schema
from provisor.directory.models import State, User
from provisor.directory.shapes import FIELDS
from provisor.directory.validation import NewUser, UserChanges
from provisor.errors import Invalid, Problem
from provisor.text import unique_key

PIECE = 500
USERNAME, EMAIL = Column("scalar", "username"), Column("scalar", "email")
MANAGER, STATE = Column("scalar", "manager"), Column("scalar", "state")


@dataclass(frozen=True)
class Planned:
    """What one row is to do. `kind`: create, update, unchanged or bad.

    `fields` are the row's fields of the model, `changes` what an event tells (`{"name", "from", "to"}`; of the manager
    the usernames), `wrong` the reason by header. `manager` is the key of the username; None: no manager, "": unsaid."""

    kind: str
    number: int
    username: str
    user: User | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    manager: str | None = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return unique_key(self.username)

    def refused(self, wrong: Mapping[str, str]) -> Planned:
        return replace(self, kind="bad", wrong=dict(wrong))


@dataclass(frozen=True)
class Doubled:
    """Usernames and e-mails that more than one row has: key -> the rows."""

    usernames: dict[str, list[int]]
    emails: dict[str, list[int]]
    values: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # by custom attribute, of the unique ones


def doubled(table: Table, meant: Mapped, unique: Iterable[str] = ()) -> Doubled:
    """Looks through the whole file once for each. `unique`: custom attributes."""
    names, emails = (_twice(table, meant, wanted) for wanted in (USERNAME, EMAIL))
    return Doubled(names, emails, {name: _twice(table, meant, Column("attribute", name)) for name in unique})


def _twice(table: Table, meant: Mapped, wanted: Column) -> dict[str, list[int]]:
    header = header_of(meant, wanted)
    rows: dict[str, list[int]] = {}
    for row in table.rows() if header in meant else ():
        if cell := row.cells.get(header, "").strip():
            rows.setdefault(unique_key(cell), []).append(row.number)
    return {key: numbers for key, numbers in rows.items() if len(numbers) > 1}


def header_of(meant: Mapped, wanted: Column) -> str:
    """The header that stands for a column; the column's own name where none does."""
    return next((header for header, column in meant.items() if column == wanted), str(wanted))


@dataclass(frozen=True)
class Standing:
    """What the directory holds of a piece's keys: users by username, usernames of e-mails, and who has which value of an
    attribute that is unique."""

    users: dict[str, User]
    emails: dict[str, str]
    values: dict[unique_values.Value, uuid.UUID]


class Planner:
    """Plans the rows of one file. `locked`: the rows found are kept from other writers until the transaction ends."""

    def __init__(self, table: Table, meant: Mapped, *, locked: bool) -> None:
        self.table, self.meant, self.locked = table, meant, locked
        own = any(column.kind == "attribute" for column in meant.values())
        reads = custom_attributes.held if locked else custom_attributes.known
        self.schema = reads() if own else {}
        self.unique = [name for name, definition in self.schema.items() if definition.unique]
        self.doubled = doubled(table, meant, self.unique)

    def pieces(self) -> Iterator[list[Planned]]:
        """The plans of all rows in order, a piece at a time."""
        rows = self.table.rows()
        while piece := list(islice(rows, PIECE)):
            standing = self._standing([self._cells(row) for row in piece])
            yield [self._planned(row, standing) for row in piece]

    def _cells(self, row: Row) -> dict[Column, str]:
        return {column: row.cells.get(header, "") for header, column in self.meant.items()}

    def _standing(self, piece: list[dict[Column, str]]) -> Standing:
        names = {unique_key(cells[USERNAME].strip()) for cells in piece}
        emails = {unique_key(cells[EMAIL].strip()) for cells in piece if cells.get(EMAIL)}
        found = User.objects.filter(username_key__in=names).select_related("manager").order_by("id")
        found = found.select_for_update(no_key=True, of=("self",)) if self.locked else found
        owners = User.objects.filter(email_key__in=emails).values_list("email_key", "username")
        holders = unique_values.holders(value for cells in piece for value in self._values(cells))
        return Standing({user.username_key: user for user in found}, dict(owners), holders)

    def _values(self, cells: Cells) -> list[unique_values.Value]:
        """What of a row has to be unique, beside username and e-mail."""
        given = {name: cells.get(Column("attribute", name), "").strip() for name in self.unique}
        typed = {name: custom_attributes.from_text(self.schema[name], cell) for name, cell in given.items() if cell}
        return list(unique_values.values_of(self.schema, typed))

    def _planned(self, row: Row, standing: Standing) -> Planned:
        cells = self._cells(row)
        username = cells[USERNAME].strip()
        blank = Planned("bad", row.number, username)
        if row.wrong:
            return blank.refused({"": row.wrong})
        before = standing.users.get(unique_key(username))
        try:
            self._check_doubled(cells)
            self._check_email(cells, before, standing)
            self._check_values(cells, before, standing)
            plan = _changed(blank, cells, before, self.schema) if before else _created(blank, cells, self.schema)
        except Problem as problem:
            return blank.refused(self._by_header(problem, cells, before))
        return plan

    def _check_doubled(self, cells: Cells) -> None:
        wrong = {}
        for column, rows in ((USERNAME, self.doubled.usernames), (EMAIL, self.doubled.emails)):
            if numbers := rows.get(unique_key(cells.get(column, "").strip())):
                text = _("Stands in more than one row: %(rows)s.")
                wrong[column.name] = text % {"rows": ", ".join(map(str, numbers[:5]))}
        if wrong:
            raise Invalid(wrong)

    def _check_email(self, cells: Cells, before: User | None, standing: Standing) -> None:
        owner = standing.emails.get(unique_key(cells.get(EMAIL, "").strip()))
        if owner is not None and (before is None or owner != before.username):
            raise Invalid({"email": _("Taken already, by the user “%(name)s”.") % {"name": owner}})

    def _check_values(self, cells: Cells, before: User | None, standing: Standing) -> None:
        wrong = {}
        for name, key in self._values(cells):
            if numbers := self.doubled.values[name].get(key):
                text = _("Stands in more than one row: %(rows)s.")
                wrong[f"attributes.{name}"] = text % {"rows": ", ".join(map(str, numbers[:5]))}
            elif standing.values.get((name, key), before and before.id) != (before and before.id):
                wrong[f"attributes.{name}"] = _("Another user has this value already.")
        if wrong:
            raise Invalid(wrong)

    def _by_header(self, problem: Problem, cells: Cells, before: User | None) -> dict[str, str]:
        """The problem's fields under the headers of the file."""
        try:
            places = placed(cells, before).places
        except Invalid:
            places = {}
        of_column = {column: header for header, column in self.meant.items()}
        return {
            _header(path, places, of_column): text for path, text in (problem.fields or {"": problem.message}).items()
        }


def _header(path: str, places: Mapping[str, Column], of_column: Mapping[Column, str]) -> str:
    if path in places:
        return of_column[places[path]]
    inside = [column for place, column in places.items() if place.split(".")[0] == path.split(".")[0]]
    inside += [column for column in of_column if path in (column.name, f"attributes.{column.name}")]
    return of_column[inside[0]] if inside else path


def _typed(cells: Cells, before: User | None, schema: Schema) -> dict[str, Any]:
    """The body of the API for a row; a custom attribute with a schema is read as its type says."""
    body = placed(cells, before).body
    for column, cell in cells.items():
        if column.kind == "attribute" and column.name in schema and cell and not column.as_json:
            body["attributes"][column.name] = custom_attributes.from_text(schema[column.name], cell)
    return body


def _created(blank: Planned, cells: Cells, schema: Schema) -> Planned:
    body = {name: value for name, value in _typed(cells, None, schema).items() if value is not None}
    draft = parse(NewUser, body | _first_state(cells))
    user = User(**values.fields_of_new(draft, schema))
    changes = [change(name, None, value) for name, value in values.visible_changes(user)]
    manager = cells.get(MANAGER, "").strip()
    changes += [change("manager", None, manager)] if manager else []
    fields = values.fields_of_new(draft, schema)
    return replace(blank, kind="create", fields=fields, changes=changes, manager=unique_key(manager))


def _first_state(cells: Cells) -> dict[str, str]:
    state = cells.get(STATE, "").strip()
    if state not in ("", "active", "staged"):
        raise Invalid({"state": _("A new user is active or staged.")})
    return {"state": state} if state else {}


def _changed(blank: Planned, cells: Cells, before: User, schema: Schema) -> Planned:
    if before.state == State.DELETING:
        raise Invalid({"username": _("This user is being deleted; the name stays reserved until that is done.")})
    if cells.get(STATE, "").strip() not in ("", before.state):
        text = _("This user is %(state)s. A file doesn't change the state: use Suspend or Activate.")
        raise Invalid({"state": text % {"state": before.state}})
    changes = parse(UserChanges, _typed(cells, before, schema))
    sent = changes.sent()
    wanted = values.fields_of(changes, sent)
    if "attributes" in sent:
        wanted["attributes"] = values.merged(before.attributes, sent["attributes"], schema)
    told, manager = _differences(before, wanted), ""
    if MANAGER in cells:
        told, manager = told + _manager_changed(before, cells[MANAGER].strip()), unique_key(cells[MANAGER].strip())
    fields = {column: value for column, value in wanted.items() if getattr(before, column) != value}
    values.check_start(before.state, fields.get("start_date"))
    check_time(before.state, before.suspend_at, fields.get("suspend_at"))
    kind = "update" if told else "unchanged"
    unsaid = "" if MANAGER not in cells or not _manager_changed(before, cells[MANAGER].strip()) else manager or None
    return replace(blank, kind=kind, user=before, fields=fields, changes=told, manager=unsaid)


def _differences(before: User, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = []
    for name, column in FIELDS.items():
        old, new = getattr(before, column), wanted.get(column, getattr(before, column))
        if name == "attributes":
            keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            told += [change(f"attributes.{key}", old.get(key), new.get(key)) for key in keys]
        elif old != new:
            told.append(change(name, values.as_shown(old), values.as_shown(new)))
    return told


def _manager_changed(before: User, wanted: str) -> list[dict[str, Any]]:
    old = before.manager
    if unique_key(wanted) == (old.username_key if old else ""):
        return []
    return [change("manager", old.username if old else None, wanted or None)]
