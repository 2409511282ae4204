"""Accounts seen from people and groups: how a page of users stands, why somebody has access, and what suspending,
deleting, joining or leaving would do, in numbers, before anybody does it. Each is one statement, whatever the number.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.queries.accounts import Account, accounts_of_user
from provisor.selection import Row, rows_of

_STANDING = """
    SELECT user_id,
           count(*) FILTER (WHERE status = 'synced') AS right,
           count(*) FILTER (WHERE status = 'inactive') AS inactive,
           count(*) FILTER (WHERE status IN ('due', 'retrying')) AS due,
           count(*) FILTER (WHERE status = 'held') AS held
    FROM applications_account WHERE user_id = ANY(%(users)s::uuid[]) GROUP BY user_id
"""
_ACCESS = """
    SELECT application.id, application.name, application.connector, application.provisioning,
           bool_or(access.user_id IS NOT NULL AND access.group_id IS NULL) AS direct,
           json_agg(DISTINCT jsonb_build_array(grp.name, CASE WHEN member_of.id <> grp.id THEN member_of.name END))
               FILTER (WHERE grp.id IS NOT NULL) AS groups
    FROM applications_application application
    LEFT JOIN applications_access access ON access.application_id = application.id AND access.user_id = %(user)s
    LEFT JOIN directory_group grp ON grp.id = access.group_id
    LEFT JOIN directory_group member_of ON member_of.id = access.member_of_id
    WHERE access.user_id IS NOT NULL
       OR application.id IN (SELECT application_id FROM applications_account WHERE user_id = %(user)s)
    GROUP BY application.id ORDER BY application.name_key
"""
# A pair and what becomes of its account: it ends, it comes back, or it is made.
_COUNTED = """
    SELECT application.id AS application_id, application.name, count(*) FILTER (WHERE what = 'create') AS create,
           count(*) FILTER (WHERE what = 'reactivate') AS reactivate,
           count(*) FILTER (WHERE what = 'deactivate') AS deactivate
    FROM ({pairs}) AS pair JOIN applications_application application ON application.id = pair.application_id
    WHERE what IS NOT NULL GROUP BY application.id ORDER BY count(*) DESC, application.name_key
"""
LIVE = "link.remote_id IS NOT NULL AND link.active IS NOT FALSE"
_BEGINS = """
    CASE WHEN link.remote_id IS NULL THEN 'create' WHEN link.active IS FALSE THEN 'reactivate' END AS what
"""
_ENDING = f"""
    SELECT application_id, 'deactivate' AS what FROM applications_link link
    WHERE user_id = ANY(%(users)s::uuid[]) AND {LIVE}
"""  # noqa: S608 - constants, here and below
_RETURNING = f"""
    SELECT access.application_id, {_BEGINS}
    FROM (SELECT DISTINCT application_id, user_id FROM applications_access WHERE user_id = ANY(%(users)s::uuid[])) access
    JOIN directory_user person ON person.id = access.user_id AND person.password_status <> 'expired'
    LEFT JOIN applications_link link USING (application_id, user_id)
"""  # noqa: S608
# What a group gives: its own applications, and those of every group around it.
_GIVEN = """
    SELECT DISTINCT assignment.application_id
    FROM directory_closure up JOIN applications_assignment assignment ON assignment.group_id = up.ancestor_id
    WHERE up.descendant_id = %(group)s
"""
JOINING = f"""
    SELECT given.application_id, {_BEGINS}
    FROM ({_GIVEN}) given
    JOIN directory_user person ON person.id = ANY(%(users)s::uuid[]) AND person.state = 'active'
         AND person.password_status <> 'expired'
    LEFT JOIN applications_link link ON link.application_id = given.application_id AND link.user_id = person.id
    WHERE NOT EXISTS (
        SELECT 1 FROM applications_access access
        WHERE access.application_id = given.application_id AND access.user_id = person.id)
      AND NOT EXISTS (
        SELECT 1 FROM applications_outofscope o
        WHERE o.application_id = given.application_id AND o.user_id = person.id)
"""  # noqa: S608
_LEAVING = f"""
    SELECT given.application_id, 'deactivate' AS what
    FROM ({_GIVEN}) given
    JOIN directory_membership member ON member.group_id = %(group)s AND member.user_id = ANY(%(users)s::uuid[])
    JOIN applications_link link ON link.application_id = given.application_id AND link.user_id = member.user_id
    WHERE {LIVE} AND NOT EXISTS (
        SELECT 1 FROM applications_access access
        WHERE access.application_id = given.application_id AND access.user_id = member.user_id
          AND access.member_of_id IS DISTINCT FROM member.group_id)
"""  # noqa: S608
# Everybody in a group without groups in it is its members: the long way round is only for the others.
_GROUPS = """
    SELECT grp.id, members.count AS members, nested.count AS groups,
           CASE WHEN nested.count = 0 THEN members.count
                ELSE (SELECT count(*) FROM directory_effective e WHERE e.group_id = grp.id) END AS everybody,
           (SELECT count(*) FROM applications_assignment a WHERE a.group_id = grp.id) AS applications
    FROM directory_group grp,
         LATERAL (SELECT count(*) FROM directory_membership m WHERE m.group_id = grp.id) AS members,
         LATERAL (SELECT count(*) FROM directory_nesting n WHERE n.parent_id = grp.id) AS nested
    WHERE grp.id = ANY(%(groups)s::uuid[])
