"""The SQL of imports: keeping a page, and finding out for all candidates at once what each of them is."""

from __future__ import annotations

from typing import Final

_COLUMNS: Final = {
    "id": "uuid",
    "remote_id": "text",
    "name": "text",
    "name_key": "text",
    "email": "text",
    "email_key": "text",
    "email_keys": "text[]",
    "title": "text",
    "external_id": "text",
    "own_id": "uuid",
    "active": "boolean",
    "values": "jsonb",
    "notes": "jsonb",
    "raw": "jsonb",
    "members": "integer",
    "member_ids": "text[]",
    "match": "text",
    "reason": "text",
    "barred": "text",
    "problem": "jsonb",
}
_NAMES: Final = ", ".join(f'"{name}"' for name in _COLUMNS)
_TYPED: Final = ", ".join(f'"{name}" {type}' for name, type in _COLUMNS.items())

# A reader begins, or takes over from one that was lost.
BEGIN = """
UPDATE applications_import SET attempt = %(attempt)s, read = 0, total = NULL
WHERE id = %(import)s AND status = 'reading' RETURNING id
"""
# Nothing is kept for a reader that was cancelled, or that another one took over from.
PROGRESS = """
UPDATE applications_import SET read = read + %(count)s, total = coalesce(%(total)s, total)
WHERE id = %(import)s AND attempt = %(attempt)s AND status = 'reading' RETURNING id
"""
STILL_WANTED = """
SELECT 1 FROM applications_import WHERE id = %(import)s AND attempt = %(attempt)s AND status = 'reading'
"""
KEEP = f"""
INSERT INTO applications_candidate (import_id, {_NAMES}, hits, message)
SELECT %(import)s, {_NAMES}, '{{}}', '' FROM jsonb_to_recordset(%(rows)s::jsonb) AS row ({_TYPED})
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - names of columns
FORGET = "DELETE FROM applications_candidate WHERE import_id = %(import)s"
# The rows of an application's imports but for the newest three that were read, and those that go on.
FORGET_OLD = """
DELETE FROM applications_candidate c USING applications_import i
WHERE i.id = c.import_id AND i.application_id = %(application)s AND i.kind = %(kind)s
  AND i.status IN ('ready', 'done', 'failed', 'cancelled')
  AND i.id NOT IN (SELECT id FROM applications_import
                   WHERE application_id = %(application)s AND kind = %(kind)s ORDER BY created DESC, id LIMIT 3)
