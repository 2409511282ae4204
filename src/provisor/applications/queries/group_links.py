"""Groups at the SPs as the contract shows a link: `group` in the place of `user`."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.queries.accounts import Account, error_of, get_account, parsed
from provisor.errors import NotFound
from provisor.selection import Row, Selection, contains, rows_of
from provisor.text import unique_key

# A mark that may be tried now makes it due, unless it is a routine look; so does being assigned without a group there.
_MARKED = """EXISTS (SELECT 1 FROM applications_groupdue d
        WHERE d.group_id = {group} AND d.application_id = {application} AND d.not_before <= now() AND d.priority < 3)"""
_LINKS = f"""
    SELECT l.id, l.application_id, a.name AS application_name, l.group_id, coalesce(g.name, l.name) AS group_name,
           coalesce(g.name_key, lower(l.name)) AS name_key,
           CASE WHEN {_MARKED.format(group="l.group_id", application="l.application_id")} THEN 'due'
                ELSE l.status END AS status,
           l.remote_id, l.error, l.candidates, l.attempts, l.next_try, l.last_synced,
           (SELECT count(*) FROM applications_groupmember m WHERE m.group_link_id = l.id AND m.confirmed) AS members
    FROM applications_grouplink l
    JOIN applications_application a ON a.id = l.application_id
    LEFT JOIN directory_group g ON g.id = l.group_id
"""  # noqa: S608 - constants
# Assigned and not there yet: its id is known beforehand (md5 of the pair), as for accounts.
_AWAITED = f"""
    SELECT md5(s.application_id::text || s.group_id::text)::uuid AS id, s.application_id, a.name AS application_name,
           s.group_id, g.name AS group_name, g.name_key, 'due' AS status, NULL AS remote_id, NULL::jsonb AS error,
           NULL::jsonb AS candidates, 0 AS attempts, NULL::timestamptz AS next_try, NULL::timestamptz AS last_synced,
           0::bigint AS members
    FROM applications_assignment s
    JOIN applications_application a ON a.id = s.application_id AND (a.settings ->> 'manage_groups')::boolean
    JOIN directory_group g ON g.id = s.group_id
    WHERE {_MARKED.format(group="s.group_id", application="s.application_id")}
      AND NOT EXISTS (SELECT 1 FROM applications_grouplink l
                      WHERE l.group_id = s.group_id AND l.application_id = s.application_id)
"""  # noqa: S608
_GROUPS = f"SELECT * FROM ({_LINKS} UNION ALL {_AWAITED}) AS link WHERE "  # noqa: S608


def group_links_selection(
    application_id: uuid.UUID, *, status: str | None = None, search: str | None = None
) -> Selection:
    """The groups in one application by name. `search`: part of the name, or a remote id."""
    conditions, parameters = ["application_id = %(application)s"], dict[str, Any](application=application_id)
    if status is not None:
        conditions.append("status = %(status)s")
        parameters["status"] = status
    if search:
        conditions.append("(name_key LIKE %(search)s OR remote_id = %(exact)s)")
        parameters |= {"search": contains(unique_key(search)), "exact": search}
    return Selection((_GROUPS + " AND ".join(conditions),), ("name_key", "id"), parameters)


def group_links_of_group(group_id: uuid.UUID) -> list[Account]:
    """What is known of one group in every application."""
    rows = rows_of(f"{_GROUPS} group_id = %(group)s ORDER BY application_name", {"group": group_id})
    return [as_group_link(row) for row in rows]


def get_group_link(link_id: uuid.UUID) -> Account:
    """One group's link by its id. Raises NotFound."""
    rows = rows_of(f"{_GROUPS} id = %(id)s", {"id": link_id})
    if not rows:
        raise NotFound(_("There is no account or group with this id."))
    return as_group_link(rows[0])


def get_link(link_id: uuid.UUID) -> Account:
    """An account or a group's link, whichever has this id. Raises NotFound."""
    try:
        return get_account(link_id)
    except NotFound:
        return get_group_link(link_id)


def as_group_link(row: Row) -> Account:
    """A row as the contract's link. `members`: how many of ours the SP acknowledged."""
    return {
        "id": row["id"],
        "application": {"id": row["application_id"], "name": row["application_name"]},
        "group": {"id": row["group_id"], "name": row["group_name"]},
        "status": row["status"],
        "remote_id": row["remote_id"],
        "active": None,
        "members": row["members"],
        "error": error_of(parsed(row["error"])),
        "candidates": parsed(row["candidates"]) or [],
        "attempts": row["attempts"],
        "next_try": row["next_try"],
        "last_synced": row["last_synced"],
    }
