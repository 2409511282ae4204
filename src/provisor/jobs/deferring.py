"""Putting a job into the queue: a row that is written on the caller's connection, so within its transaction."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from typing import Any

from provisor.jobs import registry


def later(name: str, /, **arguments: Any) -> None:
    """The job begins once the caller's transaction is committed, and never if it isn't. UUIDs and times arrive as text."""
    _defer(name, None, arguments)


def at(when: datetime, name: str, /, **arguments: Any) -> None:
    """As `later`, but not before `when`. Not for a job that wants to be alone: it would keep back those behind it."""
    if registry.named(name).alone:
        raise ValueError(f"The job {name!r} is alone: have a periodic one look for what is due.")
    _defer(name, when, arguments)


def _defer(name: str, when: datetime | None, arguments: dict[str, Any]) -> None:
    from procrastinate.contrib.django import app

    one = registry.named(name)
    deferrer = app.configure_task(name, queue=one.queue, lock=one.lock, schedule_at=when)
    deferrer.defer(**json.loads(json.dumps(arguments, default=_text)))


def _text(value: object) -> str:
    if isinstance(value, uuid.UUID | date):  # a datetime is a date
        return str(value) if isinstance(value, uuid.UUID) else value.isoformat()
    raise TypeError(f"A job takes JSON, UUIDs and times, not {type(value).__name__}.")


def run_all(most: int = 1000) -> list[str]:
    """For tests: does everything that waits and is due, here and now, and what that defers in turn. Returns the names in
    the order in which they were done. What a job raises comes out, and the job counts as failed."""
    done: list[str] = []
    while waiting := _first():
        assert len(done) < most, f"Jobs defer each other without end: {done[-10:]}"
        one, name, arguments = waiting
        done.append(name)
        try:
            registry.named(name).work(**arguments)
        except BaseException:
            _finish(one, "failed")
            raise
        _finish(one, "succeeded")
    return done


_FIRST = """
    SELECT id, task_name, args FROM procrastinate_jobs
     WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
     ORDER BY priority DESC, id LIMIT 1
"""


def _first() -> tuple[int, str, dict[str, Any]] | None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_FIRST)
        row = cursor.fetchone()
    return row and (row[0], row[1], _arguments(row[2]))


def _arguments(value: Any) -> dict[str, Any]:
    """Django reads JSON as text, procrastinate adds the time to a periodic job."""
    found = json.loads(value) if isinstance(value, str) else value
    return {name: each for name, each in found.items() if name != "timestamp"}


def _finish(job: int, status: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, %s, false)", [job, status])
