"""The engine's SQL: a handful of set-based statements, all of them here. `store.py` says when each is used.

Outcomes come as one JSON array and are written as sets (jsonb_to_recordset); nothing here loops over rows.
"""

from __future__ import annotations

from provisor.applications.credentials.endpoint import COLUMNS
from provisor.applications.leaving import grace
from provisor.applications.looking_again import LOOK_AGAIN as LOOK_AGAIN
from provisor.applications.passwords import statements as password_statements
from provisor.applications.person import PERSON

LISTEN = "LISTEN provisor_due"
# A plan that was kept from a time when the queue was short reads the whole of a long one for each account in it.
PLAN_ANEW = "SET plan_cache_mode = force_custom_plan"

# The two halves of an advisory lock's key: our class, and 32 bits of the application's id. Two applications that share
# the 32 bits would only keep each other waiting.
LOCK = "SELECT pg_try_advisory_lock(1347570521, hashtext(%(application)s::text))"
UNLOCK = "SELECT pg_advisory_unlock(1347570521, hashtext(%(application)s::text))"

# An event run that isn't finished, of an application that nobody drives, is a dead worker's: to be ended.
WAITING = """
SELECT a.id FROM applications_application a
CROSS JOIN LATERAL (SELECT NOT EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL)
                           AND a.provisioning = 'active' AS sending) may
WHERE (may.sending
       AND EXISTS (SELECT 1 FROM applications_due d WHERE d.application_id = a.id AND d.not_before <= now()))
   OR (may.sending AND (a.settings ->> 'manage_groups')::boolean
       AND EXISTS (SELECT 1 FROM applications_groupdue d WHERE d.application_id = a.id AND d.not_before <= now()))
   OR (a.provisioning = 'failing' AND a.probe_at <= now())
   OR EXISTS (SELECT 1 FROM applications_run r
              WHERE r.application_id = a.id AND r.status IN ('queued', 'planning', 'applying')
                AND (r.kind NOT IN ('guard', 'undo') OR r.cancel_requested)
                AND (r.kind IN ('plan', 'event') OR may.sending OR r.cancel_requested))
"""

# What `reading.connection` makes a Connection from; the credentials' columns are those of `credentials.endpoint`.
_OPENED = (
    *("name", "settings", "settings_version", "mapping", "mapping_version", "provisioning", "learned", "parameters"),
    *("protected", "own_account", "trip", "first_run", "secret_set_at"),
)
OPENED = (*COLUMNS, *_OPENED, "types")
OPEN = f"""
SELECT {", ".join(OPENED[:-1])},
       (SELECT coalesce(jsonb_object_agg(c.name, c.type), '{{}}') FROM directory_customattribute c) AS types
FROM applications_application WHERE id = %(application)s
"""  # noqa: S608 - constants

# The oldest run that somebody asked for, an interrupted one (its worker died) included.
NEXT_RUN = """
UPDATE applications_run SET status = CASE WHEN kind = 'plan' THEN 'planning' ELSE 'applying' END,
       started = coalesce(started, now())
WHERE id = (SELECT id FROM applications_run
            WHERE application_id = %(application)s AND kind NOT IN ('event', 'guard', 'undo')
              AND status IN ('queued', 'planning', 'applying') AND NOT cancel_requested
              AND (kind = 'plan' OR %(usable)s)
            ORDER BY created LIMIT 1)
RETURNING id, kind
"""
FORGET_PREVIEW = "DELETE FROM applications_change WHERE run_id = %(run)s AND outcome IS NULL"
READY_NOW = (
    "UPDATE applications_due SET not_before = now() WHERE application_id = %(application)s AND not_before > now()",
    "UPDATE applications_groupdue SET not_before = now() WHERE application_id = %(application)s AND not_before > now()",
)
CANCELLED = """
UPDATE applications_run SET status = 'cancelled', finished = now()
WHERE application_id = %(application)s AND cancel_requested AND status IN ('queued', 'planning', 'applying')
"""
EVENTS_OF_THE_DEAD = """
UPDATE applications_run SET status = 'done', finished = now()
WHERE application_id = %(application)s AND kind = 'event' AND status = 'applying'
"""

