"""Jobs that are over are kept for a while, for whoever asks what happened; then they go."""

from __future__ import annotations

from provisor.jobs.registry import every

_PRUNE = """
    DELETE FROM procrastinate_jobs j
     WHERE j.status IN ('succeeded', 'failed', 'aborted', 'cancelled')
       AND NOT EXISTS (
            SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id
               AND e.at > now() - CASE WHEN j.status = 'succeeded' THEN interval '1 day' ELSE interval '30 days' END)
"""


@every("17 * * * *", "prune_jobs")
def prune_jobs() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_PRUNE)
