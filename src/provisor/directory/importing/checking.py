"""What the directory takes of an account that was read from a service provider: the same law as for everybody else. A bad
value is left out and named, so that it doesn't cost the person; without a user name or e-mail there can be no user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications.importing.checking import Check, Checked
from provisor.bodies import Body, parse
from provisor.directory import custom_attributes
from provisor.directory.custom_attributes import Schema
from provisor.directory.validation import NewGroup, NewUser
from provisor.errors import Invalid

LOOKS = 4  # a value that was left out may have hidden another bad one, of the same list
_NEEDED = ("username", "email", "name")
_NONE = {
    "username": gettext_lazy("It shows no user name, and there is no user without one."),
    "email": gettext_lazy("It shows no e-mail, and there is no user without one."),
    "name": gettext_lazy("It shows no name, and there is no group without one."),
}
_PLACE = re.compile(r"(?P<name>\w+)(\[(?P<index>\d+)\]|\.(?P<part>[^.\[]+))?")


def law_of_users() -> Check:
    """What a new user with given values would be, by the schemas of custom attributes as they are now."""
    schema = custom_attributes.known()
    return lambda values: without_misfits(_checked(NewUser, values), schema)


def law_of_groups() -> Check:
    """What a new group with given values would be."""
    return lambda values: _checked(NewGroup, values)


def without_misfits(checked: Checked, schema: Schema) -> Checked:
    """The same without the custom attributes that don't fit their schema, each of them noted."""
    try:
        custom_attributes.checked(schema, checked.values.get("attributes") or {})
    except Invalid as invalid:
        notes = [{"name": path, "message": text} for path, text in sorted(invalid.fields.items())]
        return Checked(_without(checked.values, invalid.fields), [*checked.notes, *notes], checked.problem)
    return checked


def _checked(model: type[Body], values: Mapping[str, Any]) -> Checked:
    kept, notes, problem = dict(values), list[dict[str, str]](), _missing(model, values)
    for _look in range(LOOKS):
        try:
            parse(model, {**kept, **dict.fromkeys(problem, "x@example.com")})
            return Checked(kept, notes, problem)
        except Invalid as invalid:
            fields = invalid.fields
        problem |= {name: text for name, text in fields.items() if name in _NEEDED}
        rest = {path: text for path, text in fields.items() if path not in _NEEDED}
        notes += [{"name": path, "message": text} for path, text in sorted(rest.items())]
        kept = _without(kept, rest)
    needed = {name: value for name, value in kept.items() if name in _NEEDED}
    return Checked(needed, [*notes, {"name": "", "message": _("The other values can't be read.")}], problem)


def _missing(model: type[Body], values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(_NONE[name]) for name in _NEEDED if name in model.model_fields and not values.get(name)}


def _without(values: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """`values` without what these paths (`addresses[0].type`, `attributes.team`) name: a bad element goes as a whole."""
    kept, gone = dict(values), set()
    for path in paths:
        place = _PLACE.match(path)
        if place is None:
            continue
        name, index, part = place["name"], place["index"], place["part"]
        if index is not None and isinstance(kept.get(name), list):
            gone.add((name, int(index)))
        elif part is not None and isinstance(kept.get(name), dict):
            kept[name] = {other: value for other, value in kept[name].items() if other != part}
        else:
            kept.pop(name, None)
    for name in {name for name, _index in gone}:
        kept[name] = [value for index, value in enumerate(kept[name]) if (name, index) not in gone]
    return kept