# Whether the pass may go on: the application is active and unchanged, and nobody asked for another run.
STATE = """
SELECT CASE WHEN EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL) THEN 'stopped'
            ELSE a.provisioning END, a.base_url, a.settings_version, a.mapping_version, a.secret_set_at,
       EXISTS (SELECT 1 FROM applications_run r WHERE r.application_id = a.id AND r.status = 'queued'
               AND r.id <> %(run)s),
       EXISTS (SELECT 1 FROM applications_run r WHERE r.id = %(run)s AND r.cancel_requested)
FROM applications_application a WHERE a.id = %(application)s
"""

_CASE = f"""
SELECT marks.ids, picked.priority, marks.cause, marks.actor, marks.correlation, marks.decision, marks.named,
       picked.user_id, {PERSON}, to_jsonb(l),
       EXISTS (SELECT 1 FROM applications_access x
               WHERE x.application_id = %(application)s AND x.user_id = picked.user_id) AS access,
       (SELECT m.remote_id FROM applications_link m
        WHERE m.application_id = %(application)s AND m.user_id = u.manager_id) AS manager_remote_id,
       {grace.OVER} AS grace_over,
       {password_statements.WAITING} AS password
FROM picked
JOIN LATERAL (
    SELECT array_agg(d.id) AS ids,
           (array_agg(d.cause ORDER BY d.priority, d.id))[1] AS cause,
           (array_agg(d.actor ORDER BY d.priority, d.id))[1] AS actor,
           (array_agg(d.correlation ORDER BY d.priority, d.id))[1] AS correlation,
           (array_agg(d.decision ORDER BY d.id DESC) FILTER (WHERE d.decision IS NOT NULL))[1] AS decision,
           bool_or(d.priority = 0 AND d.cause = 'person') AS named
    FROM applications_due d
    WHERE d.application_id = %(application)s AND d.user_id = picked.user_id
) marks ON true
LEFT JOIN directory_user u ON u.id = picked.user_id
LEFT JOIN applications_link l ON l.application_id = %(application)s AND l.user_id = picked.user_id
"""  # noqa: S608 - constants

# The next due accounts by priority. All marks of a picked user are taken along, those for later too: one look is enough.
DUE = f"""
WITH ready AS (
    (SELECT user_id, priority, id FROM applications_due
     WHERE application_id = %(application)s AND priority = 0 AND not_before <= now()
       AND NOT user_id = ANY(%(busy)s)
     ORDER BY priority, id LIMIT %(leavers)s)
    UNION ALL
    (SELECT user_id, priority, id FROM applications_due
     WHERE application_id = %(application)s AND priority > 0 AND not_before <= now()
       AND NOT user_id = ANY(%(busy)s)
     ORDER BY priority, id LIMIT %(others)s)
), picked AS (
    SELECT user_id, min(priority) AS priority, min(id) AS first FROM ready GROUP BY user_id
)
{_CASE}
ORDER BY picked.priority, picked.first
"""  # noqa: S608

WHOLE_PLAN = f"""
WITH picked AS (
    SELECT DISTINCT d.user_id, 0 AS priority, md5(d.application_id::text || d.user_id::text)::uuid AS link_id
    FROM applications_due d
    WHERE d.application_id = %(application)s
      AND md5(d.application_id::text || d.user_id::text)::uuid > %(after)s
    ORDER BY link_id LIMIT %(limit)s
)
{_CASE}
ORDER BY picked.link_id
"""  # noqa: S608

UNLINKED = """
SELECT count(DISTINCT d.user_id) FROM applications_due d
JOIN directory_user u ON u.id = d.user_id AND u.state = 'active'
LEFT JOIN applications_link l ON l.application_id = d.application_id AND l.user_id = d.user_id
WHERE d.application_id = %(application)s AND l.remote_id IS NULL
"""

OWNERS = """
SELECT remote_id, user_id::text, NULL, NULL FROM applications_link
WHERE application_id = %(application)s AND remote_id = ANY(%(remote_ids)s)
UNION ALL
SELECT t.remote_id, NULL, t.username, t.user_id::text FROM applications_tombstone t
WHERE t.application_id = %(application)s AND t.remote_id = ANY(%(remote_ids)s)
  AND NOT EXISTS (SELECT 1 FROM applications_link l
                  WHERE l.application_id = t.application_id AND l.remote_id = t.remote_id)
"""

