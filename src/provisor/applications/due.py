"""Marking accounts and groups as due: what an edit of the directory, an assignment or a setting does to the queues.

Each function is one statement in the caller's transaction: set-based INSERT ... SELECTs into `applications_due` and
`applications_groupdue`, and a NOTIFY that PostgreSQL delivers when it commits. Nothing is computed per account here, and
nothing is updated: edits only append, so they never wait for each other (docs/decisions/0002). Whether an application
keeps groups at all isn't asked here: the worker knows.
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


# Accounts: (application, user) -----------------------------------------------------------------------------------------

# Every pair that has an access path or a link; the links table keeps former accounts in sight.
_PAIRS_OF_USERS = """
    SELECT application_id, user_id FROM applications_access WHERE user_id = ANY(%(users)s)
    UNION
    SELECT application_id, user_id FROM applications_link WHERE user_id = ANY(%(users)s)
"""
_PAIRS_OF_MEMBERS = """
    SELECT DISTINCT a.application_id, m.user_id
    FROM directory_closure up JOIN applications_assignment a ON a.group_id = up.ancestor_id
    CROSS JOIN unnest(%(users)s::uuid[]) AS m(user_id)
    WHERE up.descendant_id = %(group)s
"""
_PAIRS_OF_GROUP = """
    SELECT DISTINCT a.application_id, m.user_id
    FROM directory_closure up JOIN applications_assignment a ON a.group_id = up.ancestor_id
    CROSS JOIN directory_closure down JOIN directory_membership m ON m.group_id = down.descendant_id
    WHERE up.descendant_id = %(group)s AND down.ancestor_id = %(group)s
"""
_APPLICATIONS_ABOVE = """
    SELECT DISTINCT a.application_id FROM directory_closure up
    JOIN applications_assignment a ON a.group_id = up.ancestor_id WHERE up.descendant_id = %(group)s
"""
_MEMBERS_BELOW = """
    SELECT DISTINCT m.user_id FROM directory_closure down
    JOIN directory_membership m ON m.group_id = down.descendant_id
    JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting'
    WHERE down.ancestor_id = ANY(%(children)s)
"""
# Who has no other way: asked before the nesting grants anything, or after it no longer does.
_PAIRS_OF_NESTING = f"""
    SELECT given.application_id, members.user_id
    FROM ({_APPLICATIONS_ABOVE}) AS given CROSS JOIN ({_MEMBERS_BELOW}) AS members
    EXCEPT
    SELECT application_id, user_id FROM applications_access
    WHERE application_id = ANY(ARRAY({_APPLICATIONS_ABOVE})) AND user_id = ANY(ARRAY({_MEMBERS_BELOW}))
"""  # noqa: S608 - constants, here and below
_PAIRS_OF_ASSIGNMENT = """
    SELECT %(application)s::uuid, m.user_id
    FROM directory_closure down JOIN directory_membership m ON m.group_id = down.descendant_id
    WHERE down.ancestor_id = ANY(%(given)s)
    UNION
    SELECT %(application)s::uuid, unnest(%(users)s::uuid[])
"""
_PAIRS_OF_APPLICATION = """
    SELECT application_id, user_id FROM applications_access WHERE application_id = %(application)s
    UNION
    SELECT application_id, user_id FROM applications_link WHERE application_id = %(application)s
"""
# Of these users those who are assigned, or have a link; the filter of the application isn't asked.
_PAIRS_OF_SCOPE = """
    SELECT application_id, user_id FROM applications_assigned
    WHERE application_id = %(application)s AND user_id = ANY(%(users)s::uuid[])
    UNION
    SELECT application_id, user_id FROM applications_link
    WHERE application_id = %(application)s AND user_id = ANY(%(users)s::uuid[])
"""
# Whose account says the names of groups: everybody in the group, where the attributes mention groups at all.
_PAIRS_OF_NAME = """
    SELECT access.application_id, access.user_id
    FROM applications_access access JOIN applications_application a ON a.id = access.application_id
    WHERE access.group_id = %(group)s AND a.mapping::text ~ 'groups|values'
    GROUP BY access.application_id, access.user_id
