"""Who has access to an application: adding and removing groups and single users."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, loading
from provisor.applications.history import Entry, change, record
from provisor.errors import Invalid

# FOR KEY SHARE: what is assigned can't be removed meanwhile, and edits of it don't wait.
_EXISTING = {
    "groups": "SELECT id, name FROM directory_group WHERE id = ANY(%(ids)s) ORDER BY id FOR KEY SHARE",
    "users": """
        SELECT id, username FROM directory_user WHERE id = ANY(%(ids)s) AND state <> 'deleting'
        ORDER BY id FOR KEY SHARE""",
}
_ADD = {
    "groups": """
        INSERT INTO applications_assignment (application_id, group_id, created)
        SELECT %(application)s, id, now() FROM unnest(%(ids)s::uuid[]) AS given(id) ORDER BY id
        ON CONFLICT (application_id, group_id) WHERE group_id IS NOT NULL DO NOTHING RETURNING group_id""",
    "users": """
        INSERT INTO applications_assignment (application_id, user_id, created)
        SELECT %(application)s, id, now() FROM unnest(%(ids)s::uuid[]) AS given(id) ORDER BY id
        ON CONFLICT (application_id, user_id) WHERE user_id IS NOT NULL DO NOTHING RETURNING user_id""",
}
_REMOVE = {
    "groups": """
        DELETE FROM applications_assignment
        WHERE application_id = %(application)s AND group_id = ANY(%(ids)s) RETURNING group_id""",
    "users": """
        DELETE FROM applications_assignment
        WHERE application_id = %(application)s AND user_id = ANY(%(ids)s) RETURNING user_id""",
}
Ids = Sequence[uuid.UUID]
Names = dict[uuid.UUID, str]


@dataclass(frozen=True)
class Changed:
    """What really changed: ids by "groups" and "users"."""

    added: dict[str, Ids]
    removed: dict[str, Ids]


class Kind(NamedTuple):
    """What can be assigned: the word in the contract's paths, and in an event."""

    plural: str
    singular: str


KINDS = (Kind("groups", "group"), Kind("users", "user"))


def change_assignments(
    actor: Actor,
    application_id: uuid.UUID,
    groups_add: Iterable[uuid.UUID] = (),
    groups_remove: Iterable[uuid.UUID] = (),
    users_add: Iterable[uuid.UUID] = (),
    users_remove: Iterable[uuid.UUID] = (),
) -> Changed:
    """Grants and takes away access. What is as asked already changes nothing and marks nothing.

    Raises Invalid naming the ids that no group or user has, or that stand on both sides, and NotFound."""
    actor.require("assignments.write")
    wanted = {
        "groups.add": list(dict.fromkeys(groups_add)),
        "groups.remove": list(dict.fromkeys(groups_remove)),
        "users.add": list(dict.fromkeys(users_add)),
        "users.remove": list(dict.fromkeys(users_remove)),
    }
    with transaction.atomic():
        application = loading.kept(application_id)
        names = _names(wanted)
        removed = {kind.plural: _changed(_REMOVE, kind, application_id, wanted) for kind in KINDS}
        added = {kind.plural: _changed(_ADD, kind, application_id, wanted) for kind in KINDS}
        _mark(actor, application_id, removed, due.LEAVING)
        _mark(actor, application_id, added, due.SET)
        told = [_told(kind, names, added[kind.plural], removed[kind.plural]) for kind in KINDS]
        record(actor, application, chain.from_iterable(told))
    return Changed(added=added, removed=removed)


def _names(wanted: dict[str, list[uuid.UUID]]) -> Names:
    """The names of all that is to change. Raises Invalid for what doesn't exist, or is to be added and removed."""
    names: Names = {}
    problems: dict[str, str] = {}
    for path, ids in wanted.items():
        plural = path.partition(".")[0]
        found = dict(_rows(_EXISTING[plural], ids=ids)) if ids else {}
        names |= found
        unknown = _unknown_user if plural == "users" else _unknown_group
        problems |= {f"{path}[{index}]": unknown(id) for index, id in enumerate(ids) if id not in found}
    for kind in KINDS:
        adding = set(wanted[f"{kind.plural}.add"])
        for index, id in enumerate(wanted[f"{kind.plural}.remove"]):
            if id in adding:
                problems[f"{kind.plural}.remove[{index}]"] = _("To be added as well: one of the two (%s).") % id
    if problems:
        raise Invalid(problems)
    return names


def _unknown_user(id: uuid.UUID) -> str:
    return _("There is no user with this id, or it is being deleted (%s).") % id


def _unknown_group(id: uuid.UUID) -> str:
    return _("There is no group with this id (%s).") % id


def _changed(statements: dict[str, str], kind: Kind, application: uuid.UUID, wanted: dict[str, list[uuid.UUID]]) -> Ids:
    """Carries out one statement; the ids that it really changed."""
    ids = wanted[f"{kind.plural}.{'add' if statements is _ADD else 'remove'}"]
    if not ids:
        return []
    return [row[0] for row in _rows(statements[kind.plural], application=application, ids=ids)]


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _mark(actor: Actor, application: uuid.UUID, changed: dict[str, Ids], priority: int) -> None:
    if any(changed.values()):
        mark = due.Mark(priority, "set", actor.as_json(), actor.correlation)
        due.mark_assignment(application, changed["groups"], changed["users"], mark)


def _told(kind: Kind, names: Names, added: Ids, removed: Ids) -> list[Entry]:
    """One event for each group or user whose assignment changed, so that its own history shows it."""
    sides = ((removed, change("assignment", "assigned", None)), (added, change("assignment", None, "assigned")))
    return [
        Entry("association_change", [what], **{kind.singular: (id, names[id])}) for ids, what in sides for id in ids
    ]