# Only for users that are there and that nobody is deleting at this moment: an account must not outlive its user unseen.
# Who is locked is left out rather than waited for, and stays due. And the one door to every write: not while the
# application isn't active or everything is stopped, and not by settings (what is protected is among them) that were
# changed since the pass read them. The account of a deleted user that waits for its deletion (leaving/grace.py) has no user
# any more.
INTEND = """
WITH given AS (
    SELECT i.* FROM jsonb_to_recordset(%(intents)s::jsonb) AS i
        (id uuid, application_id uuid, user_id uuid, intent jsonb, settings_version int)
), ours AS (
    SELECT i.* FROM given i JOIN directory_user u ON u.id = i.user_id FOR KEY SHARE OF u SKIP LOCKED
), left_behind AS (
    SELECT i.* FROM given i JOIN applications_link l ON l.id = i.id AND l.remote_id IS NOT NULL
    WHERE NOT EXISTS (SELECT 1 FROM directory_user u WHERE u.id = i.user_id)
)
INSERT INTO applications_link
    (id, application_id, user_id, status, known, created_here, attempts, unconfirmed, intent, updated)
SELECT i.id, i.application_id, i.user_id, 'due', '{}', false, 0, 0, i.intent, now()
FROM (SELECT * FROM ours UNION ALL SELECT * FROM left_behind) i
JOIN applications_application a ON a.id = i.application_id AND a.provisioning = 'active'
                                AND a.settings_version = i.settings_version
WHERE NOT EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL)
ON CONFLICT (id) DO UPDATE SET intent = EXCLUDED.intent, updated = now()
RETURNING id
"""

# Outcomes ------------------------------------------------------------------------------------------------------------

LINKS = """
INSERT INTO applications_link
    (id, application_id, user_id, status, remote_id, active, known, created_here, intent, error, candidates,
     attempts, unconfirmed, ignored, next_try, last_synced, updated, inactive_since)
SELECT o.id, o.application_id, o.user_id, o.status, o.remote_id, o.active, o.known, o.created_here, o.intent, o.error,
       o.candidates, o.attempts, o.unconfirmed, o.ignored, now() + o.again * interval '1 second',
       CASE WHEN o.synced THEN now() END, now(),
       CASE WHEN o.status = 'inactive' AND o.active IS FALSE AND o.remote_id IS NOT NULL THEN now() END
FROM jsonb_to_recordset(%(links)s::jsonb) AS o
    (id uuid, application_id uuid, user_id uuid, status text, remote_id text, active boolean, known jsonb,
     created_here boolean, intent jsonb, error jsonb, candidates jsonb, attempts int, unconfirmed int, ignored text,
     again float, synced boolean)
ON CONFLICT (id) DO UPDATE SET
    status = EXCLUDED.status, remote_id = EXCLUDED.remote_id, active = EXCLUDED.active, known = EXCLUDED.known,
    created_here = EXCLUDED.created_here, intent = EXCLUDED.intent, error = EXCLUDED.error,
    candidates = EXCLUDED.candidates, attempts = EXCLUDED.attempts, unconfirmed = EXCLUDED.unconfirmed,
    ignored = EXCLUDED.ignored, next_try = EXCLUDED.next_try,
    last_synced = coalesce(EXCLUDED.last_synced, applications_link.last_synced), updated = EXCLUDED.updated,
    inactive_since = CASE
        WHEN EXCLUDED.remote_id IS NULL OR EXCLUDED.active IS DISTINCT FROM false OR EXCLUDED.status = 'synced' THEN NULL
        ELSE coalesce(applications_link.inactive_since, EXCLUDED.inactive_since) END,
    grace_asked = CASE WHEN EXCLUDED.status = 'inactive' THEN applications_link.grace_asked END
"""
# Who has access again, though nothing could be sent yet (it is held, or tried again): the days until a deletion begin anew.
DAYS_BEGIN_ANEW = """
UPDATE applications_link SET inactive_since = NULL, grace_asked = NULL
WHERE id = ANY(%(ids)s::uuid[]) AND inactive_since IS NOT NULL
"""
FORGET = "DELETE FROM applications_link WHERE id = ANY(%(ids)s)"
UNMARK = "DELETE FROM applications_due WHERE id = ANY(%(marks)s)"
MARK_AGAIN = """
INSERT INTO applications_due
    (application_id, user_id, priority, not_before, since, cause, actor, correlation, decision)
SELECT d.application_id, d.user_id, d.priority, now() + d.again * interval '1 second', now(), d.cause, d.actor,
       d.correlation, d.decision
FROM jsonb_to_recordset(%(again)s::jsonb) AS d
    (application_id uuid, user_id uuid, priority smallint, again float, cause text, actor jsonb, correlation uuid,
     decision jsonb)
"""
# A manager's account is there: the accounts of those who report to them can now say so (M7).
MARK_REPORTS = """
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause)
SELECT l.application_id, l.user_id, 2, now(), now(), 'set'
FROM directory_user u JOIN applications_link l ON l.user_id = u.id AND l.application_id = %(application)s
WHERE u.manager_id = ANY(%(users)s) AND l.remote_id IS NOT NULL
"""

