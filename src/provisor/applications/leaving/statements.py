"""The end of what people leave behind, once a second: users whose accounts are all off, or given up, are removed; their
accounts' links become tombstones, or wait for their deletion (applications/leaving/grace.py)."""

from __future__ import annotations

from provisor.applications.leaving import grace
from provisor.applications.pump import Database

# Not while the account is on its way through a pass, which its marks and its intent show: what is recorded of it is older.
_IN_HAND = """
    l.intent IS NOT NULL
    OR EXISTS (SELECT 1 FROM applications_due d
               JOIN applications_application b ON b.id = d.application_id AND b.provisioning = 'active'
               WHERE d.user_id = l.user_id AND d.application_id = l.application_id)
"""
# Off, and to be deleted some days later: the link stays for that.
_WAITS = f"l.status = 'inactive' AND l.remote_id IS NOT NULL AND ({grace.ENDS}) IS NOT NULL"
BURY = f"""
WITH ended AS (
    DELETE FROM applications_link l USING directory_user u, applications_application a
    WHERE u.id = l.user_id AND u.state = 'deleting' AND a.id = l.application_id AND NOT ({_WAITS})
      AND (u.deleting_since < now() - interval '24 hours' OR (l.status = 'inactive' AND NOT ({_IN_HAND})))
    RETURNING l.id, l.application_id, l.remote_id, l.user_id, u.username, l.status
), buried AS (
    INSERT INTO applications_tombstone (application_id, remote_id, user_id, username, at)
    SELECT application_id, remote_id, user_id, username, now() FROM ended WHERE remote_id IS NOT NULL
    ON CONFLICT (application_id, remote_id)
        DO UPDATE SET user_id = EXCLUDED.user_id, username = EXCLUDED.username, at = EXCLUDED.at
), given_up AS (
    UPDATE applications_offboardingaccount o SET outcome = 'given_up', next_try = NULL
    FROM ended WHERE o.link_id = ended.id AND ended.status <> 'inactive' AND o.outcome = 'open'
), off AS (
    UPDATE applications_offboardingaccount o SET outcome = 'confirmed', confirmed = now(), next_try = NULL, error = NULL
    FROM ended WHERE o.link_id = ended.id AND ended.status = 'inactive' AND o.outcome = 'open'
)
INSERT INTO audit_event (id, at, type, user_id, user_name, application_id, application_name, outcome, message)
SELECT gen_random_uuid(), now(), 'user_deprovision', e.user_id, e.username, e.application_id, a.name, 'failure',
       'Not done within 24 hours of the deletion; the account may still be active there.'
FROM ended e JOIN applications_application a ON a.id = e.application_id
WHERE e.status <> 'inactive'
"""  # noqa: S608 - constants, here and below
DELETED = f"""
SELECT u.id FROM directory_user u
WHERE u.state = 'deleting' AND NOT EXISTS (
    SELECT 1 FROM applications_link l JOIN applications_application a ON a.id = l.application_id
    WHERE l.user_id = u.id AND NOT ({_WAITS} AND NOT ({_IN_HAND})))
FOR UPDATE SKIP LOCKED
"""  # noqa: S608
ERASE = (
    """
    INSERT INTO applications_tombstone (application_id, remote_id, user_id, username, at)
    SELECT l.application_id, l.remote_id, l.user_id, u.username, now()
    FROM applications_link l JOIN directory_user u ON u.id = l.user_id
    WHERE l.user_id = ANY(%(users)s) AND l.remote_id IS NOT NULL
    ON CONFLICT (application_id, remote_id)
        DO UPDATE SET user_id = EXCLUDED.user_id, username = EXCLUDED.username, at = EXCLUDED.at
    """,
    """
    INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause)
    SELECT l.application_id, l.user_id, 2, now(), now(), 'set'
    FROM directory_user u JOIN applications_link l ON l.user_id = u.id
    WHERE u.manager_id = ANY(%(users)s) AND l.remote_id IS NOT NULL
    """,
    "DELETE FROM applications_due WHERE user_id = ANY(%(users)s)",
    "DELETE FROM applications_assignment WHERE user_id = ANY(%(users)s)",
    "DELETE FROM directory_membership WHERE user_id = ANY(%(users)s)",
    "DELETE FROM applications_accountpassword WHERE user_id = ANY(%(users)s)",
    "UPDATE directory_user SET manager_id = NULL WHERE manager_id = ANY(%(users)s)",
    "DELETE FROM directory_user WHERE id = ANY(%(users)s)",
)
# Once an hour: what waited for its deletion and doesn't any more, because the setting was changed.
LEFT_BEHIND = f"""
DELETE FROM applications_link l USING applications_application a
WHERE a.id = l.application_id AND l.status = 'inactive' AND NOT EXISTS (
    SELECT 1 FROM directory_user u WHERE u.id = l.user_id)
  AND NOT ({_WAITS}) AND NOT ({_IN_HAND})
"""  # noqa: S608


async def tick(database: Database) -> None:
    """In the transaction of whichever worker has the tick lock."""
    await database.execute(BURY)
    users = [row[0] for row in await (await database.execute(DELETED)).fetchall()]
    for statement in ERASE if users else ():
        await database.execute(statement, {"users": users})
    await database.execute(grace.DUE)
