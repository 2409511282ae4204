"""The SQL of the applications' pace: one row for each, written by the worker that drives it, for people to see."""

from __future__ import annotations

PACED = """
INSERT INTO applications_pace (application_id, state, at) VALUES (%(application)s, %(state)s::jsonb, now())
ON CONFLICT (application_id) DO UPDATE SET state = EXCLUDED.state, at = EXCLUDED.at
"""
# A probe that found out nothing: the next one is due as if it had said no.
STILL_FAILING = """
UPDATE applications_application SET probe_at = now() + interval '15 minutes'
WHERE id = %(application)s AND provisioning = 'failing'
"""
# Rows of applications that are no longer there.
FORGET = """
DELETE FROM applications_pace p
WHERE NOT EXISTS (SELECT 1 FROM applications_application a WHERE a.id = p.application_id)
"""
