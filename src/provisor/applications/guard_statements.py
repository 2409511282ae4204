"""The guard's SQL: counting what would be ended, reserving what may pass, and the run that waits for a person."""

from __future__ import annotations

from provisor.applications.leaving import grace

ALONE = "SELECT pg_advisory_xact_lock(1347570522, hashtext(%(application)s::text))"

# Accounts and groups that are there, and that what is due (or waits for a person) would end. `named`: by a call that
# names the user; then no set is to blame for it. What a person undid stays, unless it is the one in hand. What is off is
# counted too once it is to be deleted.
_PENDING = f"""
    SELECT l.id, EXISTS (SELECT 1 FROM applications_due d
                         WHERE d.user_id = l.user_id AND d.application_id = l.application_id
                           AND d.priority = 0 AND d.cause = 'person') AS named
    FROM applications_link l LEFT JOIN directory_user u ON u.id = l.user_id
    WHERE l.application_id = %(application)s AND l.remote_id IS NOT NULL
      AND (l.active IS NOT FALSE OR (%(deletes)s AND {grace.OVER}))
      AND NOT (l.status = 'held' AND l.error ->> 'code' = 'undone')
      AND (EXISTS (SELECT 1 FROM applications_due d
                   WHERE d.user_id = l.user_id AND d.application_id = l.application_id)
           OR (l.status = 'held' AND l.error ->> 'code' IN ('guard', 'rejected')))
      AND CASE WHEN EXISTS (SELECT 1 FROM applications_access x
                            WHERE x.user_id = l.user_id AND x.application_id = l.application_id)
               THEN l.active IS NOT FALSE AND (u.state = 'suspended' OR u.password_status = 'expired')
               ELSE %(ends)s END
    UNION ALL
    SELECT l.id, false FROM applications_grouplink l
    WHERE %(groups)s AND l.application_id = %(application)s AND l.remote_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM directory_group g WHERE g.id = l.group_id)
      AND (EXISTS (SELECT 1 FROM applications_groupdue d
                   WHERE d.group_id = l.group_id AND d.application_id = l.application_id)
           OR (l.status = 'held' AND l.error ->> 'code' IN ('guard', 'rejected')))
"""  # noqa: S608 - constants
PENDING = f"SELECT id, named FROM ({_PENDING}) AS pending"  # noqa: S608

# What was sent in the last 24 hours without approval, and what this or another pass may be sending at this moment: an
# account that was let through as a set's and then as a call's by name counts as both, for either may still be used.
SENT = """
SELECT link_id, named FROM applications_reservation
WHERE application_id = %(application)s AND NOT approved
  AND at > now() - CASE WHEN sent THEN interval '24 hours' ELSE interval '10 minutes' END
"""
ACTIVE = """
SELECT count(*) FROM applications_link
WHERE application_id = %(application)s AND remote_id IS NOT NULL AND active IS NOT FALSE
"""
# What a first run took over without a person, and what may be on its way.
TAKEN_OVER = """
SELECT (SELECT count(*) FROM applications_change c JOIN applications_run r ON r.id = c.run_id
        WHERE r.application_id = %(application)s AND r.kind IN ('event', 'sync', 'reconcile') AND c.kind = 'adopt'
          AND c.reason = %(reason)s AND c.outcome ->> 'result' = 'success')
     + (SELECT count(*) FROM applications_link l
        WHERE l.application_id = %(application)s AND l.intent ->> 'kind' = 'adopt')
"""
RESERVE = """
INSERT INTO applications_reservation (application_id, link_id, named, approved, sent, at)
SELECT %(application)s, link, %(named)s, %(approved)s, false, now() FROM unnest(%(links)s::uuid[]) AS link
ON CONFLICT (application_id, link_id, named) DO UPDATE SET at = now(),
    sent = applications_reservation.sent AND applications_reservation.at > now() - interval '24 hours',
    approved = EXCLUDED.approved AND (applications_reservation.approved OR NOT applications_reservation.sent
                                      OR applications_reservation.at < now() - interval '24 hours')
"""
SPENT = """
UPDATE applications_reservation SET sent = true, at = now()
WHERE application_id = %(application)s AND link_id = ANY(%(links)s)
"""
FORGET_OLD = "DELETE FROM applications_reservation WHERE at < now() - interval '2 days'"

