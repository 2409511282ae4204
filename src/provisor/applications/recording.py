"""From outcomes to rows: what one commit writes of links, marks, changes and history. Sets, never one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from provisor.applications import group_statements, guard_rows, statements, told_rows
from provisor.applications.guard_rows import Guarded
from provisor.applications.leaving import rows as offboarding_rows
from provisor.applications.passwords import rows as password_rows
from provisor.applications.passwords.rows import RecordedPassword
from provisor.applications.told_rows import as_text
from provisor.core.changes import Change, Kind
from provisor.engine.outcomes import EVENT_TYPES
from provisor.engine.ports import Attempt, Connection, Outcome, Run, Work

Statement = tuple[str, dict[str, Any]]
MANAGER = ":manager"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One outcome with the run and application it belongs to."""

    connection: Connection
    run: Run
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Planned:
    """One change of a preview."""

    connection: Connection
    run: Run
    work: Work
    change: Change


@dataclass(frozen=True, slots=True)
class Intended:
    """What is about to be sent."""

    connection: Connection
    work: Work
    intent: dict[str, Any]


def intents(rows: list[Intended]) -> Statement:
    """The statement that commits intents before their first byte leaves."""
    values = [
        {
            "id": str(row.work.link.id),
            "application_id": str(row.connection.application),
            "user_id": _user_id(row.work),
            "intent": row.intent,
            "settings_version": row.connection.policy.settings_version,
        }
        for row in rows
    ]
    return statements.INTEND, {"intents": as_text(values)}


def previews(rows: list[Planned]) -> Iterator[Statement]:
    """The statement that keeps planned changes."""
    values = [_change(row.run.id, row.work, row.change, None) for row in rows]
    yield statements.CHANGES, {"changes": as_text(values)}


def outcomes(rows: list[Recorded]) -> Iterator[Statement]:
    """All statements of one commit of outcomes, in order."""
    guarded = [_guarded(row) for row in rows]
    yield from guard_rows.before(guarded)
    yield from _links(rows)
    yield from _marks(rows)
    yield from _changes(rows)
    yield from guard_rows.after(guarded)
    yield from _history(rows)
    yield from _passwords(rows)
    yield from _reports(rows)
    yield from _groups(rows)
    yield from offboarding_rows.statements((r.connection.application, r.connection.name, r.outcome) for r in rows)


def _guarded(row: Recorded) -> Guarded:
    outcome = row.outcome
    change, decision = outcome.change, outcome.work.case.decision
    return Guarded(
        application=row.connection.application,
        link=outcome.work.link.id,
        decision=decision,
        was_held=outcome.work.link.status == "held",
        waits=outcome.waits_in is not None,
        ended=change is not None and change.destructive and bool(outcome.attempts),
        result=outcome.result if change is not None else None,
        error=outcome.error if outcome.said is None else outcome.said or None,
    )


def _links(rows: list[Recorded]) -> Iterator[Statement]:
    kept = [_link(row) for row in rows if row.outcome.link is not None]
    forgotten = [row.outcome.work.link.id for row in rows if row.outcome.link is None]
    if kept:
        yield statements.LINKS, {"links": as_text(kept)}
    if wanted := [str(row.outcome.work.link.id) for row in rows if _off_with_access(row)]:
        yield statements.DAYS_BEGIN_ANEW, {"ids": wanted}
    if forgotten:
        yield statements.FORGET, {"ids": forgotten}


def _off_with_access(row: Recorded) -> bool:
    link = row.outcome.link
    return link is not None and link.active is False and row.outcome.work.case.wanted


def _link(row: Recorded) -> dict[str, Any]:
    outcome, link = row.outcome, row.outcome.link
    assert link is not None
    return {
        "id": str(link.id),
        "application_id": str(row.connection.application),
        "user_id": _user_id(outcome.work),
        "status": link.status,
        "remote_id": link.remote_id,
        "active": link.active,
        "known": link.known,
        "created_here": link.created_here,
        "intent": link.intent,
        "error": outcome.error,
        "candidates": outcome.candidates,
        "attempts": link.attempts,
        "unconfirmed": link.unconfirmed,
        "ignored": link.ignored,
        "again": outcome.again,
        "synced": outcome.result == "success" or (outcome.result is None and link.status == "synced"),
    }


def _marks(rows: list[Recorded]) -> Iterator[Statement]:
    """The marks that this outcome answers go; what is to be tried again is marked anew, for later."""
    yield statements.UNMARK, {"marks": [mark for row in rows for mark in row.outcome.work.marks]}
    again = [
        {
            "application_id": str(row.connection.application),
            "user_id": _user_id(row.outcome.work),
            "priority": row.outcome.work.priority,
            "again": row.outcome.again,
            "cause": row.outcome.work.cause,
            "actor": row.outcome.work.actor,
            "correlation": row.outcome.work.correlation,
            "decision": None if row.outcome.afresh else row.outcome.work.case.decision,
        }
        for row in rows
        if row.outcome.again is not None
    ]
    if again:
        yield statements.MARK_AGAIN, {"again": as_text(again)}


