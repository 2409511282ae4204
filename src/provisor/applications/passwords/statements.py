"""The SQL of passwords on their way to an application: kept, taken, recorded, dropped. Sets, never one by one."""

from __future__ import annotations

# A newer password replaces an older one, its id included: what the worker records of the older one finds no row.
KEEP = """
INSERT INTO applications_accountpassword
    (id, application_id, user_id, status, at, sealed, expires, next_try, attempts, error, actor, correlation)
SELECT k.id, k.application_id, %(user)s, 'waiting', now(), k.sealed, %(expires)s, now(), 0, NULL, %(actor)s::jsonb,
       %(correlation)s
FROM unnest(%(ids)s::uuid[], %(applications)s::uuid[], %(boxes)s::bytea[]) AS k (id, application_id, sealed)
ON CONFLICT (application_id, user_id) DO UPDATE SET
    id = EXCLUDED.id, status = 'waiting', at = EXCLUDED.at, sealed = EXCLUDED.sealed, expires = EXCLUDED.expires,
    next_try = EXCLUDED.next_try, attempts = 0, error = NULL, actor = EXCLUDED.actor, correlation = EXCLUDED.correlation
"""

# What the worker may send now of one account, if anything: part of the case (statements.py).
WAITING = """
(SELECT p.id FROM applications_accountpassword p
 WHERE p.application_id = %(application)s AND p.user_id = picked.user_id
   AND p.status = 'waiting' AND p.next_try <= now() AND p.expires > now())
"""
TAKE = """
SELECT sealed, attempts FROM applications_accountpassword
WHERE id = %(id)s AND status = 'waiting' AND expires > now()
"""

# Outcomes
ENDED = """
UPDATE applications_accountpassword p
SET status = o.status, at = clock_timestamp(), sealed = NULL, expires = NULL, next_try = NULL, error = o.error
FROM jsonb_to_recordset(%(rows)s::jsonb) AS o (id uuid, status text, error jsonb)
WHERE p.id = o.id AND p.status = 'waiting'
"""
LATER = """
UPDATE applications_accountpassword p
SET next_try = now() + o.again * interval '1 second', attempts = attempts + 1, error = o.error
FROM jsonb_to_recordset(%(rows)s::jsonb) AS o (id uuid, again float, error jsonb)
WHERE p.id = o.id AND p.status = 'waiting'
"""
MADE_UP = """
INSERT INTO applications_accountpassword (id, application_id, user_id, status, at, attempts)
SELECT gen_random_uuid(), o.application_id, o.user_id, 'temporary', clock_timestamp(), 0
FROM jsonb_to_recordset(%(rows)s::jsonb) AS o (application_id uuid, user_id uuid)
ON CONFLICT (application_id, user_id) DO UPDATE SET status = 'temporary', at = EXCLUDED.at, error = NULL
    WHERE applications_accountpassword.status <> 'waiting'
"""
NO_LONGER_INTENDED = """
UPDATE applications_link SET intent = NULL WHERE id = ANY(%(links)s) AND intent IS NOT NULL
"""

# Once a second
# What waits and nobody is told to look at: its worker died, or a try failed and the next one's time has come. Only for an
# account that could take it: what makes one, or turns it on, is due for reasons and at times of its own.
MARK_WAITING = """
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause, actor, correlation)
SELECT p.application_id, p.user_id, 1, now(), now(), 'person', p.actor, p.correlation
FROM applications_accountpassword p
JOIN applications_application a ON a.id = p.application_id AND a.provisioning = 'active'
JOIN applications_link l ON l.application_id = p.application_id AND l.user_id = p.user_id
     AND l.remote_id IS NOT NULL AND l.active IS NOT FALSE
WHERE p.status = 'waiting' AND p.next_try <= now() AND p.expires > now()
  AND NOT EXISTS (SELECT 1 FROM applications_due d
                  WHERE d.user_id = p.user_id AND d.application_id = p.application_id
                    AND (d.not_before <= now() OR l.intent IS NOT NULL))
"""

_DROP = """
WITH dropped AS (
    UPDATE applications_accountpassword p
    SET status = 'dropped', at = now(), sealed = NULL, expires = NULL, next_try = NULL,
        error = jsonb_build_object('code', {code}, 'message', {message},
                                   'hint', 'Set the password again, and it is sent again.')
    FROM {of}
    RETURNING p.application_id, p.user_id, p.actor, p.correlation, p.error
)
INSERT INTO audit_event
    (id, at, type, actor, user_id, user_name, application_id, application_name, outcome, message, correlation)
SELECT gen_random_uuid(), clock_timestamp(), 'user_password_dropped', d.actor, d.user_id, u.username, d.application_id,
       a.name, 'failure', d.error ->> 'message', d.correlation
FROM dropped d JOIN applications_application a ON a.id = d.application_id
LEFT JOIN directory_user u ON u.id = d.user_id
"""
EXPIRE = _DROP.format(
    code="'expired'",
    message="'The password could not be sent within its time, and was dropped unsent.'",
    of="""(SELECT id FROM applications_accountpassword WHERE status = 'waiting' AND expires <= now()
           ORDER BY expires LIMIT 1000 FOR UPDATE SKIP LOCKED) AS late WHERE p.id = late.id""",
)
# Every few seconds, and at once where the worker looks at the account anyway.
NOT_WANTED = _DROP.format(
    code="'not_wanted'",
    message="'The user is not active, has no access any more, or passwords are not pushed: it was dropped unsent.'",
    of="""(SELECT w.id FROM applications_accountpassword w
           JOIN applications_application a ON a.id = w.application_id
           WHERE w.status = 'waiting'
             AND ((a.settings ->> 'push_passwords')::boolean IS NOT TRUE
                  OR NOT EXISTS (SELECT 1 FROM directory_user u
                              WHERE u.id = w.user_id AND u.state IN ('staged', 'active'))
                  OR NOT EXISTS (SELECT 1 FROM applications_access x
                                 WHERE x.user_id = w.user_id AND x.application_id = w.application_id))
           FOR UPDATE OF w SKIP LOCKED) AS unwanted WHERE p.id = unwanted.id""",
)
# The application no longer gets passwords.
SWITCHED_OFF = _DROP.format(
    code="'switched_off'",
    message="'Pushing passwords to the application was switched off, so the password was dropped unsent.'",
    of="""(SELECT id FROM applications_accountpassword
           WHERE application_id = %(application)s AND status = 'waiting') AS off WHERE p.id = off.id""",
)
ERASE = "DELETE FROM applications_accountpassword WHERE user_id = ANY(%(users)s)"
