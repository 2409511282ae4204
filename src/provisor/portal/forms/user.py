"""A user as a form: the fields are the columns of CSV, so that a form, a file and the API mean the same by a name.

What the form has no field for (a third phone number, a custom attribute that is no text) stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provisor.directory import custom_attributes
from provisor.directory.csv.columns import Column, column, in_order
from provisor.directory.csv.placing import Placed, placed
from provisor.directory.csv.writing import cells_of
from provisor.directory.custom_attributes import Definition, Schema
from provisor.directory.models import AttributeType, State, User
from provisor.errors import Problem

LABELS: dict[str, str | Promise] = {
    "username": _("Username"),
    "email": _("E-mail"),
    "firstname": _("First name"),
    "middlename": _("Middle name"),
    "lastname": _("Last name"),
    "displayname": _("Display name"),
    "company": _("Company"),
    "department": _("Department"),
    "jobTitle": _("Job title"),
    "employeeIdentifier": _("Employee number"),
    "employeeType": _("Employee type"),
    "costCenter": _("Cost centre"),
    "location": _("Location"),
    "manager": _("Manager"),
    "locale": _("Locale"),
    "start_date": _("Start date"),
    "suspend_at": _("Suspended from"),
    "streetAddress": _("Street"),
    "locality": _("Town"),
    "region": _("Region"),
    "postalCode": _("Postcode"),
    "country": _("Country"),
}
KINDS: dict[str, str | Promise] = {"work": _("work"), "home": _("home"), "mobile": _("mobile")}
PERSON = ("username", "email", "firstname", "middlename", "lastname", "displayname", "locale")
WORK = (
    "company", "department", "jobTitle", "manager", "employeeIdentifier", "employeeType", "costCenter", "location",
)  # fmt: skip
REACH = (
    "phone.work", "phone.mobile", "address.work.streetAddress", "address.work.postalCode", "address.work.locality",
    "address.work.region", "address.work.country",
)  # fmt: skip
HINTS: dict[str, str | Promise] = {
    "username": _("Unique. Upper and lower case don't matter."),
    "manager": _("The manager's username."),
    "displayname": _("What people read in applications. Empty: applications build their own."),
    "locale": _("Such as de-DE or en-GB."),
    "address.work.country": _("Two letters, such as DE."),
    "start_date": _("Staged until then. Active from 0:00 on that day."),
}
REQUIRED = ("username", "email")


class UserForm(forms.Form):
    """Fields are named as columns. `sections` is what a page shows, in order.

    Nothing is refused here, not even an empty username: the command tells all that is wrong at once."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User | None = None) -> None:
        self.schema = custom_attributes.known()
        self.before = _cells(user, self.schema) if user else {}
        self.user = user
        super().__init__(data, initial={str(one): cell for one, cell in self.before.items()})
        own = {str(Column("attribute", name)): definition for name, definition in self.schema.items()}
        for name in (*PERSON, *WORK, *REACH, *self._others()):
            self.fields[name] = own_field(own[name]) if name in own else _field(name)
        if user is None:
            self.fields["staged"] = forms.BooleanField(
                label=_("Staged"), required=False, help_text=_("Prepared only: no account anywhere until activated.")
            )
        if user is None or user.state == State.STAGED:
            self.fields["start_date"] = _field("start_date")

    @property
    def sections(self) -> list[tuple[str | Promise, list[Any]]]:
        """(title, bound fields)."""
        named = [(_("Person"), PERSON), (_("Work"), WORK), (_("Reach"), REACH), (_("More"), tuple(self._others()))]
        if self.user is not None and "start_date" in self.fields:
            named[1] = (_("Work"), (*WORK, "start_date"))
        return [(title, [self[name] for name in names]) for title, names in named if names]

    def body(self) -> dict[str, Any]:
        """What was typed as a body of the API: of a new user without what is empty, else only what differs."""
        body = self._placed().body
        for name, text in body.get("attributes", {}).items():
            if name in self.schema and text:
                body["attributes"][name] = custom_attributes.from_text(self.schema[name], text)
        if manager := self._manager_change():
            body["manager"] = manager[0]
        if self.user is None:
            waits = self.cleaned_data.get("staged") or body.get("start_date")
            state = {"state": "staged"} if waits else {}
            return {name: value for name, value in body.items() if value not in (None, [], {})} | state
        return body

    def show(self, problem: Problem) -> None:
        """What a command refused, beside the field that it is about."""
        places = self._placed().places
        for path, text in (problem.fields or {"": problem.message}).items():
            name = str(places.get(path, path))
            self.add_error(name if name in self.fields else None, text)

    def _others(self) -> list[str]:
        shown = {*PERSON, *WORK, *REACH, "state", "start_date", "suspend_at"}
        defined = [Column("attribute", name) for name in self.schema]
        more = [str(one) for one in in_order([*self.before, *defined]) if not one.as_json]
        return [name for name in more if name not in shown]

    def _placed(self) -> Placed:
        typed = self._typed()
        changed = {one: cell for one, cell in typed.items() if cell != self.before.get(one, "")}
        return placed(changed if self.user else typed, self.user)

    def _typed(self) -> dict[Column, str]:
        given: Mapping[str, Any] = self.cleaned_data
        found = {
            column(name): (given.get(name) or "").replace("\r\n", "\n") for name in self.fields if name != "staged"
        }
        return {one: cell for one, cell in found.items() if one is not None and one.name != "manager"}

    def _manager_change(self) -> tuple[dict[str, str] | None] | None:
        typed = (self.cleaned_data.get("manager") or "").strip()
        if typed == self.before.get(Column("scalar", "manager"), ""):
            return None
        return ({"username": typed} if typed else None,)


