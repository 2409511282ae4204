"""The SQL of full reads: a page of accounts beside their links, drift, accounts that are not ours, and the end of a read."""

from __future__ import annotations

from provisor.applications.person import PERSON

# A page of accounts beside the links that have them. `settled`: nothing is on its way, and nothing was written since the
# page was asked for; only then is the rest of any use. OFFSET 0 keeps the planner from reading all users for a hundred.
PAGE = f"""
SELECT l.remote_id, to_jsonb(l), {PERSON},
       EXISTS (SELECT 1 FROM applications_access x
               WHERE x.application_id = l.application_id AND x.user_id = l.user_id),
       (SELECT m.remote_id FROM applications_link m
        WHERE m.application_id = l.application_id AND m.user_id = u.manager_id),
       EXISTS (SELECT 1 FROM applications_due d
               WHERE d.user_id = l.user_id AND d.application_id = l.application_id),
       u.id IS NOT NULL AND l.intent IS NULL AND l.status IN ('synced', 'inactive', 'held')
       AND l.updated < now() - %(age)s * interval '1 second'
FROM applications_link l LEFT JOIN LATERAL (SELECT * FROM directory_user WHERE id = l.user_id OFFSET 0) u ON true
WHERE l.application_id = %(application)s AND l.remote_id = ANY(%(remote_ids)s)
"""  # noqa: S608
CORRECT = """
UPDATE applications_link l SET known = c.known, active = c.active
FROM jsonb_to_recordset(%(links)s::jsonb) AS c (id uuid, known jsonb, active boolean, updated timestamptz)
WHERE l.id = c.id AND l.updated = c.updated AND l.intent IS NULL
"""
MARK = """
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause)
SELECT application_id, user_id, 2, now(), now(), 'set' FROM applications_link WHERE id = ANY(%(ids)s)
"""
VERIFY = """
UPDATE applications_link SET intent = '{"kind": "verify", "looked": 0}'
WHERE id = ANY(%(ids)s) AND intent IS NULL AND status IN ('synced', 'inactive')
"""
LINKED = """
SELECT id, remote_id FROM applications_link
WHERE application_id = %(application)s AND remote_id IS NOT NULL AND id > %(after)s
  AND intent IS NULL AND status IN ('synced', 'inactive')
ORDER BY id LIMIT 1000
"""
# Of those who have access: a leaver's account that is gone may stay gone, and needs no question.
ABSENT = """
SELECT l.id, l.remote_id, u.id::text, u.username FROM applications_link l JOIN directory_user u ON u.id = l.user_id
WHERE l.id = ANY(%(ids)s) AND u.state <> 'deleting'
  AND EXISTS (SELECT 1 FROM applications_access x
              WHERE x.application_id = l.application_id AND x.user_id = l.user_id)
"""
DRIFTED = """
INSERT INTO applications_drift
    (application_id, link_id, user_id, group_id, name, kind, changes, first_seen, last_seen)
SELECT %(application)s, d.link_id, d.user_id, d.group_id, d.name, d.kind, d.changes, now(), now()
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d
    (link_id uuid, user_id uuid, group_id uuid, name text, kind text, changes jsonb)
ON CONFLICT (application_id, link_id) DO UPDATE SET
    name = EXCLUDED.name, kind = EXCLUDED.kind, changes = EXCLUDED.changes, last_seen = EXCLUDED.last_seen
"""
ORPHANS = """
INSERT INTO applications_orphan
    (application_id, remote_id, user_name, user_name_key, email, email_key, external_id, active, missed, first_seen,
     last_seen)
SELECT %(application)s, o.remote_id, o.user_name, o.user_name_key, o.email, o.email_key, o.external_id, o.active, 0,
       now(), now()
FROM jsonb_to_recordset(%(rows)s::jsonb) AS o
    (remote_id text, user_name text, user_name_key text, email text, email_key text, external_id text, active boolean)
ON CONFLICT (application_id, remote_id) DO UPDATE SET
    user_name = EXCLUDED.user_name, user_name_key = EXCLUDED.user_name_key, email = EXCLUDED.email,
    email_key = EXCLUDED.email_key, external_id = EXCLUDED.external_id, active = EXCLUDED.active, missed = 0,
    last_seen = EXCLUDED.last_seen
"""

# The end of a complete read --------------------------------------------------------------------------------------------

# What no edit told: access without an account in order, an account in order without access. The others were compared
# page by page.
COMPLETE = """
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause)
SELECT %(application)s, pair.user_id, 3, now(), now(), 'set' FROM (
    SELECT x.user_id FROM applications_access x
    WHERE x.application_id = %(application)s
      AND NOT EXISTS (SELECT 1 FROM applications_link l
                      WHERE l.user_id = x.user_id AND l.application_id = %(application)s AND l.status = 'synced')
    UNION
    SELECT l.user_id FROM applications_link l
    WHERE l.application_id = %(application)s
      AND (l.status = 'due' OR (l.status = 'synced' AND NOT EXISTS (
               SELECT 1 FROM applications_access x
               WHERE x.user_id = l.user_id AND x.application_id = %(application)s)))
) pair
WHERE NOT EXISTS (SELECT 1 FROM applications_due d
                  WHERE d.user_id = pair.user_id AND d.application_id = %(application)s)
  AND NOT EXISTS (SELECT 1 FROM applications_link l
                  WHERE l.user_id = pair.user_id AND l.application_id = %(application)s
                    AND l.status IN ('held', 'retrying'))
"""
_SINCE = "(SELECT coalesce(r.started, r.created) FROM applications_run r WHERE r.id = %(run)s)"
# One read that doesn't show an account may be wrong about it: only a second one in a row takes it off the list.
_FORGET = f"DELETE FROM applications_drift WHERE application_id = %(application)s AND last_seen < {_SINCE}"  # noqa: S608
GROUPS_ENDED = f"{_FORGET} AND group_id IS NOT NULL"
ENDED = (
    f"{_FORGET} AND user_id IS NOT NULL",
    f"""
    UPDATE applications_orphan SET missed = missed + 1
    WHERE application_id = %(application)s AND last_seen < {_SINCE}
    """,  # noqa: S608
    """
    DELETE FROM applications_orphan o
    WHERE o.application_id = %(application)s
      AND (o.missed > 1 OR EXISTS (SELECT 1 FROM applications_link l
                                   WHERE l.application_id = o.application_id AND l.remote_id = o.remote_id))
    """,
)
