"""One's own attributes, to read and, where the organisation allows it, as a form. Fields are named as columns of CSV, as
in the administrators' form (portal/forms/user.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from provisor.directory import custom_attributes
from provisor.directory.csv.columns import PARTS, Column, column, in_order
from provisor.directory.csv.placing import Placed, placed
from provisor.directory.csv.writing import cells_of
from provisor.directory.models import User
from provisor.errors import Problem
from provisor.portal.forms.user import HINTS, label_of
from provisor.portal.own import custom

# What a form offers for a list, beside what is there already.
OFFERED = {
    "phoneNumbers": ("phone.work", "phone.mobile", "phone.home"),
    "addresses": tuple(
        f"address.work.{part}" for part in ("streetAddress", "postalCode", "locality", "region", "country")
    ),
}
LISTS = {"phoneNumbers": "phone", "addresses": "address"}
READ = (
    *("username", "email", "firstname", "middlename", "lastname", "displayname", "company", "department", "jobTitle"),
    *("manager", "employeeIdentifier", "location", "locale"),
)
TOKENS = {  # what browsers know of a person
    "firstname": "given-name",
    "middlename": "additional-name",
    "lastname": "family-name",
    "displayname": "name",
    "phone.work": "work tel",
    "phone.mobile": "mobile tel",
    "phone.home": "home tel",
}


class ProfileForm(forms.Form):
    """`editable`: names of the contract. What isn't among them is no field, whatever is sent."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None, *, user: User, editable: frozenset[str]) -> None:
        self.user, self.before = user, cells_of(user)
        super().__init__(data, initial={str(one): cell for one, cell in self.before.items()})
        for name in _columns(self.before, editable):
            self.fields[name] = _field(name)
        self.custom = {custom.name_of(one): one for one in custom_attributes.editable_by_users().values()}
        for name, one in self.custom.items():
            self.fields[name] = custom.field(one)
            self.initial[name] = custom.typed(one, user.attributes.get(one.name))

    def body(self) -> dict[str, Any]:
        """What was changed, as a body of the API."""
        changed = {
            one.name: custom.value(one, self.cleaned_data[name])
            for name, one in self.custom.items()
            if (self.cleaned_data[name] or "") != self.initial[name]
        }
        return self._placed().body | ({"attributes": changed} if changed else {})

    def show(self, problem: Problem) -> None:
        """What the command refused, beside the field that it is about."""
        places = self._placed().places
        for path, text in (problem.fields or {"": problem.message}).items():
            name = str(places.get(path, path.replace("attributes.", "attribute.", 1)))
            self.add_error(name if name in self.fields else None, text)

    def _placed(self) -> Placed:
        cleaned = self.cleaned_data
        typed = {
            column(name): (cleaned.get(name) or "").replace("\r\n", "\n")
            for name in self.fields
            if name not in self.custom
        }
        changed = {one: cell for one, cell in typed.items() if one and cell != self.before.get(one, "")}
        return placed(changed, self.user)


def facts(user: User, form: ProfileForm) -> list[tuple[str, str]]:
    """(label, value) of what is there and isn't in the form."""
    cells = {str(one): cell for one, cell in cells_of(user).items() if one.kind != "attribute"}
    manager = user.manager
    if manager:
        cells["manager"] = manager.displayname or f"{manager.firstname or ''} {manager.lastname or ''}".strip()
        cells["manager"] = cells["manager"] or manager.username
    names = [*READ, *(name for name in cells if name.startswith(("phone", "address")))]
    return [(label_of(name), cells[name]) for name in names if cells.get(name) and name not in form.fields]


def _columns(before: Mapping[Column, str], editable: frozenset[str]) -> list[str]:
    names = [name for name in READ if name in editable]
    for field, kind in LISTS.items():
        if field in editable:
            there = [str(one) for one in in_order(before) if one.kind == kind]
            names += [*OFFERED[field], *(name for name in there if name not in OFFERED[field])]
    return names


def _field(name: str) -> forms.CharField:
    one = column(name)
    known = TOKENS.get(name, "off")
    widget: forms.Widget = forms.TextInput(
        {"autocomplete": known} | ({"type": "tel"} if one and one.kind == "phone" else {})
    )
    if one and one.name == PARTS[0]:
        widget = forms.Textarea({"rows": 2, "autocomplete": "off"})
    made = forms.CharField(
        label=label_of(name), required=False, strip=True, widget=widget, help_text=str(HINTS.get(name, ""))
    )
    made.optional = True  # type: ignore[attr-defined]
    return made
