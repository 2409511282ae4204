"""The schemas of custom attributes: saying what an attribute holds, changing that, and taking it back.

A schema never stands over values that don't fit it: whoever has one is named, and nothing changes. Nobody writes values
meanwhile (custom_attributes.held). Taking a schema back keeps the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.audit import events
from provisor.core.expression import ABSENT
from provisor.directory import custom_attributes
from provisor.directory.commands import unique_values
from provisor.directory.commands.loading import later_than
from provisor.directory.commands.recording import change
from provisor.directory.custom_attributes import UNIQUE, Definition, definition_of, fitting
from provisor.directory.custom_attributes import usage as attribute_usage
from provisor.directory.models import AttributeType, CustomAttribute, User
from provisor.directory.validation import AttributeChanges, NewAttribute
from provisor.errors import Busy, Conflict, Invalid, Stale

SHOWN = 10
SLICE = 2000
MOST = 200  # schemas of one organisation
WAIT = "3s"
_LOCK_TIMEOUT = "55P03"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('directory/attributes', 0))"
_FIELDS = ("label", "description", "type", "choices", "unique", "editable_by")


def define_attribute(actor: Actor, draft: NewAttribute) -> CustomAttribute:
    """Gives an attribute a schema. Raises Invalid, Conflict `conflict` where it has one, `misfits` where users have values
    that don't fit, `in_use` where an expression would read an absent value otherwise than before, and Busy."""
    actor.require("organisation.write")
    row = CustomAttribute(updated=timezone.now(), **draft.model_dump())
    _check(row)
    with transaction.atomic():
        _take_turn()
        if CustomAttribute.objects.filter(name=row.name).exists():
            text = _("This attribute has a schema already.")
            raise Conflict(f"name: {text}", fields={"name": text})
        if CustomAttribute.objects.count() >= MOST:
            raise Invalid({"name": _("An organisation has at most %d attributes with a schema.") % MOST})
        _refuse_in_use(row.name, None, row.type)
        row.save(force_insert=True)
        _fit(definition_of(row))
        told = [change(name, None, value) for name in _FIELDS if (value := getattr(row, name)) not in ("", [], False)]
        _record(actor, "attribute_create", row.name, told)
    return row


def change_attribute(
    actor: Actor, name: str, changes: AttributeChanges, *, if_match: datetime | None = None
) -> CustomAttribute:
    """Changes a schema. Raises as define_attribute, and NotFound and Stale."""
    actor.require("organisation.write")
    with transaction.atomic():
        _take_turn()
        row = _locked(name, if_match)
        before = definition_of(row)
        told = []
        for key, value in changes.sent().items():
            if getattr(row, key) != value:
                told.append(change(key, getattr(row, key), value))
                setattr(row, key, value)
        if not told:
            return row
        if row.type != AttributeType.CHOICE and before.type == AttributeType.CHOICE:
            row.choices = []
        _check(row)
        _refuse_in_use(name, before.type, row.type)
        row.updated = later_than(row.updated)
        row.save()
        if {each["name"] for each in told} & {"type", "choices", "unique"}:
            _fit(definition_of(row))
        _record(actor, "attribute_update", name, told)
    return row


def delete_attribute(actor: Actor, name: str, *, if_match: datetime | None = None) -> None:
    """Takes a schema back; values stay as they are. Raises NotFound, Stale, Conflict `in_use`, and Busy."""
    actor.require("organisation.write")
    with transaction.atomic():
        _take_turn()
        row = _locked(name, if_match)
        _refuse_in_use(name, row.type, None)
        row.delete()
        _record(actor, "attribute_delete", name, [change("type", row.type, None)])


def _take_turn() -> None:
    """Nobody writes values by the schemas as they were. Raises Busy."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
            cursor.execute(_ALONE)
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_TIMEOUT:
            raise
        raise Busy(_("Many users are being changed at this moment. Try again in a minute.")) from error


def _locked(name: str, if_match: datetime | None) -> CustomAttribute:
    row = custom_attributes.get(name)
    if if_match is not None and row.updated != if_match:
        raise Stale(_("This was changed since you read it. Read it again and repeat the change."))
    return row


def _check(row: CustomAttribute) -> None:
    wrong = {}
    if row.type == AttributeType.CHOICE and not row.choices:
        wrong["choices"] = _("Say what can be chosen.")
    if row.type != AttributeType.CHOICE and row.choices:
        wrong["choices"] = _("Only an attribute of the type “choice” has choices.")
    if len(set(row.choices)) < len(row.choices):
        wrong["choices"] = _("The same choice stands there twice.")
    if row.unique and row.type not in UNIQUE:
        wrong["unique"] = _("Only text, numbers and dates can be unique.")
    if wrong:
        raise Invalid(wrong)


def _refuse_in_use(name: str, before: str | None, after: str | None) -> None:
    """What an absent value reads as must not change under an expression that somebody relies on."""
    if ABSENT.get(before or "", "") == ABSENT.get(after or "", ""):
        return
    uses = [use for use in attribute_usage.uses_of(name) if use.computed]
    if uses:
        places = ", ".join(dict.fromkeys(use.name for use in uses))
        told = _("Expressions read this attribute, and an absent value would mean something else to them: %s.") % places
        raise Conflict(told + " " + _("Take it out of them first."), code="in_use", fields={"type": told})


@dataclass
class _Misfits:
    """Who has a value that doesn't fit: how many, and the first few with the reason."""

    count: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def add(self, user: User, why: str) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first[f"users.{user.username}"] = why


def _fit(definition: Definition) -> None:
    """Every stored value is asked, a slice at a time; unique ones are written down on the way. Raises Conflict."""
    misfits, schema = _Misfits(), {definition.name: definition}
    _forget(definition.name)
    for users in _holders(definition.name):
        fit = []
        for user in users:
            try:
                if fitting(definition, user.attributes[definition.name]) is not None:
                    fit.append(user)
            except ValueError as error:
                misfits.add(user, str(error))
        by_id = {user.id: user for user in fit}
        for id, _name in unique_values.add(schema, fit):
            misfits.add(by_id[id], _("Another user has the same value."))
    if misfits.count:
        told = _("%(count)d users have values of “%(name)s” that don't fit. Mend them first. Nothing was changed.")
        text = told % {"count": misfits.count, "name": definition.name}
        raise Conflict(text, code="misfits", fields={"count": str(misfits.count), **misfits.first})


def _forget(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM directory_uniquevalue WHERE attribute_id = %s", [name])


def _holders(name: str) -> Iterator[Sequence[User]]:
    found = User.objects.filter(attributes__has_key=name).only("id", "username", "username_key", "attributes")
    last = ""
    while users := list(found.filter(username_key__gt=last).order_by("username_key")[:SLICE]):
        yield users
        last = users[-1].username_key


def _record(actor: Actor, type: str, name: str, told: list[dict[str, Any]]) -> None:
    changes = [change("attribute", None, name), *told]
    events.record(type, actor=actor.as_json(), correlation=actor.correlation, changes=changes)
