"""How many jobs wait, run and have failed, for the metrics and for doctor."""

from __future__ import annotations

_COUNTS = """
    SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
           count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),
           count(*) FILTER (WHERE status = 'doing'),
           count(*) FILTER (WHERE status = 'failed')
      FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
"""
_FAILED = "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1 ORDER BY 1"


def counts() -> dict[str, int]:
    """By state: waiting (could begin now), scheduled (for later, or tried again later), running, failed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return dict(zip(("waiting", "scheduled", "running", "failed"), cursor.fetchone(), strict=True))


def failed() -> dict[str, int]:
    """How many of each name have failed for good, within the last 30 days."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_FAILED)
        return dict(cursor.fetchall())
