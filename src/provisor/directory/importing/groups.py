"""Making groups of an application's groups, with those of their members who are users here; and linking groups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, settings
from provisor.applications.commands import change_assignments
from provisor.applications.importing.models import Candidate, Import
from provisor.applications.importing.words import NEVER_TOUCHED
from provisor.bodies import parse
from provisor.directory.commands.groups import create_group
from provisor.directory.commands.members import change_members
from provisor.directory.importing.outcomes import Outcome, refused
from provisor.directory.validation import NewGroup
from provisor.errors import Problem

# Whose accounts these are: linked ones, and those that users were made of.
_MEMBERS = """
SELECT u.id FROM directory_user u WHERE u.state <> 'deleting' AND u.id IN (
    SELECT l.user_id FROM applications_link l
    WHERE l.application_id = %(application)s AND l.remote_id = ANY(%(remote_ids)s)
    UNION
    SELECT c.made FROM applications_import i JOIN applications_candidate c ON c.import_id = i.id
    WHERE i.application_id = %(application)s AND i.kind = 'users' AND c.made IS NOT NULL
      AND c.remote_id = ANY(%(remote_ids)s))
"""
_STANDING = """
SELECT (SELECT l.group_id FROM applications_grouplink l
        WHERE l.application_id = %(application)s AND l.remote_id = %(remote_id)s),
       (SELECT l.remote_id FROM applications_grouplink l
        WHERE l.application_id = %(application)s AND l.group_id = %(group)s),
       EXISTS (SELECT 1 FROM applications_assignment a
               WHERE a.application_id = %(application)s AND a.group_id = %(group)s)
FROM directory_group WHERE id = %(group)s
"""


def deal(actor: Actor, found: Import, rows: Sequence[Candidate]) -> list[Outcome]:
    """The outcome of each of these candidates' decisions, in the caller's transaction."""
    return [_dealt(actor, found, row) for row in rows]


def _dealt(actor: Actor, found: Import, row: Candidate) -> Outcome:
    try:
        with transaction.atomic():
            return _created(actor, found, row) if row.decided["action"] == "create" else _linked(actor, found, row)
    except Problem as problem:
        return refused(row.id, problem)


def _created(actor: Actor, found: Import, row: Candidate) -> Outcome:
    origin = (found.application_id, found.application.name)
    group = create_group(actor, parse(NewGroup, row.values), origin=origin)
    what = {"application": found.application_id, "remote_ids": row.member_ids or []}
    members = [id for (id,) in _rows(_MEMBERS, what)]
    if members:
        change_members(actor, group.id, add=members)
    told = [_unknown_members(row, len(members))]
    if row.decided["assign"]:
        told.append(_given(actor, found, row, group.id))
    return Outcome(row.id, "created", " ".join(filter(None, told)), made=group.id)


def _unknown_members(row: Candidate, members: int) -> str:
    left = len(row.member_ids or []) - members
    return _("%(count)s of its members are no users here.") % {"count": left} if left > 0 else ""


def _given(actor: Actor, found: Import, row: Candidate, group: uuid.UUID) -> str:
    """Access for the group's members, and the group there kept as ours; why not, where it can't be."""
    if row.barred in NEVER_TOUCHED:
        return _("Not assigned: the group is protected.")
    change_assignments(actor, found.application_id, groups_add=[group])
    if not _managed(found):
        return _("Assigned, but not linked: this application's groups are not managed.")
    _adopt(actor, found, row, group)
    return ""


def _linked(actor: Actor, found: Import, row: Candidate) -> Outcome:
    group = uuid.UUID(row.decided["target"])
    what = {"application": found.application_id, "group": group, "remote_id": row.remote_id}
    standing = next(iter(_rows(_STANDING, what)), None)
    if standing is None:
        return Outcome(row.id, "conflict", _("The group was deleted meanwhile."))
    owner, other, assigned = standing
    if owner not in (None, group) or other not in (None, row.remote_id):
        return Outcome(row.id, "conflict", _("The group, or the one there, is linked to another one already."))
    if not _managed(found):
        return Outcome(row.id, "skipped", _("This application's groups are not managed: switch that on first."))
    if not assigned and not row.decided["assign"]:
        return Outcome(row.id, "skipped", _("The group is not assigned to the application: assign it too."))
    if not assigned:
        change_assignments(actor, found.application_id, groups_add=[group])
    _adopt(actor, found, row, group)
    return Outcome(row.id, "linked", made=group)


def _managed(found: Import) -> bool:
    return bool(settings.as_json(found.application.settings)["manage_groups"])


def _adopt(actor: Actor, found: Import, row: Candidate, group: uuid.UUID) -> None:
    decision = {"action": "adopt", "remote_id": row.remote_id}
    mark = due.Mark(due.SET, "person", actor.as_json(), actor.correlation, decision)
    due.mark_group_link(found.application_id, group, mark)


def _rows(statement: str, what: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return list(cursor.fetchall())
