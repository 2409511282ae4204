"""From a body under the contract's names to the fields of a row, and what an event shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from provisor.bodies import Body
from provisor.directory import custom_attributes
from provisor.directory.commands.planned import check_time
from provisor.directory.custom_attributes import Schema
from provisor.directory.models import State, User
from provisor.directory.shapes import FIELDS
from provisor.directory.validation import NewUser
from provisor.errors import Invalid
from provisor.text import unique_key

EMPTY: Mapping[str, type] = {"addresses": list, "phone_numbers": list, "attributes": dict}
KEYS = {"username": "username_key", "email": "email_key", "name": "name_key"}


def fields_of_new(draft: NewUser, schema: Schema | None = None) -> dict[str, Any]:
    """The row's fields for a new user, without id, manager and times. `schema`: of the custom attributes, where the caller
    holds it already. Raises Invalid naming start_date, suspend_at or a custom attribute that doesn't fit."""
    check_start(draft.state, draft.start_date)
    check_time(draft.state, None, draft.suspend_at)
    values = fields_of(draft, {name: getattr(draft, name) for name in FIELDS if name != "manager"})
    values["attributes"] = merged({}, values["attributes"], schema)
    return values | {"state": draft.state}


def fields_of(body: Body, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The row's fields for what was sent; names that carry uniqueness bring their keys along."""
    values: dict[str, Any] = {}
    for name, value in sent.items():
        column = FIELDS.get(name, name)
        values[column] = EMPTY[column]() if value is None and column in EMPTY else _plain(value)
        if name in KEYS:
            values[KEYS[name]] = unique_key(value)
    return values


def check_start(state: str, start: date | None) -> None:
    """A first day is for who hasn't begun. Raises Invalid naming start_date."""
    if start is not None and state != State.STAGED:
        raise Invalid(
            {"start_date": _("Only a staged user has a day to begin on; this one is %(state)s.") % {"state": state}}
        )


def merged(old: Mapping[str, Any], sent: Mapping[str, Any], schema: Schema | None = None) -> dict[str, Any]:
    """Custom attributes after a change: merged one level, null removes. Raises Invalid naming each that doesn't fit."""
    if sent:
        sent = custom_attributes.checked(custom_attributes.held() if schema is None else schema, sent)
    return {name: value for name, value in {**old, **sent}.items() if value is not None}


def visible_changes(user: User) -> Iterator[tuple[str, Any]]:
    """What an event tells of a new user: every value that is there."""
    for name, column in FIELDS.items():
        value = getattr(user, column)
        if value not in (None, [], {}):
            yield name, as_shown(value)
    yield "state", str(user.state)


def as_shown(value: Any) -> Any:
    """A value as JSON holds it."""
    return value if value is None or isinstance(value, str | list | dict) else str(value)


def _plain(value: Any) -> Any:
    """Nested bodies as plain data, without what is not there."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.model_dump(exclude_none=True) if isinstance(value, Body) else value
