"""What an application's worker is doing now: how far, how fast, what went wrong and what happened last.

Everything is read from what the run recorded: nothing has to be counted while it runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from provisor.applications.models import Change, Run, RunStatus
from provisor.applications.queries.held import HELD_GROUP
from provisor.selection import rows_of

UNDER_WAY = (RunStatus.QUEUED, RunStatus.PLANNING, RunStatus.APPLYING)
WINDOW = 10.0  # seconds that the rate is taken over
JUST_ENDED = timedelta(seconds=15)  # how long an ended run stays in place as its own summary
LATEST = 50
_DECISIONS = ("ignored", "candidate_gone", "confirm_delete")

_RESULTS = """
    SELECT CASE WHEN outcome IS NULL THEN 'planned'
                WHEN outcome ->> 'result' = 'held' AND kind <> 'hold' THEN 'failed'
                ELSE outcome ->> 'result' END AS result,
           kind, group_id IS NOT NULL AS of_group, count(*) AS count, sum(CASE
               WHEN kind NOT IN ('add_members', 'remove_members') THEN 1
               WHEN jsonb_typeof(attributes -> 0 -> 'to') = 'array' THEN jsonb_array_length(attributes -> 0 -> 'to')
               WHEN jsonb_typeof(attributes -> 0 -> 'from') = 'array' THEN jsonb_array_length(attributes -> 0 -> 'from')
               ELSE 1 END)::bigint AS things,
           count(*) FILTER (WHERE at > %(since)s) AS lately
    FROM applications_change WHERE run_id = %(run)s GROUP BY 1, 2, 3
"""
# Many changes may be one group's (its members in chunks): a group counts once, as what happened to it last.
_GROUPS = """
    SELECT result, count(*) AS count, count(*) FILTER (WHERE at > %(since)s) AS lately FROM (
        SELECT DISTINCT ON (group_id) at,
               CASE WHEN outcome IS NULL THEN 'planned'
                    WHEN outcome ->> 'result' = 'held' AND kind <> 'hold' THEN 'failed'
                    ELSE outcome ->> 'result' END AS result
        FROM applications_change WHERE run_id = %(run)s AND group_id IS NOT NULL ORDER BY group_id, id DESC
    ) AS latest GROUP BY 1
"""
_WAITING = """
    SELECT (SELECT count(DISTINCT user_id) FROM applications_due
            WHERE application_id = %(application)s AND not_before <= now() AND priority <= %(lowest)s)
         + (SELECT count(DISTINCT due.group_id) FROM applications_groupdue due
            JOIN applications_application one ON one.id = due.application_id
                 AND (one.settings ->> 'manage_groups')::boolean
            WHERE due.application_id = %(application)s AND due.not_before <= now() AND due.priority <= %(lowest)s)
           AS count
"""
# The message is the SP's and may name the user: one of them is shown for all that have the same code and next step.
_CAUSES = f"""
    SELECT 'user' AS kind, status, error ->> 'code' AS code, coalesce(error ->> 'hint', '') AS hint,
           min(error ->> 'message') AS message, count(*) AS count, min(next_try) AS next_try,
           max(jsonb_array_length(coalesce(candidates, '[]'))) AS candidates
    FROM applications_account
    WHERE application_id = %(application)s AND status IN ('retrying', 'held') AND error IS NOT NULL
    GROUP BY 2, 3, 4
    UNION ALL
    SELECT 'group', status, error ->> 'code', coalesce(error ->> 'hint', ''),
           min(error ->> 'message'), count(*), min(next_try), max(jsonb_array_length(coalesce(candidates, '[]')))
    FROM applications_grouplink grp
    WHERE application_id = %(application)s AND error IS NOT NULL AND (status = 'retrying' OR {HELD_GROUP})
    GROUP BY 2, 3, 4
    ORDER BY 6 DESC, 3, 1
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Progress:
    """How far a run is, in accounts and groups. `failed`: the SP refused and a person has to mend something; `held`: a
    person has to choose. `counts` by kind, of members each one; `changes` by kind, as they are recorded; `total` is None
    while nobody knows it; `rate` a second; `groups`: how many of them are groups."""

    run: Run
    done: int
    failed: int
    retrying: int
    held: int
    counts: dict[str, int]
    total: int | None
    waiting: int
    rate: float
    groups: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Accounts and groups that this run is through with, whatever came of them."""
        return self.done + self.failed + self.retrying + self.held

    @property
    def trouble(self) -> int:
        """What is not done and won't be by itself in this run."""
        return self.failed + self.held + self.retrying

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None where it can't be told."""
        return self.waiting / self.rate if self.total and self.rate and self.waiting else None

    @property
    def under_way(self) -> bool:
        return self.run.status in UNDER_WAY

    @property
    def took(self) -> timedelta | None:
        return self.run.finished - self.run.started if self.run.started and self.run.finished else None


