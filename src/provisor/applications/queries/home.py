"""Is anything mine to do, and is everything right? What the portal's first page shows, in a handful of statements,
whatever the number of accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from provisor.applications.models import Application, Assignment, Provisioning, Run, RunStatus
from provisor.applications.queries.applications import applications
from provisor.applications.queries.health import Health, health_of
from provisor.applications.queries.runs import runs
from provisor.selection import rows_of

DESTRUCTIVE = ("deactivate", "delete", "remove_members")
_HELD_SINCE = """
    SELECT application_id, min(updated) AS since FROM applications_link WHERE status = 'held' GROUP BY application_id
"""


@dataclass(frozen=True)
class Standing:
    """One application and how well it is. `held_since`: when the one that is held longest came to be held."""

    application: Application
    health: Health
    held_since: datetime | None


@dataclass(frozen=True)
class WaitingRun:
    """A plan that the guard stopped. `destructive`: how many of its changes take something away."""

    run: Run
    destructive: int


@dataclass(frozen=True)
class Overview:
    """Everything on Home: applications worst first, plans that wait longest first. `assigned`: somebody has access to
    something, so the installation isn't new."""

    standings: list[Standing]
    waiting: list[WaitingRun]
    assigned: bool


def overview() -> Overview:
    """What Home shows, as it is now."""
    found = list(applications().order_by("name_key"))
    health, since = health_of([one.id for one in found]), _held_since()
    standings = [Standing(one, health[one.id], since.get(one.id)) for one in found]
    waiting = runs(status=RunStatus.WAITING_APPROVAL).order_by("created")
    return Overview(
        standings=sorted(standings, key=_badness),
        waiting=[WaitingRun(run, sum(run.counts.get(kind, 0) for kind in DESTRUCTIVE)) for run in waiting],
        assigned=Assignment.objects.exists(),
    )


def _held_since() -> dict[uuid.UUID, datetime]:
    return {row["application_id"]: row["since"] for row in rows_of(_HELD_SINCE, {})}


def _badness(one: Standing) -> tuple[bool, bool, bool]:
    """Failing ones first, then those with held accounts, then those with due ones."""
    failing = one.application.provisioning == Provisioning.FAILING
    return (not failing, not one.health.held, not one.health.due)
