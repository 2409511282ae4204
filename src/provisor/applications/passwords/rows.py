"""From what became of passwords to rows: the password's own, the link's intent, and the history. Sets, never one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from provisor.applications import statements, told_rows
from provisor.applications.passwords import statements as sql
from provisor.applications.told_rows import as_text
from provisor.engine.passwords import DROPPED, REFUSED
from provisor.engine.ports import Attempt, Connection, PasswordOutcome, Run

Statement = tuple[str, dict[str, Any]]
KEPT = frozenset({REFUSED, DROPPED})  # a person has to do something about these: kept for good


@dataclass(frozen=True, slots=True)
class RecordedPassword:
    """What became of one password, with the run and application it belongs to."""

    connection: Connection
    run: Run
    outcome: PasswordOutcome


def alone(rows: list[RecordedPassword]) -> Iterator[Statement]:
    """All statements of one commit of passwords that had a request of their own."""
    yield sql.NO_LONGER_INTENDED, {"links": [row.outcome.work.link.id for row in rows]}
    yield from outcomes(rows)


def outcomes(rows: Iterable[RecordedPassword]) -> Iterator[Statement]:
    """What became of passwords, also of those that were part of an account's creation."""
    rows = list(rows)
    if ended := [_ended(row.outcome) for row in rows if row.outcome.status in ("pushed", "refused", "dropped")]:
        yield sql.ENDED, {"rows": as_text(ended)}
    if later := [_later(row.outcome) for row in rows if row.outcome.status == "waiting"]:
        yield sql.LATER, {"rows": as_text(later)}
    if made_up := [_made_up(row) for row in rows if row.outcome.status == "temporary"]:
        yield sql.MADE_UP, {"rows": as_text(made_up)}
    told = [(made.type in KEPT, _told(row, made)) for row in rows for made in row.outcome.attempts]
    if kept := [row for keeps, row in told if keeps]:
        yield statements.EVENTS, {"rows": as_text(kept)}
    if passing := [row for keeps, row in told if not keeps]:
        yield statements.OPERATIONS, {"rows": as_text(passing)}


def _ended(outcome: PasswordOutcome) -> dict[str, Any]:
    return {"id": str(outcome.id), "status": outcome.status, "error": outcome.error}


def _later(outcome: PasswordOutcome) -> dict[str, Any]:
    return {"id": str(outcome.id), "again": outcome.again or 0.0, "error": outcome.error}


def _made_up(row: RecordedPassword) -> dict[str, Any]:
    return {"application_id": str(row.connection.application), "user_id": _whose(row)["user_id"]}


def _told(row: RecordedPassword, made: Attempt) -> dict[str, Any]:
    """In no run: that of a single edit is stored only for a change, and a password is none."""
    said = told_rows.attempt(row.connection, row.run, row.outcome.work, None, made, _whose(row))
    return said | {"run_id": None}


def _whose(row: RecordedPassword) -> dict[str, str]:
    user = row.outcome.work.case.user
    assert user is not None
    return {"user_id": user.id, "user_name": user.name[:256]}