@dataclass(frozen=True)
class Cause:
    """Accounts (`kind` user) or groups with the same trouble. `message` is one of them, in the SP's words where it said
    something."""

    kind: str
    status: str
    code: str
    message: str
    hint: str
    count: int
    next_try: datetime | None
    candidates: int

    @property
    def as_error(self) -> dict[str, str]:
        """As an account's error reads."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    @property
    def decidable(self) -> bool:
        """Whether a person has to choose, instead of mending something and trying again."""
        return self.status == "held" and (self.candidates > 0 or self.code in _DECISIONS)


def current_run(application_id: uuid.UUID) -> Run | None:
    """The run that is under way, the one that ended moments ago, or None. What is carried out comes before what is
    queued."""
    recent = Q(finished__gt=timezone.now() - JUST_ENDED)
    runs = Run.objects.filter(application_id=application_id).filter(Q(status__in=UNDER_WAY) | recent)
    order = {RunStatus.APPLYING: 0, RunStatus.PLANNING: 0, RunStatus.QUEUED: 1}
    found = sorted(runs.order_by("-created")[:20], key=lambda run: order.get(RunStatus(run.status), 2))
    return found[0] if found else None


def progress_of(run: Run) -> Progress:
    """How far `run` is, in three statements."""
    now = timezone.now()
    asked = {"run": run.id, "since": now - timedelta(seconds=WINDOW)}
    rows = rows_of(_RESULTS, asked)
    groups = rows_of(_GROUPS, asked) if any(row["of_group"] for row in rows) else []
    things = [*(row for row in rows if not row["of_group"]), *groups]
    by_result = _summed(things, "result")
    approved = run.kind in ("guard", "undo")  # of these, what is only planned is still to be done
    waiting = by_result.pop("planned", 0) if approved else _waiting(run)
    settled = sum(by_result.values())
    known = approved or run.kind in ("event", "sync")
    return Progress(
        run=run,
        done=sum(by_result.get(result, 0) for result in ("success", "planned", "skipped", "left")),
        failed=by_result.get("failed", 0),
        retrying=by_result.get("retrying", 0),
        held=by_result.get("held", 0),
        counts=_summed(rows, "kind", "things"),
        changes=_summed(rows, "kind"),
        total=settled + waiting if known else None,
        waiting=waiting,
        rate=_rate(run, sum(row["lately"] for row in things), now),
        groups=sum(row["count"] for row in groups),
    )


def latest_changes(run: Run, limit: int = LATEST) -> QuerySet[Change]:
    """The changes that this run recorded last, newest first."""
    return Change.objects.filter(run_id=run.id).order_by("-id")[:limit]


def causes(application_id: uuid.UUID) -> list[Cause]:
    """Troubled accounts and groups by cause, the most frequent first."""
    return [Cause(**row) for row in rows_of(_CAUSES, {"application": application_id})]


def _waiting(run: Run) -> int:
    """Accounts and groups that this run still has to look at. Routine looks belong to a reconcile only."""
    if run.status not in UNDER_WAY:
        return 0
    lowest = 3 if run.kind == "reconcile" else 2
    return int(rows_of(_WAITING, {"application": run.application_id, "lowest": lowest})[0]["count"])


def _summed(rows: Sequence[dict[str, Any]], key: str, what: str = "count") -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], 0) + row[what]
    return sums


def _rate(run: Run, lately: int, now: datetime) -> float:
    if run.started is None or run.status not in UNDER_WAY:
        return 0.0
    window = min(max((now - run.started).total_seconds(), 1.0), WINDOW)
    return lately / window
