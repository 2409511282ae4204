"""What a commit writes for the guard: what waits goes into the run that waits, what was approved is told where it was
shown, what was sent is counted. For accounts and groups alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from provisor.applications import guard_statements as sql

Statement = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """One outcome as the guard sees it. `was_held`: it may have stood in a run that waits; `ended`: an account or group was
    ended, or may have been; `result` is None where nothing had to be done."""

    application: UUID
    link: UUID
    decision: Mapping[str, Any] | None
    was_held: bool
    waits: bool
    ended: bool
    result: str | None
    error: Mapping[str, str] | None

    @property
    def approved(self) -> str | None:
        return (self.decision or {}).get("approved")


def before(rows: Iterable[Guarded]) -> Iterator[Statement]:
    """What stood in the run that waits goes from there: it is decided anew."""
    for application, links in _by_application(row for row in rows if row.was_held or row.waits).items():
        yield sql.NO_LONGER_WAITING, {"application": application, "links": links}


def after(rows: Iterable[Guarded]) -> Iterator[Statement]:
    """Counts what was sent, and tells of what was approved."""
    rows = list(rows)
    for application, links in _by_application(row for row in rows if row.ended).items():
        yield sql.SPENT, {"application": application, "links": links}
    approved = [row for row in rows if row.approved]
    if approved:
        told = [
            {
                "run_id": row.approved,
                "link_id": str(row.link),
                "outcome": {"result": row.result or "skipped", "error": row.error},
            }
            for row in approved
        ]
        yield sql.DONE, {"changes": orjson.dumps(told).decode()}
        yield sql.PROGRESS, {"runs": list({UUID(row.approved) for row in approved if row.approved})}


def _by_application(rows: Iterable[Guarded]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.application, []).append(row.link)
    return found