"""
_THESE_PAIRS = "SELECT %(application)s::uuid, unnest(%(users)s::uuid[])"
_ONE_PAIR = "SELECT %(application)s::uuid, %(user)s::uuid"

# Groups: (application, group) ------------------------------------------------------------------------------------------

# A group and every group around it have new members, wherever they are assigned or known.
_GROUPS_AROUND = """
    SELECT a.application_id, a.group_id FROM directory_closure up
    JOIN applications_assignment a ON a.group_id = up.ancestor_id WHERE up.descendant_id = %(group)s
    UNION
    SELECT l.application_id, l.group_id FROM directory_closure up
    JOIN applications_grouplink l ON l.group_id = up.ancestor_id WHERE up.descendant_id = %(group)s
"""
_ONE_GROUP_EVERYWHERE = """
    SELECT application_id, group_id FROM applications_assignment WHERE group_id = %(group)s
    UNION
    SELECT application_id, group_id FROM applications_grouplink WHERE group_id = %(group)s
"""
_GROUPS_OF_ASSIGNMENT = "SELECT %(application)s::uuid, unnest(%(given)s::uuid[])"
_GROUPS_OF_SCOPE = """
    SELECT DISTINCT a.application_id, a.group_id
    FROM applications_assignment a JOIN directory_effective m ON m.group_id = a.group_id
    WHERE a.application_id = %(application)s AND m.user_id = ANY(%(users)s::uuid[])
"""
_GROUPS_OF_APPLICATION = """
    SELECT application_id, group_id FROM applications_assignment
    WHERE application_id = %(application)s AND group_id IS NOT NULL
    UNION
    SELECT application_id, group_id FROM applications_grouplink WHERE application_id = %(application)s
"""
_ONE_GROUP = "SELECT %(application)s::uuid, %(group)s::uuid"

# To be looked at again: (group, users or null, application or null) ----------------------------------------------------

# Two transactions that can't see each other: somebody joins or leaves a group while the other one assigns it, takes the
# assignment back, or nests it. Instead of making them wait for each other, the worker looks again once each is
# committed: the later one sees both (docs/decisions/0005).
_AGAIN_MEMBERS = "SELECT %(group)s::uuid, %(users)s::uuid[], NULL::uuid"
_AGAIN_ASSIGNMENT = "SELECT unnest(%(given)s::uuid[]), NULL::uuid[], %(application)s::uuid"
_AGAIN_NESTING = f"""
    SELECT child.id, NULL::uuid[], given.application_id
    FROM unnest(%(children)s::uuid[]) AS child(id) CROSS JOIN ({_APPLICATIONS_ABOVE}) AS given
"""  # noqa: S608


def mark_users(users: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of these users, in every application where they have access or had an account."""
    _mark(mark, accounts=_PAIRS_OF_USERS, users=list(users))


