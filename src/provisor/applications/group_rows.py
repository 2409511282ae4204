"""Groups between database rows and the engine's values: what is read of them, and what one commit writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from provisor.applications import group_statements, guard_rows, statements, told_rows
from provisor.applications.guard_rows import Guarded
from provisor.applications.told_rows import as_text
from provisor.core.changes import Change
from provisor.core.group_links import GroupCase, GroupLink
from provisor.engine.groups.ports import GroupStep, GroupWork
from provisor.engine.ports import Attempt, Connection, Run

Statement = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RecordedGroup:
    """One step with the run and application it belongs to."""

    connection: Connection
    run: Run
    step: GroupStep


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """One change of a preview."""

    connection: Connection
    run: Run
    work: GroupWork
    change: Change


def work(of: Connection, row: tuple[Any, ...], link_id: UUID) -> GroupWork:
    """A row of group_statements.DUE or WHOLE_PLAN."""
    marks, priority, cause, actor, correlation, decision, group_id, name, exists, link, assigned, filled, filling = row
    case = GroupCase(
        id=str(group_id),
        name=name,
        exists=exists,
        assigned=assigned,
        filled=filled,
        link=group_link(link) if link else GroupLink(link_id),
        policy=of.policy,
        decision=decision,
        filling=filling,
    )
    return GroupWork(case, tuple(marks), priority, cause, actor, correlation)


def group_link(row: Mapping[str, Any]) -> GroupLink:
    """A link from its row as JSON."""
    return GroupLink(
        id=UUID(row["id"]),
        status=row["status"],
        remote_id=row["remote_id"],
        known=row["known"],
        created_here=row["created_here"],
        intent=row["intent"],
        attempts=row["attempts"],
        ignored=row["ignored"],
        code=(row["error"] or {}).get("code"),
    )


def previews(rows: list[PlannedGroup]) -> Iterator[Statement]:
    """The statement that keeps planned changes."""
    values = [_change(row.run.id, row.work, row.change, None) for row in rows]
    yield statements.CHANGES, {"changes": as_text(values)}


def outcomes(rows: list[RecordedGroup]) -> Iterator[Statement]:
    """All statements of one commit of group steps, in order."""
    guarded = [_guarded(row) for row in rows]
    yield from guard_rows.before(guarded)
    for row in rows:  # the steps of one group follow each other: each is written whole
        yield from _link(row)
        yield from _members(row)
        yield from _marks(row)
    yield from _waiting([row for row in rows if row.step.waits_in is not None])
    yield from _changes([row for row in rows if row.step.change is not None and not _told_elsewhere(row.step)])
    yield from guard_rows.after(guarded)
    yield from _history(rows)


def _guarded(row: RecordedGroup) -> Guarded:
    step = row.step
    return Guarded(
        application=row.connection.application,
        link=step.work.link.id,
        decision=step.work.case.decision if step.last else None,
        was_held=step.work.link.status == "held",
        waits=step.waits_in is not None,
        ended=step.change is not None and step.change.destructive and bool(step.attempts),
        result=step.result if step.change is not None else None,
        error=step.error if step.said is None else step.said or None,
    )


def _told_elsewhere(step: GroupStep) -> bool:
    """What waits, and what a person approved, stands in the guard's run."""
    return step.waits_in is not None or bool((step.work.case.decision or {}).get("approved"))


def _waiting(rows: list[RecordedGroup]) -> Iterator[Statement]:
    values = [
        _change(row.step.waits_in, row.step.work, row.step.change, None)
        for row in rows
        if row.step.waits_in and row.step.change
    ]
    if values:
        yield statements.CHANGES, {"changes": as_text(values)}


def _link(row: RecordedGroup) -> Iterator[Statement]:
    step = row.step
    if step.link is None:
        for statement in group_statements.FORGET:
            yield statement, {"ids": [step.work.link.id]}
        return
    link = step.link
    values = {
        "id": str(link.id),
        "application_id": str(row.connection.application),
        "group_id": step.work.case.id,
        "name": step.work.case.name,
        "status": link.status,
        "remote_id": link.remote_id,
        "known": link.known,
        "created_here": link.created_here,
        "intent": link.intent,
        "error": step.error,
        "candidates": step.candidates,
        "attempts": link.attempts,
        "ignored": link.ignored,
        "again": step.again,
        "synced": link.status == "synced",
    }
    yield group_statements.LINKS, {"links": as_text([values])}


def _members(row: RecordedGroup) -> Iterator[Statement]:
    step = row.step
    if step.link is None:
        return
    link = str(step.link.id)
    joined = [{"link": link, "user_id": member.user, "remote_id": member.remote_id} for member in step.joined]
    left = [{"link": link, "user_id": user} for user in step.left]
    if joined:
        yield group_statements.JOINED, {"members": as_text(joined)}
    if left:
        yield group_statements.LEFT, {"members": as_text(left)}


def _marks(row: RecordedGroup) -> Iterator[Statement]:
    """The marks go with the last step; what is to be tried again is marked anew, for later."""
    step = row.step
    if not step.last:
        return
    yield group_statements.UNMARK, {"marks": list(step.work.marks)}
    if step.again is not None:
        again = {
            "application_id": str(row.connection.application),
            "group_id": step.work.case.id,
            "priority": step.work.priority,
            "again": step.again,
            "cause": step.work.cause,
            "actor": step.work.actor,
            "correlation": step.work.correlation,
            "decision": None if step.afresh else step.work.case.decision,
        }
        yield group_statements.MARK_AGAIN, {"again": as_text([again])}


def _changes(rows: list[RecordedGroup]) -> Iterator[Statement]:
    if not rows:
        return
    yield from told_rows.event_runs((row.connection, row.run, row.step.work) for row in rows)
    changes = [_change(row.run.id, row.step.work, row.step.change, row.step) for row in rows if row.step.change]
    yield statements.SUPERSEDE, {"changes": as_text(changes)}
    yield statements.CHANGES, {"changes": as_text(changes)}
    yield statements.PROGRESS, {"progress": as_text([{"run_id": str(row.run.id), "count": 1} for row in rows])}


def _change(run: UUID, work: GroupWork, change: Change, step: GroupStep | None) -> dict[str, Any]:
    became = {"result": step.result, "error": step.error} if step else None
    return told_rows.change(run, work, change, became, {"group_id": work.case.id, "user_name": work.case.name[:256]})


def _history(rows: list[RecordedGroup]) -> Iterator[Statement]:
    return told_rows.history((row.step.change, _attempt(row, made)) for row in rows for made in _attempts(row.step))


def _attempts(step: GroupStep) -> tuple[Attempt, ...]:
    if step.attempts or step.result is None or step.change is not None or step.error is None:
        return step.attempts
    return (Attempt("group_lookup_provision", "failure", message=step.error["message"]),)


def _attempt(row: RecordedGroup, made: Attempt) -> dict[str, Any]:
    step, case = row.step, row.step.work.case
    whose = {"group_id": case.id, "group_name": case.name[:256]}
    return told_rows.attempt(row.connection, row.run, step.work, step.change, made, whose)
