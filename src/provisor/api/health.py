"""For load balancers and `provisor doctor`: is the process alive, and can it do its work?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from provisor.api.answers import json_answer

_seen = {"migrated": False}  # migrations only ever go forward while a process lives


def healthz(request: HttpRequest) -> HttpResponse:
    """GET /healthz: 200 while the process answers."""
    return json_answer({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """GET /readyz: 200 when the database is there and migrated, else 503 with the reason."""
    reason = _hindrance()
    if reason:
        return json_answer({"status": "not ready", "reason": reason}, 503)
    return json_answer({"status": "ready"})


def _hindrance() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated():
            return _("The database is not migrated. Run “provisor migrate”.")
    except DatabaseError:
        return _("The database can't be reached.")
    return None


def _migrated() -> bool:
    if not _seen["migrated"]:
        executor = MigrationExecutor(connection)
        _seen["migrated"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen["migrated"]