EVENT_RUNS = """
INSERT INTO applications_run
    (id, application_id, kind, status, counts, done, actor, correlation, cancel_requested, created, started)
SELECT r.id, r.application_id, 'event', 'applying', '{}', 0, r.actor, r.correlation, false, now(), now()
FROM jsonb_to_recordset(%(runs)s::jsonb) AS r (id uuid, application_id uuid, actor jsonb, correlation uuid)
ON CONFLICT (id) DO NOTHING
"""
# What was retrying in the same run is replaced by what became of it: one row for one change.
SUPERSEDE = """
DELETE FROM applications_change c USING jsonb_to_recordset(%(changes)s::jsonb) AS n (run_id uuid, link_id uuid)
WHERE c.run_id = n.run_id AND c.link_id = n.link_id AND c.outcome ->> 'result' = 'retrying'
"""
CHANGES = """
INSERT INTO applications_change
    (run_id, kind, rank, link_id, user_id, group_id, user_name, remote_id, attributes, reason, cause, actor, outcome, at)
SELECT c.run_id, c.kind, c.rank, c.link_id, c.user_id, c.group_id, c.user_name, c.remote_id, c.attributes, c.reason, c.cause,
       c.actor, c.outcome, now()
FROM jsonb_to_recordset(%(changes)s::jsonb) AS c
    (run_id uuid, kind text, rank smallint, link_id uuid, user_id uuid, group_id uuid, user_name text, remote_id text,
     attributes jsonb, reason text, cause text, actor jsonb, outcome jsonb)
"""
PROGRESS = """
UPDATE applications_run SET done = done + p.count
FROM jsonb_to_recordset(%(progress)s::jsonb) AS p (run_id uuid, count int) WHERE id = p.run_id
"""

_HISTORY = """
INSERT INTO {table}
    (id, at, type, actor, user_id, user_name, group_id, group_name, application_id, application_name, run_id, outcome,
     status, message, changes, correlation{more})
SELECT gen_random_uuid(), clock_timestamp(), h.type, h.actor, h.user_id, h.user_name, h.group_id, h.group_name,
       h.application_id, h.application_name, h.run_id, h.outcome, h.status, h.message, h.changes, h.correlation{values}
FROM jsonb_to_recordset(%(rows)s::jsonb) AS h
    (type text, actor jsonb, user_id uuid, user_name text, group_id uuid, group_name text, application_id uuid,
     application_name text, run_id uuid, outcome text, status int, message text, changes jsonb, correlation uuid,
     method text, duration_ms int)
"""
OPERATIONS = _HISTORY.format(table="audit_operation", more=", method, duration_ms", values=", h.method, h.duration_ms")
EVENTS = _HISTORY.format(table="audit_event", more="", values="")

# Full reads: see full_read_statements.py ------------------------------------------------------------------------------

RECONCILED = "UPDATE applications_application SET reconciled_at = now() WHERE id = %(application)s"

# The connection ------------------------------------------------------------------------------------------------------

