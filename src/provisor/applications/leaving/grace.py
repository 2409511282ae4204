"""Accounts that are deleted some days after they were ended (settings.delete_after_days): when, as SQL.

The days count from when the account was last seen off without access, but never from before the setting was switched
on or made shorter: nothing is deleted sooner than somebody who switches it on would expect. Whether it is deleted then is
the plan's to say (core.plan), and the guard's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Of a link `l` and its application `a`: when its account is to be deleted; null for never.
ENDS = """
    CASE WHEN l.inactive_since IS NOT NULL AND coalesce((a.settings ->> 'delete_after_days')::int, 0) > 0
              AND coalesce(a.settings ->> 'deprovision', 'deactivate') <> 'nothing'
         THEN greatest(l.inactive_since, a.grace_since)
              + (a.settings ->> 'delete_after_days')::int * interval '1 day' END
"""

# Whether it is over for the link `l` of the application that a pass is about.
OVER = f"""
    coalesce((SELECT {ENDS} <= now() FROM applications_application a
              WHERE a.id = %(application)s AND l.inactive_since IS NOT NULL), false)
"""  # noqa: S608 - constants, here and below

# Marks what is to be deleted now, once a day at most: whether the service provider can delete at all isn't known here.
DUE = f"""
WITH over AS (
    SELECT l.id FROM applications_link l
    JOIN applications_application a ON a.id = l.application_id AND a.provisioning = 'active'
    WHERE l.inactive_since IS NOT NULL AND l.status = 'inactive' AND l.remote_id IS NOT NULL
      AND (l.grace_asked IS NULL OR l.grace_asked < now() - interval '1 day')
      AND {ENDS} <= now()
    ORDER BY l.inactive_since LIMIT 1000 FOR UPDATE OF l SKIP LOCKED
), asked AS (
    UPDATE applications_link l SET grace_asked = now() FROM over WHERE l.id = over.id
    RETURNING l.application_id, l.user_id
)
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause, actor)
SELECT application_id, user_id, 2, now(), now(), 'set', '{{"kind": "system", "id": "system", "name": "grace"}}' FROM asked
"""  # noqa: S608


def sooner(changes: Iterable[Mapping[str, Any]]) -> bool:
    """Whether this change of settings, as an event tells it, lets accounts be deleted that were safe before: then their days
    begin anew."""
    by_name = {change["name"]: change for change in changes}
    days, ending = by_name.get("settings.delete_after_days"), by_name.get("settings.deprovision")
    if days and days["to"] and (not days["from"] or days["to"] < days["from"]):
        return True
    return bool(ending and ending["from"] == "nothing")
