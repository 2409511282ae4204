"""Imports: reading an application's accounts or groups, what they match here, and what a person confirms."""

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
    Text,
    When,
    actor_of,
    page_of,
)
from provisor.api.selections import page_of_selection
from provisor.api.shapes import ActorOut, Difference, Named
from provisor.applications import queries as applications
from provisor.applications.importing import commands, queries
from provisor.bodies import parse
from provisor.directory.importing import candidates, confirming
from provisor.directory.importing.confirming import Confirmed
from provisor.directory.importing.decisions import All

routes = Routes("imports")
MOST = 100_000
ImportStatus = Literal["reading", "ready", "confirming", "done", "failed", "cancelled"]
Match = Literal["linked", "exact", "partial", "ambiguous", "new", "unreadable"]
Outcome = Literal["created", "linked", "updated", "unchanged", "ignored", "conflict", "skipped"]
Ids = Annotated[list[Id], Field(max_length=MOST)]


class MatchCounts(BaseModel):
    linked: int
    exact: int
    partial: int
    ambiguous: int
    new: int
    unreadable: int


class ImportOut(BaseModel):
    """`read` of `total` (what the service provider says) were read; `complete`: provably all of them. `problem`: what to
    know before confirming (incomplete, shrunk); `error`: why it failed. `done` of the `decided` candidates are dealt with;
    `results`: how many came to what."""

    id: uuid.UUID
    application: Named
    kind: Literal["users", "groups"]
    status: ImportStatus
    read: int
    total: int | None
    complete: bool | None
    problem: dict[str, Any] | None
    error: dict[str, Any] | None
    counts: MatchCounts
    decided: int
    done: int
    results: dict[str, int]
    actor: ActorOut | None
    correlation: uuid.UUID | None
    created: When
    ready: When | None
    finished: When | None


class Coded(BaseModel):
    code: str
    message: str


class Note(BaseModel):
    name: str
    message: str


class Result(BaseModel):
    result: Outcome
    message: str


class CandidateOut(BaseModel):
    """One account (or group) there. `hit`: the user it is or could be, `hits`: all of them. `barred`: why "all" leaves it
    out; `problem`: by field, why nobody can be made of it; `notes`: values that were left out. `made`: what it is now."""

    id: uuid.UUID
    remote_id: str | None
    username: str | None
    email: str | None
    name: str | None
    external_id: str | None
    active: bool | None
    members: int | None
    match: Match | None
    reason: Coded
    hit: Named | None
    hits: list[uuid.UUID]
    barred: Coded | None
    problem: dict[str, str] | None
    notes: list[Note]
    decision: dict[str, Any] | None
    outcome: Result | None
    made: Named | None


class CandidateDetail(CandidateOut):
    """With the values that a new user would have, the account's own words, and what an update of `hit` would change."""

    values: dict[str, Any]
    raw: dict[str, Any]
    differences: list[Difference]


class ImportParams(ListParams):
    application: Id | None = None
    status: ImportStatus | None = None


class CandidateParams(ListParams):
    match: Match | None = None
    outcome: Outcome | Literal["open"] | None = None
    search: Text | None = None
    sort: Literal["name", "-name", "email", "-email"] = "name"


class Start(Body):
    kind: Literal["users", "groups"] = "users"


class Confirmation(Body):
    """`create`: candidates, or "all" new ones; `link`: candidate to user, or "exact" for all exact matches; `update`: users
    who get the account's values, their names and e-mails only with `update_names`. `assign`: they get access and keep the
    account. `accept_shrunk`: the source may have shrunk."""

    create: Ids | Literal["all"] = []
    state: Literal["active", "staged"] = "active"
    assign: bool = False
    activation_mail: bool = False
    link: Annotated[dict[str, Id], Field(max_length=MOST)] | Literal["exact"] = {}
    update: Ids = []
    update_names: bool = False
    ignore: Ids = []
    accept_shrunk: bool = False


class _Id(Body):
    id: Id


@routes.post("/applications/{application_id}/imports", permission="imports.start", answers={202: ImportOut})
def start_import(request: HttpRequest, application_id: Id, body: Start = Start()) -> Any:  # noqa: B008
    """Reads all accounts (or groups) of an application, in the background; nothing is written anywhere. Where one reads
    already it is answered."""
    started = commands.start_import(actor_of(request), application_id, body.kind)
    return Status(202, queries.as_import(started))


@routes.get("/imports", permission="applications.read", answers={200: Page[ImportOut]})
def list_imports(request: HttpRequest, params: Query[ImportParams]) -> Any:
    """Imports, the newest first."""
    if params.application is not None:
        applications.get_application(params.application)
    found = queries.imports(application_id=params.application, status=params.status)
    return page_of(found, params, scope="imports", order=["-created", "-id"], shape=queries.as_import)


@routes.get("/imports/{import_id}", permission="applications.read", answers={200: ImportOut})
def get_import(request: HttpRequest, import_id: Id) -> Any:
    """One import."""
    return queries.as_import(queries.get_import(import_id))


@routes.get("/imports/{import_id}/candidates", permission="applications.read", answers={200: Page[CandidateOut]})
def list_candidates(request: HttpRequest, import_id: Id, params: Query[CandidateParams]) -> Any:
    """What was read. `search` is a part of the user name or e-mail, or a remote id; `outcome` of `open`: not dealt with."""
    queries.get_import(import_id)
    selection = queries.candidates_selection(
        import_id, match=params.match, outcome=params.outcome, search=params.search, sort=params.sort
    )
    return page_of_selection(selection, params, scope=f"candidates {params.sort}", shape=queries.as_candidate)


@routes.get(
    "/imports/{import_id}/candidates/{candidate_id}", permission="applications.read", answers={200: CandidateDetail}
)
def get_candidate(request: HttpRequest, import_id: Id, candidate_id: Id) -> Any:
    """One of them, with what an update of the directory's user would change, field by field."""
    return candidates.detail(import_id, candidate_id)


@routes.post("/imports/{import_id}/confirm", permission="users.write", answers={202: ImportOut})
def confirm_import(request: HttpRequest, import_id: Id, body: Confirmation = Confirmation()) -> Any:  # noqa: B008
    """Decides what becomes of candidates; it is carried out in the background. Needs users.write (groups.write for groups),
    accounts.resolve to link and assignments.write to assign. A candidate that was dealt with stays as it is."""
    wanted = Confirmed(
        create=All() if body.create == "all" else body.create,
        link=All() if body.link == "exact" else _pairs(body.link),
        update=body.update,
        ignore=body.ignore,
        state=body.state,
        assign=body.assign,
        mail=body.activation_mail,
        names=body.update_names,
        accept_shrunk=body.accept_shrunk,
    )
    return Status(202, queries.as_import(confirming.confirm_import(actor_of(request), import_id, wanted)))


@routes.post("/imports/{import_id}/cancel", permission="imports.start", answers={200: ImportOut})
def cancel_import(request: HttpRequest, import_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Stops it within a page; what was carried out already stays."""
    return queries.as_import(commands.cancel_import(actor_of(request), import_id))


def _pairs(given: Any) -> dict[uuid.UUID, uuid.UUID]:
    """JSON's names are texts: each has to be an id."""
    return {parse(_Id, {"id": candidate}).id: target for candidate, target in given.items()}
