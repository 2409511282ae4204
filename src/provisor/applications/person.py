"""The SQL for one user as JSON: the row, and what the groups give that grant access to the application at hand.

The statements that use it call the user's row `u` and have the parameter `application`. What groups give is read only where
the application's attributes mention it: it costs a join for each account.
"""

from __future__ import annotations

GIVEN = "given_by_groups"  # in the JSON: [[priority, name, values], ...]

_BY_GROUPS = """
    SELECT coalesce(jsonb_agg(jsonb_build_array(w.priority, w.name, w.values) ORDER BY w.priority DESC, w.name), '[]')
    FROM (SELECT DISTINCT s.priority, s.group_id, g.name, s.values
          FROM applications_access x
          JOIN applications_assignment s ON s.application_id = x.application_id AND s.group_id = x.group_id
          JOIN directory_group g ON g.id = s.group_id
          WHERE x.application_id = %(application)s AND x.user_id = u.id) w
"""
# Once for the whole statement: it names nothing of a row.
_MENTIONED = """
    (SELECT a.mapping::text || coalesce(a.trip::text, '') ~ 'groups|values' FROM applications_application a
     WHERE a.id = %(application)s)
"""
PERSON = f"""
    to_jsonb(u) - 'password'
    || CASE WHEN {_MENTIONED} THEN jsonb_build_object('{GIVEN}', ({_BY_GROUPS})) ELSE '{{}}'::jsonb END
"""
# For attributes that aren't saved yet.
PERSON_WITH_GROUPS = f"to_jsonb(u) - 'password' || jsonb_build_object('{GIVEN}', ({_BY_GROUPS}))"
