"""What a commit tells of accounts and groups alike: changes in their run, and each attempt in the history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson

from provisor.applications import statements
from provisor.core.changes import Change
from provisor.engine.groups.ports import GroupWork
from provisor.engine.ports import Attempt, Connection, Run, Work

Statement = tuple[str, dict[str, Any]]
Row = dict[str, Any]


def event_runs(rows: Iterable[tuple[Connection, Run, Work | GroupWork]]) -> Iterator[Statement]:
    """The runs of single edits, which are stored only once they have a change."""
    runs = {
        run.id: {
            "id": str(run.id),
            "application_id": str(connection.application),
            "actor": work.actor,
            "correlation": work.correlation,
        }
        for connection, run, work in rows
        if run.kind == "event"
    }
    if runs:
        yield statements.EVENT_RUNS, {"runs": as_text(list(runs.values()))}


def change(run: UUID, work: Work | GroupWork, of: Change, outcome: Mapping[str, Any] | None, whose: Row) -> Row:
    """A row of applications_change. `whose`: user_id or group_id, and user_name."""
    return {
        "run_id": str(run),
        "kind": of.kind.value,
        "rank": of.kind.rank,
        "link_id": str(of.link_id),
        "remote_id": of.remote_id,
        "attributes": of.hashed()["attributes"],
        "reason": of.reason,
        "cause": work.cause,
        "actor": work.actor,
        "outcome": outcome,
        **whose,
    }


def attempt(
    connection: Connection, run: Run, work: Work | GroupWork, of: Change | None, made: Attempt, whose: Row
) -> Row:
    """A row of the history. `whose`: user_id and user_name, or group_id and group_name."""
    return {
        "type": made.type,
        "actor": work.actor,
        "application_id": str(connection.application),
        "application_name": connection.name,
        "run_id": str(run.id),
        "outcome": made.outcome,
        "status": made.status,
        "message": made.message or None,
        "changes": of.hashed()["attributes"] if of else None,
        "correlation": work.correlation,
        "method": made.method,
        "duration_ms": made.milliseconds,
        **whose,
    }


def history(attempts: Iterable[tuple[Change | None, Row]]) -> Iterator[Statement]:
    """Every attempt; what was destructive and succeeded is kept for good, the rest for 30 days."""
    events: list[Row] = []
    operations: list[Row] = []
    for of, row in attempts:
        kept = of is not None and of.destructive and row["outcome"] == "success"
        (events if kept else operations).append(row)
    if events:
        yield statements.EVENTS, {"rows": as_text(events)}
    if operations:
        yield statements.OPERATIONS, {"rows": as_text(operations)}


def as_text(value: Any) -> str:
    """JSON, as the statements take sets of rows."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
