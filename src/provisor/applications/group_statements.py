"""The engine's SQL for groups: as statements.py, for the queue, the links and the members of groups.

A group's members are those of `directory_effective`: its own and those of groups nested in it.
"""

from __future__ import annotations

# A member whom the application is sent: not one who is being deleted, or whom its filter leaves out.
_SENT = """
JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting'
     AND NOT EXISTS (SELECT 1 FROM applications_outofscope o
                     WHERE o.application_id = %(application)s AND o.user_id = m.user_id)"""
_CASE = f"""
SELECT marks.ids, picked.priority, marks.cause, marks.actor, marks.correlation, marks.decision,
       picked.group_id, coalesce(g.name, l.name, ''), g.id IS NOT NULL, to_jsonb(l),
       EXISTS (SELECT 1 FROM applications_assignment a
               WHERE a.application_id = %(application)s AND a.group_id = picked.group_id) AS assigned,
       EXISTS (SELECT 1 FROM directory_effective m
               {_SENT}
               LEFT JOIN applications_link k ON k.user_id = m.user_id AND k.application_id = %(application)s
               WHERE m.group_id = picked.group_id
                 AND (k.remote_id IS NOT NULL OR (%(planned)s AND u.state = 'active'))) AS filled,
       CASE WHEN l.error ->> 'code' = 'undone' OR marks.decision ->> 'undo' = 'true'
            THEN (SELECT md5(string_agg(m.user_id::text, ',' ORDER BY m.user_id)) FROM directory_effective m
                  WHERE m.group_id = picked.group_id) END AS filling
FROM picked
JOIN LATERAL (
    SELECT array_agg(d.id) AS ids,
           (array_agg(d.cause ORDER BY d.priority, d.id))[1] AS cause,
           (array_agg(d.actor ORDER BY d.priority, d.id))[1] AS actor,
           (array_agg(d.correlation ORDER BY d.priority, d.id))[1] AS correlation,
           (array_agg(d.decision ORDER BY d.id DESC) FILTER (WHERE d.decision IS NOT NULL))[1] AS decision
    FROM applications_groupdue d
    WHERE d.application_id = %(application)s AND d.group_id = picked.group_id
) marks ON true
LEFT JOIN directory_group g ON g.id = picked.group_id
LEFT JOIN applications_grouplink l ON l.application_id = %(application)s AND l.group_id = picked.group_id
"""  # noqa: S608

DUE = f"""
WITH picked AS (
    SELECT group_id, min(priority) AS priority, min(id) AS first FROM applications_groupdue
    WHERE application_id = %(application)s AND not_before <= now() AND NOT group_id = ANY(%(busy)s)
    GROUP BY group_id ORDER BY 2, 3 LIMIT %(most)s
)
{_CASE}
ORDER BY picked.priority, picked.first
"""  # noqa: S608

WHOLE_PLAN = f"""
WITH picked AS (
    SELECT DISTINCT d.group_id, 0 AS priority, md5(d.application_id::text || d.group_id::text)::uuid AS link_id
    FROM applications_groupdue d
    WHERE d.application_id = %(application)s
      AND md5(d.application_id::text || d.group_id::text)::uuid > %(after)s
    ORDER BY link_id LIMIT %(limit)s
)
{_CASE}
ORDER BY picked.link_id
"""  # noqa: S608

OWNERS = """
SELECT remote_id, group_id::text FROM applications_grouplink
WHERE application_id = %(application)s AND remote_id = ANY(%(remote_ids)s)
"""

