"""What putting groups into groups, taking them out, and deleting a group would do to accounts, in numbers."""

from __future__ import annotations

import uuid

from provisor.applications.queries.people import JOINING, LIVE, Consequence, Ids, consequence

_EVERYBODY = "ARRAY(SELECT user_id FROM directory_effective WHERE group_id = ANY(%(groups)s::uuid[]))"
_NESTED = JOINING.replace("%(users)s::uuid[]", _EVERYBODY)
# The ways that end: from around the group to inside it, unless another way leads there (commands/nesting.py does the
# same for good). Access ends for who has come by such ways only.
_ENDING_WAYS = """
    WITH RECURSIVE below AS (
        SELECT DISTINCT descendant_id AS id FROM directory_closure WHERE ancestor_id = ANY(%(groups)s::uuid[])
    ), leads(descendant_id, ancestor_id) AS (
        SELECT id, id FROM below WHERE id IS DISTINCT FROM %(deleted)s::uuid
        UNION
        SELECT leads.descendant_id, n.parent_id FROM leads JOIN directory_nesting n ON n.child_id = leads.ancestor_id
        WHERE n.parent_id IS DISTINCT FROM %(deleted)s::uuid
          AND NOT (n.parent_id = %(group)s AND n.child_id = ANY(%(groups)s::uuid[]))
    ), ending AS (
        SELECT up.ancestor_id, below.id AS descendant_id FROM directory_closure up, below
        WHERE up.descendant_id = %(group)s
        EXCEPT SELECT ancestor_id, descendant_id FROM leads
    )
"""
_UNTIED = f"""
    {_ENDING_WAYS}
    SELECT link.application_id, 'deactivate' AS what
    FROM (SELECT DISTINCT a.application_id, m.user_id FROM ending
          JOIN applications_assignment a ON a.group_id = ending.ancestor_id
          JOIN directory_membership m ON m.group_id = ending.descendant_id) AS had
    JOIN applications_link link ON link.application_id = had.application_id AND link.user_id = had.user_id
    WHERE {LIVE} AND NOT EXISTS (
        SELECT 1 FROM applications_access access
        WHERE access.application_id = had.application_id AND access.user_id = had.user_id AND NOT EXISTS (
            SELECT 1 FROM ending WHERE ending.ancestor_id = access.group_id
                                   AND ending.descendant_id = access.member_of_id))
"""  # noqa: S608 - constants


def if_nested(group_id: uuid.UUID, groups: Ids) -> Consequence:
    """These groups being put into a group."""
    return consequence(_NESTED, group=group_id, groups=list(groups))


def if_taken_out(group_id: uuid.UUID, groups: Ids) -> Consequence:
    """These groups being taken out of a group."""
    return consequence(_UNTIED, group=group_id, groups=list(groups), deleted=None)


def if_group_deleted(group_id: uuid.UUID) -> Consequence:
    """A group being deleted: its members leave it, and what is inside it no longer is in what is around it."""
    return consequence(_UNTIED, group=group_id, groups=[group_id], deleted=group_id)