def _cells(user: User, schema: Schema) -> dict[Column, str]:
    """As a file has them; a list with a schema is a text here."""
    cells = cells_of(user, schema)
    for name, definition in schema.items():
        if cells.pop(Column("attribute", name, as_json=True), None) is not None:
            cells[Column("attribute", name)] = custom_attributes.as_typed(definition, user.attributes[name])
    return cells


def own_field(definition: Definition) -> forms.CharField:
    """The field of a custom attribute, by its type."""
    hint = definition.description
    widget: forms.Widget = forms.TextInput({"autocomplete": "off"})
    if definition.type == AttributeType.CHOICE:
        widget = forms.Select(choices=[("", "–"), *((one, one) for one in definition.choices)])
    elif definition.type == AttributeType.BOOLEAN:
        widget = forms.Select(choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))])
    elif definition.type == AttributeType.DATE:
        widget = forms.TextInput({"type": "date", "autocomplete": "off"})
    elif definition.type == AttributeType.NUMBER:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    elif definition.type == AttributeType.LIST:
        hint = " ".join([hint, str(_("Separated by “;”."))]).strip()
    made = forms.CharField(label=definition.title, required=False, widget=widget, help_text=hint)
    made.optional = True  # type: ignore[attr-defined]
    return made


def label_of(name: str) -> str:
    """A column as people read it: "Phone, work"."""
    one = column(name)
    if one is None or one.kind == "attribute":
        return one.name if one else name
    if one.kind == "scalar":
        return str(LABELS.get(name, name))
    what = str(_("Phone")) if one.kind == "phone" else str(LABELS[one.name])
    kind = [str(KINDS.get(one.type, one.type))] if one.type else []
    return ", ".join([what, *kind, *([str(one.nth)] if one.nth > 1 else [])])


def _field(name: str) -> forms.CharField:
    kind = {"email": "email", "phone.work": "tel", "phone.mobile": "tel"}.get(name, "text")
    widget: forms.Widget = forms.TextInput({"type": kind if kind == "tel" else "text", "autocomplete": "off"})
    if name == "start_date":
        widget = forms.TextInput({"type": "date", "autocomplete": "off"})
    if name.endswith("streetAddress"):
        widget = forms.Textarea({"rows": 2})
    strip = name in REQUIRED
    made = forms.CharField(
        label=label_of(name), required=False, strip=strip, widget=widget, help_text=str(HINTS.get(name, ""))
    )
    made.optional = not strip  # type: ignore[attr-defined]
    return made