"""
COUNTS = """
SELECT match, count(*) FROM applications_candidate WHERE import_id = %(import)s GROUP BY match
"""
CENSUS = """
INSERT INTO applications_census (application_id, kind, held, at) VALUES (%(application)s, %(kind)s, %(held)s, now())
ON CONFLICT (application_id, kind) DO UPDATE SET held = EXCLUDED.held, at = EXCLUDED.at
"""
# After a full read by the loop: one that found much less stays to be looked at by a person (ending.SHRUNK).
SEEN = f"{CENSUS} WHERE EXCLUDED.held >= applications_census.held * 0.8"

# What each account is. Who is found by id is known; twins and several hits are for a person; the rest by the number of
# hits and by what hit. `{name}` is the column of the attribute that becomes userName.
_MATCH_USERS = """
WITH mine AS MATERIALIZED (
    SELECT id, remote_id, own_id, name_key, email_key, email_keys FROM applications_candidate
    WHERE import_id = %(import)s AND remote_id IS NOT NULL
), linked AS (
    SELECT m.id, l.user_id, u.state = 'deleting' AS leaving
    FROM mine m JOIN applications_link l ON l.application_id = %(application)s AND l.remote_id = m.remote_id
    JOIN directory_user u ON u.id = l.user_id
), owned AS (
    SELECT m.id, u.id AS user_id,
           count(*) OVER (PARTITION BY u.id) > 1
           OR EXISTS (SELECT 1 FROM applications_link o
                      WHERE o.application_id = %(application)s AND o.user_id = u.id AND o.remote_id <> m.remote_id)
           AS twice
    FROM mine m JOIN directory_user u ON u.id = m.own_id AND u.state <> 'deleting'
), found AS (
    SELECT m.id, u.id AS user_id, true AS by_name, false AS by_email, false AS by_other
    FROM mine m JOIN directory_user u ON u.{name} = m.name_key
    WHERE m.name_key <> '' AND u.state <> 'deleting'
    UNION ALL
    SELECT m.id, u.id, false, e.key = m.email_key, true
    FROM mine m CROSS JOIN LATERAL unnest(m.email_keys) AS e(key) JOIN directory_user u ON u.email_key = e.key
    WHERE u.state <> 'deleting'
), hits AS (
    SELECT id, user_id, bool_or(by_name) AS by_name, bool_or(by_email) AS by_email, bool_or(by_other) AS by_other
    FROM found GROUP BY id, user_id
), sums AS (
    SELECT id, count(*) AS number, array_agg(user_id ORDER BY by_name DESC, user_id) AS users,
           bool_or(by_name) AS by_name, bool_or(by_email) AS by_email, bool_or(by_other) AS by_other
    FROM hits GROUP BY id
), twins AS (
    SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY name_key) AS times FROM mine WHERE name_key <> '') names
    WHERE times > 1
    UNION
    SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY email_key) AS times FROM mine WHERE email_key <> '') emails
    WHERE times > 1
), judged AS (
    SELECT m.id,
        CASE WHEN l.user_id IS NOT NULL OR (o.user_id IS NOT NULL AND NOT o.twice) THEN 'linked'
             WHEN o.user_id IS NOT NULL OR t.id IS NOT NULL OR s.number > 1 THEN 'ambiguous'
             WHEN s.number IS NULL THEN 'new'
             WHEN s.by_name AND s.by_email THEN 'exact'
             ELSE 'partial' END AS match,
        CASE WHEN l.user_id IS NOT NULL THEN 'linked'
             WHEN o.user_id IS NOT NULL THEN CASE WHEN o.twice THEN 'external_id_twice' ELSE 'external_id' END
             WHEN t.id IS NOT NULL THEN 'twins'
             WHEN s.number > 1 THEN 'several'
             WHEN s.number IS NULL THEN 'none'
             WHEN s.by_name AND s.by_email THEN 'both'
             WHEN s.by_name AND s.by_other THEN 'name_and_other_email'
             WHEN s.by_name THEN 'name'
             WHEN s.by_email THEN 'email'
             ELSE 'other_email' END AS reason,
        CASE WHEN l.user_id IS NOT NULL THEN ARRAY[l.user_id]
             WHEN o.user_id IS NOT NULL THEN ARRAY[o.user_id]
             ELSE coalesce(s.users, '{{}}') END AS hits,
        coalesce(l.leaving, false) AS leaving
    FROM mine m LEFT JOIN linked l USING (id) LEFT JOIN owned o USING (id) LEFT JOIN sums s USING (id)
    LEFT JOIN twins t USING (id)
)
UPDATE applications_candidate c SET
    match = j.match, reason = j.reason, hits = j.hits,
    hit = CASE WHEN cardinality(j.hits) = 1 AND j.match <> 'ambiguous' THEN j.hits[1] END,
    barred = coalesce(c.barred, CASE
        WHEN j.leaving THEN 'leaving'
        WHEN j.match = 'linked' THEN NULL
        WHEN EXISTS (SELECT 1 FROM applications_tombstone g
                     WHERE g.application_id = %(application)s AND g.remote_id = c.remote_id) THEN 'former'
        WHEN cardinality(j.hits) = 1 AND EXISTS (
            SELECT 1 FROM applications_link x
            WHERE x.application_id = %(application)s AND x.user_id = j.hits[1] AND x.remote_id IS NOT NULL)
            THEN 'has_account'
        WHEN c.external_id IS NOT NULL THEN 'owned_elsewhere' END)
FROM judged j WHERE c.id = j.id
"""
MATCH_USERS = {column: _MATCH_USERS.format(name=column) for column in ("username_key", "email_key")}

MATCH_GROUPS = """
WITH mine AS MATERIALIZED (
    SELECT id, remote_id, own_id, name_key FROM applications_candidate
    WHERE import_id = %(import)s AND remote_id IS NOT NULL
), judged AS (
    SELECT m.id, count(*) OVER (PARTITION BY m.name_key) > 1 AND m.name_key <> '' AS twin,
           l.group_id AS linked, own.id AS own, named.id AS named
    FROM mine m
    LEFT JOIN applications_grouplink l ON l.application_id = %(application)s AND l.remote_id = m.remote_id
    LEFT JOIN directory_group own ON own.id = m.own_id
    LEFT JOIN directory_group named ON named.name_key = m.name_key AND m.name_key <> ''
)
UPDATE applications_candidate c SET
    match = CASE WHEN j.linked IS NOT NULL OR j.own IS NOT NULL THEN 'linked' WHEN j.twin THEN 'ambiguous'
                 WHEN j.named IS NOT NULL THEN 'exact' ELSE 'new' END,
    reason = CASE WHEN j.linked IS NOT NULL THEN 'linked' WHEN j.own IS NOT NULL THEN 'external_id'
                  WHEN j.twin THEN 'group_twins' WHEN j.named IS NOT NULL THEN 'group_name' ELSE 'none' END,
    hit = CASE WHEN j.linked IS NOT NULL OR j.own IS NOT NULL OR NOT j.twin THEN coalesce(j.linked, j.own, j.named) END,
    hits = array_remove(ARRAY[coalesce(j.linked, j.own, j.named)], NULL),
    barred = coalesce(c.barred, CASE
        WHEN j.linked IS NOT NULL OR j.own IS NOT NULL THEN NULL
        WHEN EXISTS (SELECT 1 FROM applications_grouplink x
                     WHERE x.application_id = %(application)s AND x.group_id = j.named AND x.remote_id IS NOT NULL)
            THEN 'has_account'
        WHEN c.external_id IS NOT NULL THEN 'owned_elsewhere' END)
FROM judged j WHERE c.id = j.id
"""