def mark_members(group: uuid.UUID, users: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of users who joined or left a group, in every application that it or a group around it is assigned
    to; and those groups."""
    parts = {"accounts": _PAIRS_OF_MEMBERS, "groups": _GROUPS_AROUND, "again": _AGAIN_MEMBERS}
    if users := list(users):
        _mark(mark, **parts, group=group, users=users)


def mark_nesting(parent: uuid.UUID, children: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of exactly those who get or lose access because groups are put into, or taken out of, `parent`; and
    the groups with new members. Before the closure has the new pairs, or after it has lost the old ones."""
    parts = {"accounts": _PAIRS_OF_NESTING, "groups": _GROUPS_AROUND, "again": _AGAIN_NESTING}
    _mark(mark, **parts, group=parent, children=list(children))


def mark_group(group: uuid.UUID, children: Iterable[uuid.UUID], mark: Mark) -> None:
    """The accounts of everybody in a group, in every application that it or a group around it is assigned to, and those
    groups. Before deleting it; `children` are the groups in it."""
    parts = {"accounts": _PAIRS_OF_GROUP, "groups": _GROUPS_AROUND, "again": _AGAIN_NESTING}
    _mark(mark, **parts, group=group, children=list(children))


def mark_renamed(group: uuid.UUID, mark: Mark) -> None:
    """A group whose own values changed, wherever it is assigned or known; and the accounts that may say its name."""
    _mark(mark, accounts=_PAIRS_OF_NAME, groups=_ONE_GROUP_EVERYWHERE, group=group)


def mark_assignment(
    application: uuid.UUID, groups: Iterable[uuid.UUID], users: Iterable[uuid.UUID], mark: Mark
) -> None:
    """The accounts in one application of everybody in these groups and of these users; and the groups."""
    parts = {"accounts": _PAIRS_OF_ASSIGNMENT, "groups": _GROUPS_OF_ASSIGNMENT, "again": _AGAIN_ASSIGNMENT}
    _mark(mark, **parts, application=application, given=list(groups), users=list(users))


def mark_scope(application: uuid.UUID, users: Iterable[uuid.UUID], mark: Mark) -> None:
    """Users whom the application's filter leaves out from now on, or no longer: their accounts, as far as they are assigned
    or have one, and the groups there that they are in."""
    if users := list(users):
        _mark(mark, accounts=_PAIRS_OF_SCOPE, groups=_GROUPS_OF_SCOPE, application=application, users=users)


def mark_application(application: uuid.UUID, mark: Mark) -> None:
    """Every account and group of an application: its mapping or settings changed, or it is to be looked at as a whole."""
    _mark(mark, accounts=_PAIRS_OF_APPLICATION, groups=_GROUPS_OF_APPLICATION, application=application)


def mark_account(application: uuid.UUID, user: uuid.UUID, mark: Mark) -> None:
    """One account; `mark.decision` carries what a person decided about a held one."""
    _mark(mark, accounts=_ONE_PAIR, application=application, user=user)


def mark_accounts(application: uuid.UUID, users: Iterable[uuid.UUID | None], mark: Mark) -> None:
    """These users' accounts in one application, whatever their access is."""
    _mark(mark, accounts=_THESE_PAIRS, application=application, users=list(users))


def mark_group_link(application: uuid.UUID, group: uuid.UUID, mark: Mark) -> None:
    """One group in one application; `mark.decision` as for an account."""
    _mark(mark, groups=_ONE_GROUP, application=application, group=group)


def wake() -> None:
    """Tells the workers, when this transaction commits, that there is something to do somewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


_COLUMNS = "priority, not_before, since, cause, actor, correlation, decision"
_VALUES = """%(priority)s, now(), now(), %(cause)s, %(actor)s::jsonb, %(correlation)s, %(decision)s::jsonb"""


def _mark(
    mark: Mark, *, accounts: str | None = None, groups: str | None = None, again: str | None = None, **parameters: Any
) -> None:
    """One round trip: what becomes due, what is to be looked at again, and the wake-up."""
    parts = [
        _inserted("accounts", "applications_due", "user_id", accounts),
        _inserted("groups", "applications_groupdue", "group_id", groups),
    ]
    if again:
        columns = "group_id, users, application_id"
        parts.append(f"again AS (INSERT INTO applications_lookagain ({columns}) {again})")
    statement = f"WITH {', '.join(filter(None, parts))} SELECT pg_notify(%(channel)s, '')"
    parameters |= {
        "priority": mark.priority,
        "cause": mark.cause,
        "actor": json.dumps(mark.actor),
        "correlation": mark.correlation,
        "decision": mark.decision and json.dumps(mark.decision),
        "channel": CHANNEL,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _inserted(name: str, table: str, id: str, pairs: str | None) -> str:
    """A part of the statement that appends marks for `pairs`, which is one of the constants above."""
    if pairs is None:
        return ""
    rows = f"SELECT pair.application_id, pair.id, {_VALUES} FROM ({pairs}) AS pair (application_id, id)"  # noqa: S608
    return f"{name} AS (INSERT INTO {table} (application_id, {id}, {_COLUMNS}) {rows})"
