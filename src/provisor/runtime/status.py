"""Is anybody there to do the work? Workers are seen by the name of their database connections."""

from __future__ import annotations

from provisor.runtime.database import WORKER

_WORKERS = """
    SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s)
"""


def worker_is_alive() -> bool:
    """Whether a worker, on any machine, is connected to this database. Needs Django."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_WORKERS, [WORKER])
        return bool(cursor.fetchone()[0])