LEARN = """
UPDATE applications_application SET learned = learned || %(facts)s::jsonb, evidence = evidence || %(evidence)s::jsonb
WHERE id = %(application)s
"""
# What was refused must be what is set now: an answer to the former credentials stops nobody who has new ones.
STOP = """
UPDATE applications_application
SET provisioning = 'failing', probe_at = now() + interval '15 minutes',
    stopped = CASE WHEN stopped ->> 'code' = %(code)s THEN stopped
                   ELSE %(error)s::jsonb || jsonb_build_object('since', now()) END
WHERE id = %(application)s AND provisioning IN ('active', 'failing')
  AND secret_set_at IS NOT DISTINCT FROM %(secret)s::timestamptz
RETURNING stopped ->> 'since' = to_jsonb(now()) #>> '{}'
"""
MENDED = """
UPDATE applications_application SET provisioning = 'active', stopped = NULL, probe_at = NULL
WHERE id = %(application)s AND provisioning = 'failing'
RETURNING id
"""

OWN_ACCOUNT = "UPDATE applications_application SET own_account = %(found)s::jsonb WHERE id = %(application)s"
# It isn't new any more once a pass has ended and nothing is due nor waits for a person.
NO_LONGER_NEW = """
UPDATE applications_application a SET first_run = false
WHERE a.id = %(application)s AND a.first_run
  AND NOT EXISTS (SELECT 1 FROM applications_due d WHERE d.application_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM applications_run r WHERE r.application_id = a.id AND r.kind = 'guard'
                  AND r.status IN ('waiting_approval', 'applying'))
"""

# The end of a run ----------------------------------------------------------------------------------------------------

# Members are counted one by one, whatever the size of the requests.
COUNTS = """
SELECT kind, sum(CASE kind WHEN 'add_members' THEN jsonb_array_length(attributes -> 0 -> 'to')
                           WHEN 'remove_members' THEN jsonb_array_length(attributes -> 0 -> 'from') ELSE 1 END)::int
FROM applications_change WHERE run_id = %(run)s GROUP BY kind
"""
HASHED = """
SELECT rank, link_id, id, kind, remote_id, attributes FROM applications_change
WHERE run_id = %(run)s AND (rank, link_id, id) > (%(rank)s, %(link)s, %(id)s)
ORDER BY rank, link_id, id LIMIT %(limit)s
"""
FINISH = """
UPDATE applications_run
SET status = CASE WHEN cancel_requested THEN 'cancelled' ELSE %(status)s END, hash = %(hash)s,
    counts = %(counts)s::jsonb, error = %(error)s::jsonb, total = %(total)s, finished = now()
WHERE id = %(run)s
"""

# Once a second -------------------------------------------------------------------------------------------------------

TICK_LOCK = "SELECT pg_try_advisory_xact_lock(1347570521)"
# The pause of an application is over.
RESUME = """
WITH resumed AS (
    UPDATE applications_application
    SET provisioning = CASE WHEN stopped IS NULL THEN 'active' ELSE 'failing' END, paused = NULL,
        updated = greatest(now(), updated + interval '1 microsecond')
    WHERE provisioning = 'paused' AND (paused ->> 'until')::timestamptz <= now()
    RETURNING id, name, provisioning
)
INSERT INTO audit_event (id, at, type, actor, application_id, application_name, outcome, changes)
SELECT gen_random_uuid(), now(), 'application_resumed', '{"kind": "system", "id": "system", "name": "schedule"}',
       r.id, r.name, 'success',
       jsonb_build_array(jsonb_build_object('name', 'provisioning', 'from', 'paused', 'to', r.provisioning))
FROM resumed r
"""
SCHEDULE = """
INSERT INTO applications_run (id, application_id, kind, status, counts, done, actor, cancel_requested, created)
SELECT gen_random_uuid(), a.id, 'reconcile', 'queued', '{}', 0,
       '{"kind": "system", "id": "system", "name": "schedule"}', false, now()
FROM applications_application a
WHERE a.provisioning = 'active' AND NOT EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL)
  AND coalesce((a.settings ->> 'reconcile_every')::int, 1440) > 0
  AND coalesce(a.reconciled_at, a.created)
      + coalesce((a.settings ->> 'reconcile_every')::int, 1440) * interval '1 minute' < now()
  AND NOT EXISTS (SELECT 1 FROM applications_run r
                  WHERE r.application_id = a.id AND r.kind = 'reconcile'
                    AND (r.status IN ('queued', 'applying') OR r.created > now() - interval '5 minutes'))
"""

# Once an hour --------------------------------------------------------------------------------------------------------

TEND = "SELECT audit_tend_partitions(30)"
FORGET_ANSWERS = "DELETE FROM administrators_idempotencykey WHERE created < now() - interval '24 hours'"