# The set difference. Who may be a member there already (not confirmed) is added again; a second add changes nothing.
MISSING = f"""
SELECT m.user_id::text, coalesce(k.remote_id, '') FROM directory_effective m
{_SENT}
LEFT JOIN applications_link k ON k.user_id = m.user_id AND k.application_id = %(application)s
WHERE m.group_id = %(group)s AND NOT m.user_id = ANY(%(without)s::uuid[])
  AND (k.remote_id IS NOT NULL OR (%(planned)s AND u.state = 'active'))
  AND NOT EXISTS (SELECT 1 FROM applications_groupmember a
                  WHERE a.group_link_id = %(link)s AND a.user_id = m.user_id AND a.confirmed
                    AND a.remote_id = k.remote_id)
ORDER BY m.user_id LIMIT %(most)s
"""  # noqa: S608
SURPLUS = f"""
SELECT a.user_id::text, a.remote_id FROM applications_groupmember a
WHERE a.group_link_id = %(link)s AND NOT a.user_id = ANY(%(without)s::uuid[])
  AND NOT EXISTS (SELECT 1 FROM directory_effective m
                  {_SENT}
                  WHERE m.group_id = %(group)s AND m.user_id = a.user_id)
ORDER BY a.user_id LIMIT %(most)s
"""  # noqa: S608
ACKNOWLEDGED = """
SELECT user_id::text, remote_id FROM applications_groupmember WHERE group_link_id = %(link)s AND confirmed
"""

# Both are the door to a write, as statements.INTEND: no row comes back while nothing may be written.
_MAY_BE_WRITTEN = """
    a.id = %(application)s AND a.provisioning = 'active' AND a.settings_version = %(settings)s
    AND NOT EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL)
"""
INTEND = f"""
INSERT INTO applications_grouplink
    (id, application_id, group_id, name, status, known, created_here, attempts, intent, updated)
SELECT %(id)s, a.id, %(group)s, %(name)s, 'due', '{{}}', false, 0, %(intent)s::jsonb, now()
FROM applications_application a WHERE {_MAY_BE_WRITTEN}
ON CONFLICT (id) DO UPDATE SET intent = EXCLUDED.intent, updated = now()
RETURNING id
"""  # noqa: S608
INTEND_MEMBERS = f"""
INSERT INTO applications_groupmember (group_link_id, user_id, remote_id, confirmed)
SELECT %(link)s, m.user_id, m.remote_id, false
FROM jsonb_to_recordset(%(members)s::jsonb) AS m (user_id uuid, remote_id text)
CROSS JOIN applications_application a WHERE {_MAY_BE_WRITTEN}
ON CONFLICT (group_link_id, user_id) DO UPDATE SET confirmed = false
RETURNING user_id
"""  # noqa: S608

# Outcomes ------------------------------------------------------------------------------------------------------------

