"""Runs: asking for a plan, a sync or a reconcile, and what came of it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Nothing,
    Page,
    Query,
    Routes,
    Status,
    When,
    actor_of,
    page_of,
)
from provisor.api.shapes import ActorOut, Difference, Named
from provisor.applications import commands, queries

routes = Routes("runs")
RunStatus = Literal[
    "queued", "planning", "waiting_approval", "applying", "done", "failed",
    "cancelled", "rejected", "expired", "superseded",
]  # fmt: skip


class Counts(BaseModel):
    create: int
    adopt: int
    update: int
    deactivate: int
    reactivate: int
    delete: int
    add_members: int
    remove_members: int
    hold: int


class RunOut(BaseModel):
    """`total` accounts are to be looked at, `done` of them were; `total` is null while nobody knows. `undoes`: the run that
    an undo takes back."""

    id: uuid.UUID
    application: Named
    kind: Literal["event", "plan", "sync", "reconcile", "guard", "undo"]
    status: RunStatus
    hash: str | None
    counts: Counts
    total: int | None
    done: int
    actor: ActorOut | None
    correlation: uuid.UUID | None
    error: dict[str, Any] | None
    cancel_requested: bool
    undoes: uuid.UUID | None
    created: When
    started: When | None
    finished: When | None


class ChangeOut(BaseModel):
    """`account` is the id of the link of `user` or `group`; `cause` is person or set; `outcome` is null while it is only
    planned."""

    kind: str
    account: uuid.UUID
    user: Named | None
    group: Named | None
    remote_id: str | None
    attributes: list[Difference]
    reason: str
    cause: str | None
    outcome: Any
    at: When


class RunParams(ListParams):
    application: Id | None = None
    status: RunStatus | None = None


class Approval(Body):
    hash: Annotated[str, Field(max_length=64)] | None = None


@routes.post("/applications/{application_id}/plan", permission="runs.start", answers={202: RunOut})
def plan_application(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """What a sync would change. Only reads; works for every application."""
    return _started(request, application_id, "plan")


@routes.post("/applications/{application_id}/sync", permission="runs.start", answers={202: RunOut})
def sync_application(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Applies what is due."""
    return _started(request, application_id, "sync")


@routes.post("/applications/{application_id}/reconcile", permission="runs.start", answers={202: RunOut})
def reconcile_application(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Reads the whole application, finds drift and repairs it."""
    return _started(request, application_id, "reconcile")


@routes.get("/runs", permission="applications.read", answers={200: Page[RunOut]})
def list_runs(request: HttpRequest, params: Query[RunParams]) -> Any:
    """Runs, newest first."""
    found = queries.runs(application_id=params.application, status=params.status)
    return page_of(found, params, scope="runs", order=["-created", "-id"], shape=queries.as_run)


@routes.get("/runs/{run_id}", permission="applications.read", answers={200: RunOut})
def get_run(request: HttpRequest, run_id: Id) -> Any:
    """One run."""
    return queries.as_run(queries.get_run(run_id))


@routes.get("/runs/{run_id}/changes", permission="applications.read", answers={200: Page[ChangeOut]})
def list_changes(request: HttpRequest, run_id: Id, params: Query[ListParams]) -> Any:
    """The changes of a run, in the order of its plan."""
    found = queries.changes_of_run(run_id)
    return page_of(found, params, scope="changes", order=["rank", "link_id", "id"], shape=queries.as_change)


@routes.post("/runs/{run_id}/cancel", permission="runs.start", answers={200: RunOut})
def cancel_run(request: HttpRequest, run_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Stops a run: a queued one at once, a running one within moments."""
    return queries.as_run(queries.get_run(commands.cancel_run(actor_of(request), run_id).id))


@routes.post("/runs/{run_id}/approve", permission="runs.approve", answers={200: RunOut})
def approve_run(request: HttpRequest, run_id: Id, body: Approval = Approval()) -> Any:  # noqa: B008
    """Approves a run that waits for a person; `hash` names the plan."""
    return queries.as_run(commands.approve_run(actor_of(request), run_id, hash=body.hash or ""))


@routes.post("/runs/{run_id}/reject", permission="runs.approve", answers={200: RunOut})
def reject_run(request: HttpRequest, run_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Rejects a run that waits for a person."""
    return queries.as_run(commands.reject_run(actor_of(request), run_id))


@routes.post("/runs/{run_id}/undo", permission="runs.start", answers={202: RunOut})
def undo_run(request: HttpRequest, run_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Makes the plan that takes a run back, to be approved. What has changed since is left alone, and said."""
    run = commands.undo_run(actor_of(request), run_id)
    return Status(202, queries.as_run(queries.get_run(run.id)))


def _started(request: HttpRequest, application_id: uuid.UUID, kind: str) -> Any:
    run = commands.start_run(actor_of(request), application_id, kind)
    return Status(202, queries.as_run(queries.get_run(run.id)))