"""
_OF_GROUP = """
    SELECT application.id, application.name, application.connector, application.provisioning,
           assignment.id IS NOT NULL AS bound,
           (SELECT string_agg(grp.name, ', ' ORDER BY grp.name_key)
            FROM directory_closure up
            JOIN applications_assignment other ON other.group_id = up.ancestor_id
            JOIN directory_group grp ON grp.id = up.ancestor_id
            WHERE up.descendant_id = %(group)s AND up.ancestor_id <> %(group)s
              AND other.application_id = application.id) AS around
    FROM applications_application application
    LEFT JOIN applications_assignment assignment
        ON assignment.application_id = application.id AND assignment.group_id = %(group)s
    ORDER BY application.name_key
"""
Ids = Iterable[uuid.UUID]


@dataclass(frozen=True)
class AccountsOfUser:
    """How many of a user's accounts are in which state; `due` has retrying in it."""

    right: int = 0
    inactive: int = 0
    due: int = 0
    held: int = 0


@dataclass(frozen=True)
class Touched:
    """What would become of accounts in one application."""

    application_id: uuid.UUID
    name: str
    create: int
    reactivate: int
    deactivate: int

    @property
    def total(self) -> int:
        return self.create + self.reactivate + self.deactivate


@dataclass(frozen=True)
class Consequence:
    """What an act would do to accounts, by application, the most first."""

    parts: Sequence[Touched] = ()

    @property
    def create(self) -> int:
        return sum(part.create for part in self.parts)

    @property
    def reactivate(self) -> int:
        return sum(part.reactivate for part in self.parts)

    @property
    def deactivate(self) -> int:
        return sum(part.deactivate for part in self.parts)

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts)


@dataclass(frozen=True)
class GroupCounts:
    """Of one group: users who are members themselves, groups in it, everybody (users who are in it either way, each
    once), and the applications that it is assigned to."""

    members: int = 0
    groups: int = 0
    everybody: int = 0
    applications: int = 0


@dataclass(frozen=True)
class Reach:
    """One application that a user has access to, or an account in. `groups` and `direct` are the paths, all of them."""

    application_id: uuid.UUID
    name: str
    connector: str
    provisioning: str
    direct: bool
    groups: Sequence[str]
    account: Account | None

    @property
    def access(self) -> bool:
        return self.direct or bool(self.groups)


def standing_of_users(users: Ids) -> dict[uuid.UUID, AccountsOfUser]:
    """The accounts of each of these users; zeros for one who has none."""
    users = list(users)
    found = {row.pop("user_id"): AccountsOfUser(**row) for row in rows_of(_STANDING, {"users": users})}
    return {id: found.get(id, AccountsOfUser()) for id in users}


def reach_of_user(user_id: uuid.UUID) -> list[Reach]:
    """Every application of a user, by name."""
    accounts = {account["application"]["id"]: account for account in accounts_of_user(user_id)}
    return [_reach(row, accounts.get(row["id"])) for row in rows_of(_ACCESS, {"user": user_id})]


def if_ended(users: Ids) -> Consequence:
    """Suspending, expiring the passwords of, or deleting these users."""
    return consequence(_ENDING, users=list(users))


def if_returned(users: Ids) -> Consequence:
    """Activating or unsuspending these users."""
    return consequence(_RETURNING, users=list(users))


def if_joined(group_id: uuid.UUID, users: Ids) -> Consequence:
    """These users becoming members of a group."""
    return consequence(JOINING, group=group_id, users=list(users))


def if_left(group_id: uuid.UUID, users: Ids) -> Consequence:
    """These users leaving a group."""
    return consequence(_LEAVING, group=group_id, users=list(users))


def counts_of_groups(groups: Ids) -> dict[uuid.UUID, GroupCounts]:
    """The counts of each group that exists."""
    rows = rows_of(_GROUPS, {"groups": list(groups)})
    return {row.pop("id"): GroupCounts(**row) for row in rows}


def applications_of_group(group_id: uuid.UUID) -> list[Row]:
    """Every application by name: id, name, connector, provisioning; `bound`: whether the group gives it; `around`: the
    names of groups around it that do, or null."""
    return rows_of(_OF_GROUP, {"group": group_id})


def _reach(row: Row, account: Account | None) -> Reach:
    found: Any = row["groups"]
    ways = json.loads(found) if isinstance(found, str) else found or []
    groups = sorted((_way(*way) for way in ways), key=str.casefold)
    return Reach(row["id"], row["name"], row["connector"], row["provisioning"], row["direct"], groups, account)


def _way(group: str, member_of: str | None) -> str:
    return _("%(group)s, through %(inside)s") % {"group": group, "inside": member_of} if member_of else group


def consequence(pairs: str, **parameters: Any) -> Consequence:
    """What `pairs`, a constant that selects application_id and what, amounts to."""
    rows = rows_of(_COUNTED.replace("{pairs}", pairs), parameters)
    return Consequence([Touched(**row) for row in rows])