def _changes(rows: list[Recorded]) -> Iterator[Statement]:
    waiting = [row for row in rows if row.outcome.waits_in is not None]
    if waiting:
        changes = [
            _change(row.outcome.waits_in, row.outcome.work, row.outcome.change, None)
            for row in waiting
            if row.outcome.change and row.outcome.waits_in
        ]
        yield statements.CHANGES, {"changes": as_text(changes)}
    told = [row for row in rows if row.outcome.change is not None and not _told_elsewhere(row)]
    if not told:
        return
    yield from told_rows.event_runs((row.connection, row.run, row.outcome.work) for row in told)
    changes = [
        _change(row.run.id, row.outcome.work, row.outcome.change, row.outcome) for row in told if row.outcome.change
    ]
    tried_before = [change for change, row in zip(changes, told, strict=True) if _retrying(row)]
    if tried_before:
        yield statements.SUPERSEDE, {"changes": as_text(tried_before)}
    yield statements.CHANGES, {"changes": as_text(changes)}
    done = Counter(row.run.id for row in told)
    yield statements.PROGRESS, {"progress": as_text([{"run_id": str(run), "count": n} for run, n in done.items()])}


def _told_elsewhere(row: Recorded) -> bool:
    """What waits, and what a person approved, stands in the guard's run."""
    return row.outcome.waits_in is not None or bool((row.outcome.work.case.decision or {}).get("approved"))


def _retrying(row: Recorded) -> bool:
    """Only then can there be an earlier change of this link in this run."""
    return row.outcome.work.link.status == "retrying"


def _change(run: UUID, work: Work, change: Change, outcome: Outcome | None) -> dict[str, Any]:
    became = {"result": outcome.result, "error": outcome.error} if outcome else None
    return told_rows.change(run, work, change, became, _whose(work))


def _whose(work: Work) -> dict[str, Any]:
    return {"user_id": _user_id(work), "user_name": _user_name(work)}


def _history(rows: list[Recorded]) -> Iterator[Statement]:
    return told_rows.history(
        (
            row.outcome.change,
            told_rows.attempt(
                row.connection, row.run, row.outcome.work, row.outcome.change, made, _whose(row.outcome.work)
            ),
        )
        for row in rows
        for made in _attempts(row.outcome)
    )


def _passwords(rows: list[Recorded]) -> Iterator[Statement]:
    """Those that were part of a creation."""
    given = (RecordedPassword(row.connection, row.run, each) for row in rows for each in row.outcome.passwords)
    return password_rows.outcomes(given)


def _attempts(outcome: Outcome) -> tuple[Attempt, ...]:
    """An adoption that had nothing to write is told all the same; a look-up only when it failed."""
    if outcome.attempts or outcome.result is None:
        return outcome.attempts
    if outcome.change is not None and outcome.change.kind is Kind.ADOPT and outcome.result == "success":
        return (Attempt(EVENT_TYPES[Kind.ADOPT], "success"),)
    if outcome.change is None and outcome.error is not None:
        return (Attempt("user_lookup_provision", "failure", message=outcome.error["message"]),)
    return ()


def _reports(rows: list[Recorded]) -> Iterator[Statement]:
    """Who got an account may be somebody's manager (M7); asked only where the mapping sends managers."""
    arrived: dict[Any, list[str]] = {}
    for row in rows:
        sends_manager = any(path.endswith(MANAGER) for path in row.connection.policy.paths)
        after = row.outcome.link
        if sends_manager and after and after.remote_id and not row.outcome.work.link.remote_id:
            arrived.setdefault(row.connection.application, []).append(_user_id(row.outcome.work))
    for application, users in arrived.items():
        yield statements.MARK_REPORTS, {"application": application, "users": users}


def _groups(rows: list[Recorded]) -> Iterator[Statement]:
    """Whose account came, went, ended or got another id: their groups there follow; asked only where groups are sent."""
    moved: dict[Any, list[str]] = {}
    for row in rows:
        after = row.outcome.link.remote_id if row.outcome.link else None
        change = row.outcome.change
        moves = after != row.outcome.work.link.remote_id or (change is not None and change.destructive)
        if row.connection.settings.get("manage_groups") and moves:
            moved.setdefault(row.connection.application, []).append(_user_id(row.outcome.work))
    for application, users in moved.items():
        yield group_statements.MARK_GROUPS_OF, {"application": application, "users": users}


def _user_id(work: Work) -> str:
    assert work.case.user is not None
    return work.case.user.id


def _user_name(work: Work) -> str:
    assert work.case.user is not None
    return work.case.user.name[:256]
