"""What giving and taking access by groups would do to the groups themselves, before anybody saves it. Counted in the
database; nothing is asked of the service provider."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from provisor.selection import rows_of

_FILLED = """EXISTS (
    SELECT 1 FROM directory_effective m JOIN directory_user u ON u.id = m.user_id
    WHERE m.group_id = g.id AND u.state = 'active' AND u.password_status <> 'expired')"""
_THERE = f"""
    SELECT count(*) FILTER (WHERE g.id = ANY(%(add)s::uuid[]) AND l.remote_id IS NULL AND {_FILLED}) AS added,
           count(*) FILTER (WHERE g.id = ANY(%(add)s::uuid[]) AND l.remote_id IS NULL AND NOT {_FILLED}) AS empty,
           count(*) FILTER (WHERE g.id = ANY(%(remove)s::uuid[]) AND l.remote_id IS NOT NULL) AS left
    FROM directory_group g
    LEFT JOIN applications_grouplink l ON l.group_id = g.id AND l.application_id = %(application)s
    WHERE g.id = ANY(%(add)s::uuid[]) OR g.id = ANY(%(remove)s::uuid[])
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class GroupsThere:
    """`added`: made there or taken over; `empty`: not before somebody is in it; `left`: stay there as they are, because
    a group that is no longer assigned is let go."""

    added: int
    empty: int
    left: int


def groups_there(application_id: uuid.UUID, add: Iterable[uuid.UUID], remove: Iterable[uuid.UUID]) -> GroupsThere:
    """What saving would do to the groups, where the application keeps them."""
    asked = {"application": application_id, "add": list(add), "remove": list(remove)}
    return GroupsThere(**rows_of(_THERE, asked)[0])
