"""Marking accounts as due: what an edit of the directory, an assignment or a setting does to the queue.

Each function is one set-based INSERT ... SELECT into `applications_due`, in the caller's transaction, and a
NOTIFY that PostgreSQL delivers when it commits. Nothing is computed per account here, and nothing is updated:
edits only append, so they never wait for each other (docs/decisions/0002).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

CHANNEL = "provisor_due"

LEAVING = 0  # suspend, expire, delete, unassign, leave a group: overtakes everything
EDIT = 1  # one person's attributes
SET = 2  # assignments, memberships, mapping, settings
SWEEP = 3  # full reconciles and other routine looks


@dataclass(frozen=True)
class Mark:
    """Why accounts are due. `cause`: "person" for a call that names this one user, else "set"."""

    priority: int
    cause: str
    actor: dict[str, Any]
    correlation: uuid.UUID | None = None
    decision: dict[str, Any] | None = field(default=None)


# Every (application, user) pair that has an access path or a link; the links table keeps former accounts in sight.
_PAIRS_OF_USERS = """
    SELECT application_id, user_id FROM applications_access WHERE user_id = ANY(%(users)s)
    UNION
    SELECT application_id, user_id FROM applications_link WHERE user_id = ANY(%(users)s)
"""
_PAIRS_OF_MEMBERS = """
    SELECT DISTINCT a.application_id, m.user_id
    FROM applications_assignment a, unnest(%(users)s::uuid[]) AS m(user_id)
    WHERE a.group_id = %(group)s
"""
_PAIRS_OF_GROUP = """
    SELECT a.application_id, m.user_id
    FROM applications_assignment a JOIN directory_membership m ON m.group_id = a.group_id
    WHERE a.group_id = %(group)s
"""
_PAIRS_OF_ASSIGNMENT = """
    SELECT %(application)s::uuid, user_id FROM directory_membership WHERE group_id = ANY(%(groups)s)
    UNION
    SELECT %(application)s::uuid, unnest(%(users)s::uuid[])
"""
_PAIRS_OF_APPLICATION = """
    SELECT application_id, user_id FROM applications_access WHERE application_id = %(application)s
    UNION
    SELECT application_id, user_id FROM applications_link WHERE application_id = %(application)s
"""
_ONE_PAIR = "SELECT %(application)s::uuid, %(user)s::uuid"


def mark_users(users: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of these users, in every application where they have access or had an account."""
    _mark(_PAIRS_OF_USERS, mark, users=list(users))


def mark_members(group: uuid.UUID, users: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of users who joined or left a group, in every application the group is assigned to."""
    users = list(users)
    _mark(_PAIRS_OF_MEMBERS, mark, group=group, users=users)
    if users and mark.priority != LEAVING:
        _look_again(groups=[group], users=users)


def mark_group(group: uuid.UUID, mark: Mark) -> None:
    """The accounts of all members of a group, in every application it is assigned to. Before deleting it."""
    _mark(_PAIRS_OF_GROUP, mark, group=group)


def mark_assignment(
    application: uuid.UUID, groups: Iterable[uuid.UUID], users: Iterable[uuid.UUID], mark: Mark
) -> None:
    """The accounts in one application of these groups' members and of these users."""
    groups = list(groups)
    _mark(_PAIRS_OF_ASSIGNMENT, mark, application=application, groups=groups, users=list(users))
    if groups and mark.priority != LEAVING:
        _look_again(groups=groups, application=application)


def mark_application(application: uuid.UUID, mark: Mark) -> None:
    """Every account of an application: its mapping or settings changed, or it is to be looked at as a whole."""
    _mark(_PAIRS_OF_APPLICATION, mark, application=application)


def mark_account(application: uuid.UUID, user: uuid.UUID, mark: Mark) -> None:
    """One account; `mark.decision` carries what a person decided about a held one."""
    _mark(_ONE_PAIR, mark, application=application, user=user)


def _look_again(
    *, groups: list[uuid.UUID], users: list[uuid.UUID] | None = None, application: uuid.UUID | None = None
) -> None:
    """Who joins a group while, in another transaction, the group is assigned, is seen by neither of the two. Instead of
    making them wait for each other, the worker looks again once each is committed: the later one sees both."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO applications_lookagain (group_id, users, application_id)"
            " SELECT unnest(%s::uuid[]), %s::uuid[], %s::uuid",
            [groups, users, application],
        )


def wake() -> None:
    """Tells the workers, when this transaction commits, that there is something to do somewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _mark(pairs: str, mark: Mark, **parameters: Any) -> None:
    statement = f"""
        INSERT INTO applications_due
            (application_id, user_id, priority, not_before, since, cause, actor, correlation, decision)
        SELECT pair.application_id, pair.user_id, %(priority)s, now(), now(), %(cause)s, %(actor)s::jsonb,
               %(correlation)s, %(decision)s::jsonb
        FROM ({pairs}) AS pair (application_id, user_id)
    """  # noqa: S608 - `pairs` is one of the constants above
    parameters |= {
        "priority": mark.priority,
        "cause": mark.cause,
        "actor": json.dumps(mark.actor),
        "correlation": mark.correlation,
        "decision": mark.decision and json.dumps(mark.decision),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    wake()