LINKS = """
INSERT INTO applications_grouplink
    (id, application_id, group_id, name, status, remote_id, known, created_here, intent, error, candidates, attempts,
     ignored, next_try, last_synced, updated)
SELECT o.id, o.application_id, o.group_id, o.name, o.status, o.remote_id, o.known, o.created_here, o.intent, o.error,
       o.candidates, o.attempts, o.ignored, now() + o.again * interval '1 second', CASE WHEN o.synced THEN now() END, now()
FROM jsonb_to_recordset(%(links)s::jsonb) AS o
    (id uuid, application_id uuid, group_id uuid, name text, status text, remote_id text, known jsonb,
     created_here boolean, intent jsonb, error jsonb, candidates jsonb, attempts int, ignored text, again float,
     synced boolean)
ON CONFLICT (id) DO UPDATE SET
    name = EXCLUDED.name, status = EXCLUDED.status, remote_id = EXCLUDED.remote_id, known = EXCLUDED.known,
    created_here = EXCLUDED.created_here, intent = EXCLUDED.intent, error = EXCLUDED.error,
    candidates = EXCLUDED.candidates, attempts = EXCLUDED.attempts, ignored = EXCLUDED.ignored,
    next_try = EXCLUDED.next_try, last_synced = coalesce(EXCLUDED.last_synced, applications_grouplink.last_synced),
    updated = EXCLUDED.updated
"""
JOINED = """
INSERT INTO applications_groupmember (group_link_id, user_id, remote_id, confirmed)
SELECT m.link, m.user_id, m.remote_id, true
FROM jsonb_to_recordset(%(members)s::jsonb) AS m (link uuid, user_id uuid, remote_id text)
ON CONFLICT (group_link_id, user_id) DO UPDATE SET remote_id = EXCLUDED.remote_id, confirmed = true
"""
LEFT = """
DELETE FROM applications_groupmember a
USING jsonb_to_recordset(%(members)s::jsonb) AS m (link uuid, user_id uuid)
WHERE a.group_link_id = m.link AND a.user_id = m.user_id
"""
FORGET = (
    "DELETE FROM applications_groupmember WHERE group_link_id = ANY(%(ids)s)",
    "DELETE FROM applications_grouplink WHERE id = ANY(%(ids)s)",
)
UNMARK = "DELETE FROM applications_groupdue WHERE id = ANY(%(marks)s)"
MARK_AGAIN = """
INSERT INTO applications_groupdue
    (application_id, group_id, priority, not_before, since, cause, actor, correlation, decision)
SELECT d.application_id, d.group_id, d.priority, now() + d.again * interval '1 second', now(), d.cause, d.actor,
       d.correlation, d.decision
FROM jsonb_to_recordset(%(again)s::jsonb) AS d
    (application_id uuid, group_id uuid, priority smallint, again float, cause text, actor jsonb, correlation uuid,
     decision jsonb)
"""
# An account came, went or changed its id: the groups of its user follow a moment later, together for all who came.
MARK_GROUPS_OF = """
INSERT INTO applications_groupdue (application_id, group_id, priority, not_before, since, cause)
SELECT DISTINCT %(application)s::uuid, a.group_id, 2, now() + interval '0.3 second', now(), 'set'
FROM applications_assignment a
JOIN directory_effective m ON m.group_id = a.group_id
WHERE a.application_id = %(application)s AND m.user_id = ANY(%(users)s::uuid[])
"""

# Full reads ----------------------------------------------------------------------------------------------------------

LINKED_PAGE = """
SELECT to_jsonb(l), l.group_id::text FROM applications_grouplink l
WHERE l.application_id = %(application)s AND l.remote_id IS NOT NULL AND l.id > %(after)s
  AND l.intent IS NULL AND l.status = 'synced'
ORDER BY l.id LIMIT %(limit)s
"""
CORRECT = """
UPDATE applications_grouplink SET known = %(known)s::jsonb
WHERE id = %(link)s AND intent IS NULL AND status = 'synced'
"""
LOST_MEMBERS = """
DELETE FROM applications_groupmember WHERE group_link_id = %(link)s AND user_id = ANY(%(users)s::uuid[])
"""
MARK_ONE = """
INSERT INTO applications_groupdue (application_id, group_id, priority, not_before, since, cause)
VALUES (%(application)s, %(group)s, 2, now(), now(), 'set')
"""
# Edits mark groups whether an application sends them or not: where it doesn't, nobody takes the marks off. Switching it
# on marks them all anew.
UNWANTED = """
DELETE FROM applications_groupdue d USING applications_application a
WHERE a.id = d.application_id AND NOT coalesce((a.settings ->> 'manage_groups')::boolean, false)
"""
COMPLETE = """
INSERT INTO applications_groupdue (application_id, group_id, priority, not_before, since, cause)
SELECT %(application)s, g.group_id, 3, now(), now(), 'set' FROM (
    SELECT a.group_id FROM applications_assignment a WHERE a.application_id = %(application)s AND a.group_id IS NOT NULL
    UNION
    SELECT l.group_id FROM applications_grouplink l
    WHERE l.application_id = %(application)s AND l.status IN ('synced', 'due')
) g
WHERE NOT EXISTS (SELECT 1 FROM applications_groupdue d
                  WHERE d.group_id = g.group_id AND d.application_id = %(application)s)
  AND NOT EXISTS (SELECT 1 FROM applications_grouplink l
                  WHERE l.group_id = g.group_id AND l.application_id = %(application)s
                    AND l.status IN ('held', 'retrying'))
"""
