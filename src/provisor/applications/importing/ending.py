"""The end of reading: what each candidate is, what a person should know before confirming, and who is told.

All of it in one transaction, and only for the reader that is still wanted: so an import is ready once, or not at all."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications.importing import history, report
from provisor.applications.importing import statements as sql
from provisor.applications.importing.models import Census, Import, ImportStatus
from provisor.core import inverse
from provisor.core.mapping import parse_rows
from provisor.scim import paging

SHRUNK = 0.8  # less than this part of what was there last time is no accident that goes unseen
LONGEST_MESSAGE = 2000


def end(running: Import, attempt: uuid.UUID, problem: Exception | None) -> None:
    """Everything was read, or as much as could be (`problem`)."""
    with transaction.atomic():
        found = _mine(running, attempt)
        if found is None:
            return
        if problem is not None and not found.read:
            _fail(found, *_said(problem))
            return
        _match(found)
        found.complete = problem is None
        found.counts = {match: count for match, count in _rows(sql.COUNTS, found) if match}
        found.problem = _incomplete(problem) if problem else _shrunk(found)
        found.status, found.ready = ImportStatus.READY, timezone.now()
        found.save(update_fields=["complete", "counts", "problem", "status", "ready"])
        if found.complete and found.problem is None:
            remember(found)
        _execute(sql.FORGET_OLD, found)
        history.record("import_ready", found, _in_numbers(found))
        report.send(found)


def fail(running: Import, attempt: uuid.UUID, code: str, message: str) -> None:
    """Nothing could be read."""
    with transaction.atomic():
        found = _mine(running, attempt)
        if found is not None:
            _fail(found, code, message)


def remember(found: Import) -> None:
    """What the application holds, for the next read to be compared with."""
    _execute(sql.CENSUS, found)


def _mine(running: Import, attempt: uuid.UUID) -> Import | None:
    rows = Import.objects.select_for_update(no_key=True, of=("self",)).select_related("application")
    return rows.filter(id=running.id, attempt=attempt, status=ImportStatus.READING).first()


def _fail(found: Import, code: str, message: str) -> None:
    found.status, found.finished = ImportStatus.FAILED, timezone.now()
    found.error = {"code": code, "message": message[:LONGEST_MESSAGE]}
    found.save(update_fields=["status", "finished", "error"])
    history.record("import_failed", found, message=found.error["message"], outcome="failure")
    report.send(found)


def _said(problem: Exception) -> tuple[str, str]:
    answer = problem.answer if isinstance(problem, paging.Incomplete) else None
    if answer is None:
        return "no_answer", str(problem)
    return "unauthorised" if answer.status in (401, 403) else "unreadable", str(problem)


def _match(found: Import) -> None:
    name = inverse.name_is(parse_rows(found.application.mapping))
    users = sql.MATCH_USERS["email_key" if name == "email" else "username_key"]
    _execute(users if found.kind == "users" else sql.MATCH_GROUPS, found)


def _incomplete(problem: Exception) -> dict[str, Any]:
    return {"code": "incomplete", "message": str(problem)[:LONGEST_MESSAGE]}


def _shrunk(found: Import) -> dict[str, Any] | None:
    """A source that came back empty, or much smaller than it was."""
    last = Census.objects.filter(application_id=found.application_id, kind=found.kind).first()
    if last is None or found.read >= last.held * SHRUNK:
        return None
    text = _("When all was read last, there were %(was)s; now there are %(now)s. Look at the application first.")
    return {
        "code": "shrunk",
        "message": text % {"was": last.held, "now": found.read},
        "was": last.held,
        "now": found.read,
    }


def _in_numbers(found: Import) -> list[dict[str, Any]]:
    numbers = {"read": found.read, "complete": found.complete, **found.counts}
    return [{"name": name, "from": None, "to": number} for name, number in numbers.items()]


def _what(found: Import) -> dict[str, Any]:
    return {"import": found.id, "application": found.application_id, "kind": found.kind, "held": found.read}


def _rows(statement: str, found: Import) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, _what(found))
        return list(cursor.fetchall())


def _execute(statement: str, found: Import) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, _what(found))