# The one run of an application that waits for a person; made when the first change waits.
WAITING_RUN = """
SELECT id FROM applications_run
WHERE application_id = %(application)s AND kind = 'guard' AND status = 'waiting_approval'
"""
MAKE_WAITING_RUN = """
INSERT INTO applications_run (id, application_id, kind, status, counts, done, actor, cancel_requested, created)
VALUES (gen_random_uuid(), %(application)s, 'guard', 'waiting_approval', '{}', 0,
        '{"kind": "system", "id": "system", "name": "guard"}', false, now())
RETURNING id
"""
# What waited for approval and is decided otherwise by now: it isn't shown to be approved any more.
NO_LONGER_WAITING = """
WITH waiting AS (
    UPDATE applications_run SET hash = NULL
    WHERE application_id = %(application)s AND kind = 'guard' AND status = 'waiting_approval'
    RETURNING id
)
DELETE FROM applications_change c USING waiting WHERE c.run_id = waiting.id AND c.link_id = ANY(%(links)s)
"""
# A run that changed since it was last sealed: its hash is made anew, over everything that it shows.
UNSEALED = """
SELECT id FROM applications_run
WHERE application_id = %(application)s AND kind = 'guard' AND status = 'waiting_approval' AND hash IS NULL
"""
CHANGES_WAITING = "SELECT count(*) FROM applications_change WHERE run_id = %(run)s"
SEAL = """
UPDATE applications_run SET hash = %(hash)s, counts = %(counts)s::jsonb, total = %(total)s,
       status = CASE WHEN %(total)s = 0 THEN 'superseded' ELSE status END,
       finished = CASE WHEN %(total)s = 0 THEN now() ELSE finished END
WHERE id = %(run)s AND status = 'waiting_approval'
"""
APPROVED = """
SELECT c.kind, c.remote_id, c.attributes FROM applications_change c JOIN applications_run r ON r.id = c.run_id
WHERE c.run_id = %(run)s AND c.link_id = %(link)s AND r.application_id = %(application)s AND r.kind = 'guard'
  AND r.status = 'applying' AND r.started > now() - interval '1 hour'
"""
# What became of an approved change stands where it was shown.
DONE = """
UPDATE applications_change c SET outcome = n.outcome, at = now()
FROM jsonb_to_recordset(%(changes)s::jsonb) AS n (run_id uuid, link_id uuid, outcome jsonb)
WHERE c.run_id = n.run_id AND c.link_id = n.link_id AND c.outcome ->> 'result' IS DISTINCT FROM 'left'
"""
PROGRESS = """
UPDATE applications_run r SET
    done = (SELECT count(*) FROM applications_change c
            WHERE c.run_id = r.id AND c.outcome ->> 'result' IS DISTINCT FROM 'retrying' AND c.outcome IS NOT NULL),
    status = CASE WHEN NOT EXISTS (SELECT 1 FROM applications_change c WHERE c.run_id = r.id
                                   AND (c.outcome IS NULL OR c.outcome ->> 'result' = 'retrying'))
                  THEN 'done' ELSE status END,
    finished = CASE WHEN NOT EXISTS (SELECT 1 FROM applications_change c WHERE c.run_id = r.id
                                     AND (c.outcome IS NULL OR c.outcome ->> 'result' = 'retrying'))
                    THEN now() ELSE finished END
WHERE r.id = ANY(%(runs)s) AND r.status = 'applying'
"""
# An approval holds for an hour; what wasn't sent by then is asked about again.
EXPIRE = """
WITH ended AS (
    UPDATE applications_run SET status = 'expired', finished = now()
    WHERE kind IN ('guard', 'undo') AND status = 'applying' AND started < now() - interval '1 hour'
    RETURNING id
)
UPDATE applications_due d SET decision = NULL
FROM ended WHERE d.decision ->> 'approved' = ended.id::text
"""
