"""Is anything mine to do, and is everything right? What the portal's first page shows, in a handful of statements,
whatever the number of accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from provisor.applications.models import Application, Assignment, Provisioning, Run, RunStatus
from provisor.applications.queries.applications import applications
from provisor.applications.queries.health import Health, health_of
from provisor.applications.queries.held import HELD_GROUP
from provisor.applications.queries.runs import runs
from provisor.selection import rows_of

DESTRUCTIVE = ("deactivate", "delete", "remove_members")
# How many accounts are held is in their health; of groups it is counted here.
_HELD = f"""
    SELECT application_id, min(since) AS since, max(groups) AS groups FROM (
        SELECT application_id, min(updated) AS since, 0 AS groups FROM applications_link WHERE status = 'held' GROUP BY 1
        UNION ALL
        SELECT application_id, min(updated), count(*) FROM applications_grouplink grp WHERE {HELD_GROUP} GROUP BY 1
    ) AS either GROUP BY application_id
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Standing:
    """One application and how well it is. `held_since`: when the account or group that is held longest came to be held;
    `held_groups`: how many groups are."""

    application: Application
    health: Health
    held_since: datetime | None
    held_groups: int = 0

    @property
    def held(self) -> int:
        """Accounts and groups that wait for a person."""
        return self.health.held + self.held_groups


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
    found = list(applications().select_related("next_credential").order_by("name_key"))
    health, held = health_of([one.id for one in found]), _held()
    standings = [Standing(one, health[one.id], *held.get(one.id, (None, 0))) for one in found]
    waiting = runs(status=RunStatus.WAITING_APPROVAL).order_by("created")
    return Overview(
        standings=sorted(standings, key=_badness),
        waiting=[WaitingRun(run, sum(run.counts.get(kind, 0) for kind in DESTRUCTIVE)) for run in waiting],
        assigned=Assignment.objects.exists(),
    )


def _held() -> dict[uuid.UUID, tuple[datetime, int]]:
    return {row["application_id"]: (row["since"], row["groups"]) for row in rows_of(_HELD, {})}


def _badness(one: Standing) -> tuple[bool, bool, bool]:
    """Failing ones first, then those with held accounts or groups, then those with due accounts."""
    failing = one.application.provisioning == Provisioning.FAILING
    return (not failing, not one.held, not one.health.due)
