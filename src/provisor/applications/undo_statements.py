"""Undoing's SQL: what the worker asks while it carries an approved undo out."""

from __future__ import annotations

# One account has one row, a group several. Every rank is named so that the index on (run, rank, link) finds them.
TO_UNDO = """
SELECT c.kind, c.remote_id, c.attributes,
       EXISTS (SELECT 1 FROM applications_change o
               WHERE o.run_id = r.undoes AND o.rank = %(adopted)s AND o.link_id = c.link_id
                 AND o.outcome ->> 'result' = 'success') AS let_go
FROM applications_run r JOIN applications_change c ON c.run_id = r.id
WHERE r.id = %(run)s AND r.application_id = %(application)s AND r.kind = 'undo' AND r.status = 'applying'
  AND r.started > now() - interval '1 hour'
  AND c.rank = ANY(%(ranks)s) AND c.link_id = %(link)s
  AND (c.outcome IS NULL OR c.outcome ->> 'result' = 'retrying')
ORDER BY c.rank, c.id
"""
# An edit that hasn't been looked at yet: a mark that somebody's call left, and that isn't this approval.
EDITED = """
SELECT EXISTS (SELECT 1 FROM applications_due d JOIN applications_link l ON l.user_id = d.user_id
               WHERE l.id = %(link)s AND l.application_id = %(application)s AND d.application_id = %(application)s
                 AND d.actor IS NOT NULL AND d.decision IS NULL)
    OR EXISTS (SELECT 1 FROM applications_groupdue d JOIN applications_grouplink l ON l.group_id = d.group_id
               WHERE l.id = %(link)s AND l.application_id = %(application)s AND d.application_id = %(application)s
                 AND d.actor IS NOT NULL AND d.decision IS NULL)
"""
MEMBERS_THERE = """
SELECT user_id::text, remote_id FROM applications_groupmember
WHERE group_link_id = %(link)s AND user_id = ANY(%(users)s::uuid[]) ORDER BY user_id
"""
ACCOUNTS_OF = """
SELECT user_id::text, remote_id FROM applications_link
WHERE application_id = %(application)s AND user_id = ANY(%(users)s::uuid[]) AND remote_id IS NOT NULL ORDER BY user_id
"""
