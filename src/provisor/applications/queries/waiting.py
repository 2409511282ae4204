"""A plan that waits for a person, in numbers: the guard's limit, what counts against it, and what caused so much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q

from provisor.applications import guard_statements, settings
from provisor.applications.models import Application, Change, Run, RunStatus
from provisor.core.guard import Limit
from provisor.selection import rows_of

CAUSES = 5
ENDED = (RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.EXPIRED)
NOT_UNDONE = ("plan", "undo")


@dataclass(frozen=True)
class Counted:
    """The guard's numbers of an application now. `limit`: what may end in 24 hours without a person; `by_percent`: whether
    that is `percent` of the `active` accounts, else it is the smallest number set; `sent`: what ended in the last 24
    hours without one, and counts."""

    limit: int
    percent: float
    by_percent: bool
    active: int
    sent: int


@dataclass(frozen=True)
class Because:
    """Why so many of the plan's changes wait: the reason of `count` of them, and who caused it."""

    reason: str
    actor: str
    count: int


def counted(application: Application) -> Counted:
    """What the guard counts there at this moment."""
    guard = settings.from_stored(application.settings).guard
    what = {"application": application.id}
    active = int(rows_of(guard_statements.ACTIVE, what)[0]["count"])
    sent = sum(1 for row in rows_of(guard_statements.SENT, what) if not row["named"])
    limit = Limit(guard.max_percent, guard.max_count).of(active)
    return Counted(limit, guard.max_percent, limit > guard.max_count, active, sent)


def kinds_open(run: Run) -> Mapping[str, int]:
    """How many changes of a plan are still open, by kind, in the order of the plan."""
    open_ = Change.objects.filter(run=run, outcome__isnull=True)
    found = open_.values_list("kind", "rank").annotate(count=Count("id")).order_by("rank")
    return {kind: count for kind, _rank, count in found}


def because(run: Run) -> list[Because]:
    """The most frequent causes of what the plan still has open."""
    rows = Change.objects.filter(run=run, outcome__isnull=True).values_list("reason", "actor__name")
    found = rows.annotate(count=Count("id")).order_by("-count", "reason")[:CAUSES]
    return [Because(reason, actor or "", count) for reason, actor, count in found]


def undoable(run: Run) -> bool:
    """Whether there is something that an undo could take back."""
    if run.kind in NOT_UNDONE or run.status not in ENDED:
        return False
    return Change.objects.filter(Q(run=run, outcome__result="success") & ~Q(kind="hold")).exists()
