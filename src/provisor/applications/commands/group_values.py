"""What an assigned group gives to those who have access by it, such as a role: values and their priority."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, loading
from provisor.applications.history import Entry, change, record
from provisor.applications.scopes import evaluating
from provisor.core.group_values import HIGHEST, LOWEST, wrong_with
from provisor.errors import Invalid, NotFound

_FORMER = """
    SELECT s.values, s.priority, g.name FROM applications_assignment s JOIN directory_group g ON g.id = s.group_id
    WHERE s.application_id = %(application)s AND s.group_id = %(group)s FOR NO KEY UPDATE OF s
"""
_SET = """
    UPDATE applications_assignment SET values = %(values)s::jsonb, priority = %(priority)s
    WHERE application_id = %(application)s AND group_id = %(group)s
"""


def set_group_values(
    actor: Actor, application_id: uuid.UUID, group_id: uuid.UUID, values: Mapping[str, Any], priority: int = 0
) -> None:
    """Replaces what an assigned group gives; the accounts of everybody in it are due when that is something else.

    Raises Invalid naming values.role or priority, NotFound for the application and for a group that isn't assigned."""
    actor.require("assignments.write")
    problems = wrong_with(values)
    if isinstance(priority, bool) or not isinstance(priority, int) or not LOWEST <= priority <= HIGHEST:
        problems["priority"] = _("A whole number from %(low)d to %(high)d.") % {"low": LOWEST, "high": HIGHEST}
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        application = loading.kept(application_id)
        former, rank, name = _former(application_id, group_id)
        changes = [
            change(what, was, now)
            for what, was, now in (("values", former, dict(values)), ("priority", rank, priority))
            if was != now
        ]
        if changes:
            what: dict[str, Any] = {"values": orjson.dumps(dict(values)).decode(), "priority": priority}
            _execute(_SET, application=application_id, group=group_id, **what)
            mark = due.Mark(due.SET, "set", actor.as_json(), actor.correlation)
            due.mark_assignment(application_id, [group_id], [], mark)
            record(actor, application, [Entry("association_change", changes, group=(group_id, name))])


def _former(application: uuid.UUID, group: uuid.UUID) -> tuple[dict[str, Any], int, str]:
    found = _execute(_FORMER, application=application, group=group)
    if found is None:
        raise NotFound(_("The group isn't assigned to this application."))
    values, priority, name = found
    return evaluating.parsed(values), priority, name


def _execute(statement: str, **parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone() if cursor.description else None
